package ops_test

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/diff/fd"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/value"
)

// TestGradients compares every gradient with central differences.
func TestGradients(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			r := newTrial(t, c, tensor.Float64)
			var got [][]float64
			for _, g := range r.grads {
				got = append(got, r.value(g))
			}
			for j, i := range r.wrt {
				x := r.value(r.in[i])
				want := fd.Gradient(nil, func(x []float64) float64 {
					value.SetFloat64s(r.m.Value(r.in[i]), x)
					r.run(t)
					return r.value(r.dot)[0]
				}, x, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				value.SetFloat64s(r.m.Value(r.in[i]), x)
				compare(t, fmt.Sprintf("gradient of argument %d", i), got[j], want, 1e-6)
			}
		})
	}
}

// TestFloat32 compares results and gradients in float32 with those in float64
// on the same numbers.
func TestFloat32(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			r, want := newTrial(t, c, tensor.Float32), newTrial(t, c, tensor.Float64)
			compare(t, "result", r.value(r.out), want.value(want.out), 2e-5)
			for j := range r.grads {
				compare(t, fmt.Sprintf("gradient of argument %d", r.wrt[j]), r.value(r.grads[j]), want.value(want.grads[j]), 2e-5)
			}
		})
	}
}

// TestOpContract checks what machines rely on, for every operation of the
// forward and the reverse pass.
func TestOpContract(t *testing.T) {
	seen := map[uint32]string{}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, c := range cases() {
			t.Run(fmt.Sprint(c.name, " ", dt), func(t *testing.T) {
				r := newTrial(t, c, dt)
				for _, n := range r.out.Graph().AllNodes() {
					o, ok := n.Op().(operation.Op)
					if !ok {
						continue
					}
					if other, ok := seen[o.Hashcode()]; ok {
						t.Errorf("%v has the hash of %s", o, other)
					}
					seen[o.Hashcode()] = o.String()
					var in []gorgonia.Value
					for it := n.Graph().From(n.ID()); it.Next(); {
						in = append(in, r.m.Value(it.Node().(*gorgonia.Node)))
					}
					contract(t, o, in)
				}
			})
		}
	}
}

func contract(t *testing.T, o operation.Op, in []gorgonia.Value) {
	t.Helper()
	result, err := o.Do(in...)
	if err != nil {
		t.Fatalf("%v: %v", o, err)
	}
	want := value.Float64s(result)
	filled := func(x float64) gorgonia.Value {
		v := value.New(o.Dtype(), o.Shape()...)
		s := make([]float64, len(want))
		for i := range s {
			s[i] = x
		}
		value.SetFloat64s(v, s)
		return v
	}

	dst := filled(math.NaN())
	got, err := o.UsePreallocDo(dst, in...)
	if err != nil || got != dst {
		t.Fatalf("%v: UsePreallocDo returned %v, %v", o, got, err)
	}
	for i, x := range value.Float64s(dst) {
		if x != want[i] {
			t.Errorf("%v: UsePreallocDo gives %v, Do %v", o, x, want[i])
			break
		}
	}
	if _, err := o.UsePreallocDo(value.New(o.Dtype(), 7, 7, 7), in...); err == nil {
		t.Errorf("%v: UsePreallocDo into a value of another shape succeeds", o)
	}

	if o.Accumulates() {
		dst := filled(0.5)
		var operands []raw.Array
		for _, v := range in {
			operands = append(operands, raw.Of(v))
		}
		if err := o.Accumulator()(raw.Of(dst), operands); err != nil {
			t.Fatalf("%v: %v", o, err)
		}
		for i, x := range value.Float64s(dst) {
			if !closeTo(x, want[i]+0.5, 2e-6) {
				t.Errorf("%v: the accumulator gives %v, expected %v", o, x, want[i]+0.5)
				break
			}
		}
	}

	if first, yes := o.Aliases(); yes {
		all := value.Float64s(in[0])
		for i, x := range all[first : first+len(want)] {
			if x != want[i] {
				t.Errorf("%v: element %d of the argument is %v, of the result %v", o, first+i, x, want[i])
			}
		}
	}

	for _, i := range o.LinearIn() {
		x := value.Float64s(in[i])
		twice := make([]float64, len(x))
		for j := range x {
			twice[j] = 2 * x[j]
		}
		for factor, y := range map[float64][]float64{0: make([]float64, len(x)), 2: twice} {
			value.SetFloat64s(in[i], y)
			got, err := o.Do(in...)
			if err != nil {
				t.Fatalf("%v: %v", o, err)
			}
			for j, g := range value.Float64s(got) {
				if !closeTo(g, factor*want[j], 2e-6) {
					t.Errorf("%v is not linear in argument %d: %v times it gives %v, expected %v", o, i, factor, g, factor*want[j])
					break
				}
			}
		}
		value.SetFloat64s(in[i], x)
	}
}

// countingBLAS is gonum's implementation, which knows how often it was used.
type countingBLAS struct {
	gonum.Implementation
	products *atomic.Int64 // Rows of a convolution are multiplied in parallel.
}

func (b countingBLAS) Dgemm(ta, tb blas.Transpose, m, n, k int, alpha float64, x []float64, ldx int, y []float64, ldy int, beta float64, z []float64, ldz int) {
	b.products.Add(1)
	b.Implementation.Dgemm(ta, tb, m, n, k, alpha, x, ldx, y, ldy, beta, z, ldz)
}

func (b countingBLAS) Sgemm(ta, tb blas.Transpose, m, n, k int, alpha float32, x []float32, ldx int, y []float32, ldy int, beta float32, z []float32, ldz int) {
	b.products.Add(1)
	b.Implementation.Sgemm(ta, tb, m, n, k, alpha, x, ldx, y, ldy, beta, z, ldz)
}

// TestOtherBLAS compares products on the kernels of this project with those on
// another implementation.
func TestOtherBLAS(t *testing.T) {
	ours := gorgonia.WhichBLAS()
	defer gorgonia.Use(ours)
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		tol := 1e-12
		if dt == tensor.Float32 {
			tol = 1e-5
		}
		for _, c := range cases() {
			var products atomic.Int64
			gorgonia.Use(ours)
			want := newTrial(t, c, dt)
			gorgonia.Use(countingBLAS{products: &products})
			r := newTrial(t, c, dt)
			compare(t, c.name, r.value(r.out), want.value(want.out), tol)
			for j := range r.grads {
				compare(t, c.name+" gradient", r.value(r.grads[j]), want.value(want.grads[j]), tol)
			}
			if isProduct := slices.Contains([]string{"affine", "matmul", "convol"}, c.name[:6]); isProduct != (products.Load() > 0) {
				t.Errorf("%s: %d products on the implementation in use", c.name, products.Load())
			}
		}
	}
}

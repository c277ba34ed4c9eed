package ops_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestConvByHand takes sums and differences over a 3×3 image.
func TestConvByHand(t *testing.T) {
	g := gorgonia.NewGraph()
	x := input(g, "x", tensor.Float64, tensor.Shape{1, 9}, []float64{
		1, 2, 3,
		4, 5, 6,
		7, 8, 9,
	})
	w := input(g, "w", tensor.Float64, tensor.Shape{2, 1, 2, 2}, []float64{
		1, 1, 1, 1, // the sum of four pixels
		-1, 1, 0, 0, // the right one minus the left one
	})
	b := input(g, "b", tensor.Float64, tensor.Shape{2}, []float64{0, 100})
	same, err := ops.Conv(x, w, b, ops.Window{Height: 3, Width: 3, Stride: 1})
	if err != nil {
		t.Fatal(err)
	}
	strided, err := ops.Conv(x, w, b, ops.Window{Height: 3, Width: 3, Stride: 2, Padding: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	compare(t, "every place", value.Float64s(m.Value(same)), []float64{12, 16, 24, 28, 101, 101, 101, 101}, 0)
	// The corners of a 5×5 image with zeros around.
	compare(t, "every other place", value.Float64s(m.Value(strided)), []float64{1, 5, 11, 28, 100, 100, 104, 101}, 0)
}

// TestConvSameBits: results and gradients do not depend on the number of
// processors, for products that are packed and sums of several parts.
func TestConvSameBits(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		var want [][]float64
		for _, procs := range []int{1, 3} {
			before := runtime.GOMAXPROCS(procs)
			r := newTrial(t, testCase{"convolution", []arg{state(21, 6*9*8), state(7, 6, 3, 3), state(7)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return ops.Conv(in[0], in[1], in[2], ops.Window{Height: 9, Width: 8, Stride: 1, Padding: 1})
			}}, dt)
			runtime.GOMAXPROCS(before)
			got := [][]float64{r.value(r.out), r.value(r.grads[0]), r.value(r.grads[1]), r.value(r.grads[2])}
			if want == nil {
				want = got
			}
			for i := range got {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%v: value %d differs on %d processors", dt, i, procs)
				}
			}
		}
	}
}

// TestConvSpares: a convolution that runs again does not allocate.
func TestConvSpares(t *testing.T) {
	r := newTrial(t, testCase{"convolution", []arg{state(4, 2*6*6), state(3, 2, 3, 3), state(3)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return ops.Conv(in[0], in[1], in[2], ops.Window{Height: 6, Width: 6, Stride: 1, Padding: 1})
	}}, tensor.Float32)
	for _, n := range r.out.Graph().AllNodes() {
		o, ok := n.Op().(operation.Op)
		if !ok {
			continue
		}
		var in []gorgonia.Value
		for it := n.Graph().From(n.ID()); it.Next(); {
			in = append(in, r.m.Value(it.Node().(*gorgonia.Node)))
		}
		dst := value.New(o.Dtype(), o.Shape()...)
		if a := testing.AllocsPerRun(20, func() { o.UsePreallocDo(dst, in...) }); a > 0 {
			t.Errorf("%v: %v allocations", o, a)
		}
	}
}

// BenchmarkConv is the layer of an image ODE-net: 64 channels of 7×7 pixels, 3×3
// weights.
func BenchmarkConv(b *testing.B) {
	g := gorgonia.NewGraph()
	rng := rand.New(rand.NewPCG(1, 1))
	normal := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return x
	}
	x := input(g, "x", tensor.Float32, tensor.Shape{128, 64 * 49}, normal(128*64*49))
	w := input(g, "w", tensor.Float32, tensor.Shape{64, 64, 3, 3}, normal(64*64*9))
	y, err := ops.Conv(x, w, nil, ops.Window{Height: 7, Width: 7, Stride: 1, Padding: 1})
	if err != nil {
		b.Fatal(err)
	}
	dst, o := value.New(tensor.Float32, y.Shape()...), y.Op().(operation.Op)
	for b.Loop() {
		if _, err := o.UsePreallocDo(dst, x.Value(), w.Value()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*128*64*64*9*49*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

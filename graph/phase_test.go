package graph_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// A step of a large network goes row by row through a phase. Results and their
// gradients have the same bits as instruction by instruction, for any number of
// processors. Sums over the rows, the gradients of parameters, differ in
// rounding, but do not depend on the number of processors either.
func TestPhasesSameBits(t *testing.T) {
	t.Run("dense", func(t *testing.T) { samePhases(t, false, false) })
	t.Run("normalized", func(t *testing.T) { samePhases(t, true, false) })
	t.Run("by rows", func(t *testing.T) { samePhases(t, false, true) })
}

func samePhases(t *testing.T, normalize, byRows bool) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		var want [][]float64
		sums := map[int][]float64{}
		for _, c := range []struct {
			name        string
			grain, work int
			procs       int
		}{
			{"one by one", 24, math.MaxInt, 1},
			{"one by one on three processors", 24, math.MaxInt, 3},
			{"in phases", 24, 1, 1},
			{"in phases on three processors", 24, 1, 3},
			{"in phases of other sizes", 7, 1, 3},
		} {
			reset, procs := graph.SetPhases(c.grain, c.work), runtime.GOMAXPROCS(c.procs)
			got := twoStages(t, dt, normalize, byRows)
			reset()
			runtime.GOMAXPROCS(procs)
			if want == nil {
				want = got
				continue
			}
			if c.work == 1 {
				if first, ok := sums[c.grain]; !ok {
					sums[c.grain] = got[2]
				} else if !slices.Equal(got[2], first) {
					t.Fatalf("%v, %s: gradients of the parameters differ from those on one processor", dt, c.name)
				}
				tol := 1e-5
				if dt == tensor.Float64 {
					tol = 1e-14
				}
				if !floats.EqualApprox(got[2], want[2], tol) {
					t.Fatalf("%v, %s: gradients of the parameters differ by %v from those one by one", dt, c.name, floats.Distance(got[2], want[2], math.Inf(1)))
				}
				got[2] = want[2]
			}
			for i := range got {
				for j := range got[i] {
					if math.Float64bits(got[i][j]) != math.Float64bits(want[i][j]) {
						t.Fatalf("%v, %s: value %d, entry %d is %v, one by one %v", dt, c.name, i, j, got[i][j], want[i][j])
					}
				}
			}
		}
	}
}

// twoStages evaluates two stages of a Runge–Kutta step of a network, which is
// the shape of the work that phases are for, and returns results and gradients.
// The network can have a normalization of its hidden units in groups of three, and the
// rows can have step sizes, times and errors of their own.
func twoStages(t *testing.T, dt tensor.Dtype, normalize, byRows bool) [][]float64 {
	t.Helper()
	const batch, dim, hidden = 101, 67, 33
	rng := rand.New(rand.NewPCG(1, 2))
	p := graph.NewParams(dt)
	add := func(name string, shape ...int) *graph.Param {
		q, err := p.Add(name, func(w []float64) {
			for i := range w {
				w[i] = rng.NormFloat64() / 8
			}
		}, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	w1, b1, w2, wt := add("w1", dim, hidden), add("b1", hidden), add("w2", hidden, dim), add("wt", dim)
	scale, shift := add("scale", hidden/3), add("shift", hidden/3)
	var size tensor.Shape
	errorNorm := ops.ErrorNorm
	if byRows {
		size, errorNorm = tensor.Shape{batch, 1}, ops.RowErrorNorm
	}
	f := mustFunction(t, p, []graph.Spec{
		{Name: "z", Dtype: dt, Shape: tensor.Shape{batch, dim}},
		{Name: "h", Dtype: tensor.Float64, Shape: size, Data: true},
	}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		var params gorgonia.Nodes
		for _, q := range []*graph.Param{w1, b1, w2, wt, scale, shift} {
			n, err := s.Param(q)
			if err != nil {
				return nil, err
			}
			params = append(params, n)
		}
		z, h := in[0], in[1]
		field := func(z *gorgonia.Node, c float64) (*gorgonia.Node, error) {
			time, err := ops.StageTime(h, h, c, dt)
			if err != nil {
				return nil, err
			}
			y, err := ops.Affine(ops.Tanh, z, params[0], params[1], nil, nil)
			if err != nil {
				return nil, err
			}
			if normalize {
				if y, err = ops.GroupNorm(y, params[4], params[5], hidden/3, 1e-2); err != nil {
					return nil, err
				}
			}
			y, err = ops.Affine(ops.Softplus, y, params[2], nil, params[3], time)
			if err != nil {
				return nil, err
			}
			return ops.Cube(y)
		}
		k1, err := field(z, 0)
		if err != nil {
			return nil, err
		}
		z2, err := ops.LinComb([]ops.Term{{X: z, C: 1}, {X: k1, C: 0.5, Scaled: true}}, h, nil)
		if err != nil {
			return nil, err
		}
		k2, err := field(z2, 0.5)
		if err != nil {
			return nil, err
		}
		z1, err := ops.LinComb([]ops.Term{{X: z, C: 1}, {X: k1, C: 0.25, Scaled: true}, {X: k2, C: 0.75, Scaled: true}}, h, nil)
		if err != nil {
			return nil, err
		}
		e, err := errorNorm(z, z1, h, gorgonia.Nodes{k1, k2}, []float64{1, -1}, 0.1, 0.1)
		if err != nil {
			return nil, err
		}
		return gorgonia.Nodes{z1, e}, nil
	})
	fr := f.NewFrame()
	z := values(rng, graph.Spec{Dtype: dt, Shape: tensor.Shape{batch, dim}})
	if err := fr.Set(0, z[0]); err != nil {
		t.Fatal(err)
	}
	h := value.New(tensor.Float64, size...)
	sizes := make([]float64, size.TotalSize())
	for i := range sizes {
		sizes[i] = 0.1 + 0.001*float64(i)
	}
	value.SetFloat64s(h, sizes)
	if err := fr.Set(1, h); err != nil {
		t.Fatal(err)
	}
	if err := fr.Forward(); err != nil {
		t.Fatal(err)
	}
	grads := []gorgonia.Value{value.New(dt, p.Len()), value.New(dt, batch, dim), nil}
	reverse(t, fr, values(rng, f.Outputs()...), grads)
	return [][]float64{
		value.Float64s(fr.Out(0)), value.Float64s(fr.Out(1)), value.Float64s(grads[0]), value.Float64s(grads[1]),
	}
}

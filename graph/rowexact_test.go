package graph_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// exactNet is a network of two layers whose first has a time for each row.
type exactNet struct {
	dt          tensor.Dtype
	dim, hidden int
	params      *graph.Params
	p           []*graph.Param // w1, b1, wt, w2, b2
	exact       bool
}

func newExactNet(t *testing.T, dt tensor.Dtype, dim, hidden int) *exactNet {
	t.Helper()
	n := &exactNet{dt: dt, dim: dim, hidden: hidden, params: graph.NewParams(dt), exact: true}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][]int{{dim, hidden}, {hidden}, {hidden}, {hidden, dim}, {dim}} {
		q, err := n.params.Add(string(rune('a'+len(n.p))), func(w []float64) {
			for i := range w {
				w[i] = rng.NormFloat64() / math.Sqrt(float64(shape[0]))
			}
		}, shape...)
		if err != nil {
			t.Fatal(err)
		}
		n.p = append(n.p, q)
	}
	return n
}

// build adds the network for a state and times.
func (n *exactNet) build(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	if n.exact {
		s.RowExact()
	}
	var w gorgonia.Nodes
	for _, q := range n.p {
		node, err := s.Param(q)
		if err != nil {
			return nil, err
		}
		w = append(w, node)
	}
	y, err := ops.Affine(ops.Tanh, in[0], w[0], w[1], w[2], in[1])
	if err != nil {
		return nil, err
	}
	if y, err = ops.Affine(ops.Identity, y, w[3], w[4], nil, nil); err != nil {
		return nil, err
	}
	return gorgonia.Nodes{y}, nil
}

// evaluate returns the result and its gradient with respect to the state, for rows lo to
// hi of the state, times and cotangent.
func (n *exactNet) evaluate(t *testing.T, in [3][]float64, lo, hi int) [2][]float64 {
	t.Helper()
	m := hi - lo
	f := mustFunction(t, n.params, []graph.Spec{
		{Name: "z", Dtype: n.dt, Shape: tensor.Shape{m, n.dim}},
		{Name: "t", Dtype: n.dt, Shape: tensor.Shape{m, 1}, Data: true},
	}, n.build)
	fr := f.NewFrame()
	rows := func(x []float64, width int) gorgonia.Value {
		v := value.New(n.dt, m, width)
		value.SetFloat64s(v, x[lo*width:hi*width])
		return v
	}
	grad := value.New(n.dt, m, n.dim)
	for _, err := range []error{
		fr.Set(0, rows(in[0], n.dim)), fr.Set(1, rows(in[1], 1)), fr.Forward(),
		fr.Accumulate([]gorgonia.Value{rows(in[2], n.dim)}, []gorgonia.Value{nil, grad, nil}, nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return [2][]float64{value.Float64s(fr.Out(0)), value.Float64s(grad)}
}

// A row of an exact function, its result and its gradient, has the bits of the row
// alone, for any number of rows and processors, in phases and out.
func TestRowExact(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		differs := false
		for _, s := range [][2]int{{1, 1}, {2, 50}, {3, 7}, {4, 4}, {10, 16}, {20, 50}, {50, 50}, {50, 2}, {100, 5}, {784, 100}} {
			n := newExactNet(t, dt, s[0], s[1])
			const most = 512
			rng := rand.New(rand.NewPCG(3, 4))
			in := [3][]float64{make([]float64, most*n.dim), make([]float64, most), make([]float64, most*n.dim)}
			for _, x := range in {
				for i := range x {
					x[i] = rng.NormFloat64()
				}
			}
			var alone [2][][]float64
			looked := []int{0, 1, 2, 4, 11, 23, 49, 63, 69, 511}
			for _, i := range looked {
				for k, v := range n.evaluate(t, in, i, i+1) {
					alone[k] = append(alone[k], v)
				}
			}
			agrees := func(m int) bool {
				for k, v := range n.evaluate(t, in, 0, m) {
					for a, i := range looked {
						if i < m && !slices.Equal(v[i*n.dim:(i+1)*n.dim], alone[k][a]) {
							return false
						}
					}
				}
				return true
			}
			for i, m := range []int{2, 5, 12, 24, 50, 64, 70, 512} {
				if m == 512 && s[0] == 784 && dt == tensor.Float64 {
					continue
				}
				for _, work := range []int{1, math.MaxInt} {
					runtime.GOMAXPROCS([]int{1, 2, 8}[i%3])
					reset := graph.SetPhases(8, work)
					n.exact = true
					if !agrees(m) {
						t.Errorf("%v, %d → %d, batch %d, phases from %d: rows are not those of the rows alone", dt, s[0], s[1], m, work)
					}
					n.exact = false
					differs = differs || !agrees(m)
					reset()
				}
			}
		}
		if !differs {
			t.Errorf("%v: rows are those of the rows alone without being asked for, expected some that are not", dt)
		}
	}
}

// A predictor that is to be exact predicts a row as it does alone.
func TestPredictorRowExact(t *testing.T) {
	n := newExactNet(t, tensor.Float32, 50, 50)
	n.exact = false // the builder does not ask
	pred, err := graph.NewPredictor(n.params, n.build, &graph.PredictorSettings{RowExact: true})
	if err != nil {
		t.Fatal(err)
	}
	const m = 64
	rng := rand.New(rand.NewPCG(3, 4))
	z, at := make([]float64, m*n.dim), make([]float64, m)
	for i := range z {
		z[i] = rng.NormFloat64()
	}
	predict := func(lo, hi int) []float64 {
		x, times := value.New(n.dt, hi-lo, n.dim), value.New(n.dt, hi-lo, 1)
		value.SetFloat64s(x, z[lo*n.dim:hi*n.dim])
		value.SetFloat64s(times, at[lo:hi])
		out, err := pred.Predict(t.Context(), x, times)
		if err != nil {
			t.Fatal(err)
		}
		return value.Float64s(out[0])
	}
	all := predict(0, m)
	for i := range m {
		if row := all[i*n.dim : (i+1)*n.dim]; !slices.Equal(row, predict(i, i+1)) {
			t.Errorf("row %d is not what is predicted of it alone", i)
		}
	}
}

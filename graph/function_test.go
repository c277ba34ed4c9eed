package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// mlp is a two-layer network of fused and stock operations.
type mlp struct{ w1, b1, w2 *graph.Param }

func newMLP(t testing.TB, p *graph.Params, in, hidden int, rng *rand.Rand) mlp {
	add := func(name string, shape ...int) *graph.Param {
		q, err := p.Add(name, func(w []float64) {
			for i := range w {
				w[i] = rng.NormFloat64()
			}
		}, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	return mlp{add("w1", in, hidden), add("b1", hidden), add("w2", hidden, in)}
}

func (m mlp) forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	w1, err := s.Param(m.w1)
	if err != nil {
		return nil, err
	}
	b1, err := s.Param(m.b1)
	if err != nil {
		return nil, err
	}
	w2, err := s.Param(m.w2)
	if err != nil {
		return nil, err
	}
	h, err := ops.Affine(ops.Tanh, x, w1, b1, nil, nil)
	if err != nil {
		return nil, err
	}
	y, err := gorgonia.Mul(h, w2) // a stock product among fused ones
	if err != nil {
		return nil, err
	}
	if y, err = gorgonia.Sigmoid(y); err != nil {
		return nil, err
	}
	return gorgonia.Add(x, y)
}

func random(rng *rand.Rand, shape ...int) *tensor.Dense {
	t := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(shape...))
	for i := range t.Float64s() {
		t.Float64s()[i] = rng.NormFloat64()
	}
	return t
}

// lossOf composes n calls (or inlined copies) of the network and returns the
// sum of squares of the last state plus the mean of the means of all.
func lossOf(s *graph.Scope, x *gorgonia.Node, n int, step func(x *gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	var terms gorgonia.Nodes
	for range n {
		var err error
		if x, err = step(x); err != nil {
			return nil, err
		}
		q, err := gorgonia.Mean(x)
		if err != nil {
			return nil, err
		}
		terms = append(terms, q)
	}
	sq, err := gorgonia.Square(x)
	if err != nil {
		return nil, err
	}
	sum, err := gorgonia.Sum(sq)
	if err != nil {
		return nil, err
	}
	r, err := ops.Total(0, terms)
	if err != nil {
		return nil, err
	}
	return gorgonia.Add(sum, r)
}

func TestCalledEqualsInlineEqualsTapeMachine(t *testing.T) {
	for _, dims := range [][3]int{{4, 3, 5}, {1, 3, 2}, {3, 1, 4}, {1, 1, 1}} {
		batch, dim, hidden := dims[0], dims[1], dims[2]
		for _, checkpoint := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(1, 2))
			p := graph.NewParams(tensor.Float64)
			m := newMLP(t, p, dim, hidden, rng)
			x := random(rng, batch, dim)
			f, err := graph.NewFunction("step", p, []graph.Spec{{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{batch, dim}}},
				func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
					y, err := m.forward(s, in[0])
					return gorgonia.Nodes{y}, err
				})
			if err != nil {
				t.Fatal(err)
			}
			f.SetCheckpoint(checkpoint)
			const n = 4
			called := func(s *graph.Scope) func(*gorgonia.Node) (*gorgonia.Node, error) {
				return func(x *gorgonia.Node) (*gorgonia.Node, error) {
					c, err := f.Call(s, x)
					if err != nil {
						return nil, err
					}
					return c.Out(0)
				}
			}
			inline := func(s *graph.Scope) func(*gorgonia.Node) (*gorgonia.Node, error) {
				return func(x *gorgonia.Node) (*gorgonia.Node, error) { return m.forward(s, x) }
			}
			type result struct {
				name string
				loss float64
				grad []float64
			}
			var results []result
			for _, mode := range []struct {
				name string
				step func(*graph.Scope) func(*gorgonia.Node) (*gorgonia.Node, error)
				tape bool
			}{{"inline, tape machine", inline, true}, {"inline", inline, false}, {"called", called, false}, {"called, tape machine", called, true}} {
				g := gorgonia.NewGraph()
				s := graph.NewScope(g, p)
				in := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(batch, dim), gorgonia.WithName("x"), gorgonia.WithValue(x))
				loss, err := lossOf(s, in, n, mode.step(s))
				if err != nil {
					t.Fatal(err)
				}
				d, err := graph.Differentiate(loss, s.Theta())
				if err != nil {
					t.Fatal(err)
				}
				var vm gorgonia.VM = graph.NewMachine(g)
				var lv, gv gorgonia.Value
				gorgonia.Read(loss, &lv)
				gorgonia.Read(d[0], &gv)
				if mode.tape {
					vm = gorgonia.NewTapeMachine(g)
				}
				if err := vm.RunAll(); err != nil {
					t.Fatalf("%s: %v", mode.name, err)
				}
				results = append(results, result{mode.name, lv.Data().(float64), append([]float64(nil), gv.Data().([]float64)...)})
			}
			o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) { return lossOf(s, in[0], n, called(s)) }, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 { // the first builds, the others come from the cache
				l, g, err := evaluate(o, p, x)
				if err != nil {
					t.Fatal(err)
				}
				results = append(results, result{"objective", l, append([]float64(nil), g.Data().([]float64)...)})
			}
			want := results[0]
			for _, r := range results[1:] {
				if math.Abs(r.loss-want.loss) > 1e-12*(1+math.Abs(want.loss)) {
					t.Errorf("%v %s: loss %v, %s %v", dims, r.name, r.loss, want.name, want.loss)
				}
				for i := range want.grad {
					if math.Abs(r.grad[i]-want.grad[i]) > 1e-10*(1+math.Abs(want.grad[i])) {
						t.Errorf("%v %s: gradient[%d] = %v, %s %v", dims, r.name, i, r.grad[i], want.name, want.grad[i])
						break
					}
				}
			}
		}
	}
}

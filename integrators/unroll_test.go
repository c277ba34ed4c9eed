package integrators

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestCachedSaves: while time span and save times change, and with them the
// steps and the times that each step serves, an evaluation gives what a new
// objective gives, bit for bit, on whichever graph of the cache.
func TestCachedSaves(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	for _, m := range []*Tableau{Tsit5, Vern7} {
		for _, way := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}} {
			way.AbsTol, way.RelTol = 1e-5, 1e-5
			way.SaveAt = []float64{0, 0, 0.3, 0.5, 1}
			p := graph.NewParams(tensor.Float64)
			o, err := NewSolver(Equation{Drift: netDynamics(t, p, 2, 3), Params: p, T1: 1}, m, &way)
			if err != nil {
				t.Fatal(err)
			}
			build := func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) { return solveLoss(s, in[0], o.Unroll) }
			objective := func() *graph.Objective {
				obj, err := graph.NewObjective(p, build, nil)
				if err != nil {
					t.Fatal(err)
				}
				return obj
			}
			cached := objective()
			rng := rand.New(rand.NewPCG(1, 9))
			const evaluations = 16
			for k := range evaluations {
				t1 := []float64{1, -1}[rng.IntN(2)] * (0.8 + 0.2*float64(rng.IntN(2)))
				times := []float64{0, rng.Float64() / 100, 0.2 + rng.Float64()/100, 0.2 + rng.Float64()/100, 1}
				for i := range times {
					times[i] *= t1
				}
				slices.SortFunc(times, func(a, b float64) int { // in the order of integration
					if (a-b)*t1 < 0 {
						return -1
					}
					return 1
				})
				if err := o.SetTimes(0, t1, times); err != nil {
					t.Fatal(err)
				}
				z0 := row(1+rng.Float64()/100, -0.5)
				loss, grad, err := evaluate(cached, p, z0)
				if err != nil {
					t.Fatal(err)
				}
				want, wantGrad, err := evaluate(objective(), p, z0)
				if err != nil {
					t.Fatal(err)
				}
				if loss != want || !slices.Equal(value.Float64s(grad), value.Float64s(wantGrad)) {
					t.Fatalf("%s, %+v: evaluation %d: loss %v, on a new graph %v; gradients %v, %v", m.Name, way, k,
						loss, want, grad, wantGrad)
				}
			}
			if c := cached.Cache(); c.Hits < 5 || c.Misses < 2 || c.Hits+c.Misses != evaluations {
				t.Errorf("%s: cache %+v, expected hits and misses", m.Name, c)
			}
		}
	}
}

// TestSaveTimesAreNotStructure: called steps have one graph whichever save times
// they serve.
func TestSaveTimesAreNotStructure(t *testing.T) {
	o, p := fixed(t, Tsit5, 4, Settings{SaveAt: []float64{0, 0, 0}})
	obj := objective(t, o, p)
	rng := rand.New(rand.NewPCG(3, 1))
	const evaluations = 20
	for range evaluations {
		times := []float64{rng.Float64(), float64(rng.IntN(5)) / 4, float64(rng.IntN(5)) / 4}
		slices.Sort(times)
		if err := o.SetSaveAt(times); err != nil {
			t.Fatal(err)
		}
		if _, err := obj.Evaluate(row(1, -1)); err != nil {
			t.Fatal(err)
		}
	}
	if c := obj.Cache(); c.Misses != 1 || c.Hits != evaluations-1 {
		t.Errorf("cache %+v, expected one miss in %d evaluations", c, evaluations)
	}
}

// TestGradientOfOneResult: a loss of the saved states alone, of some of them, or
// of a regularizer alone has the gradient that inline steps have.
func TestGradientOfOneResult(t *testing.T) {
	for _, m := range []*Tableau{DP5, BS3, Vern7} {
		for _, times := range [][]float64{{0, 0.3, 0.31, 1}, {0, 0}, {0.1, 0.2}} {
			for i := range 3 {
				var grads [2][]float64
				for k, mode := range []Mode{Called, Inline} {
					p := graph.NewParams(tensor.Float64)
					o, err := NewSolver(Equation{Drift: netDynamics(t, p, 2, 3), Params: p, T1: 1}, m, &Settings{AbsTol: 1e-4, RelTol: 1e-4, Mode: mode, SaveAt: times,
						Regularizers: []Regularizer{{Term: Error}}})
					if err != nil {
						t.Fatal(err)
					}
					obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
						w, err := s.Param(p.Lookup("w"))
						if err != nil {
							return nil, err
						}
						e := &expr{s: s}
						z := e.do(func() (*gorgonia.Node, error) { return ops.Block(w, 0, 1, 0, 2) })
						out := e.do(func() (*gorgonia.Node, error) {
							out, err := o.Unroll(s, z)
							if err != nil {
								return nil, err
							}
							if i == 2 {
								return out[1], nil
							}
							return ops.Block(out[0], 0, len(times)-i, 0, 2)
						})
						loss := e.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(out) })
						return loss, e.err
					}, nil)
					if err != nil {
						t.Fatal(err)
					}
					_, grad, err := evaluate(obj, p, row(1, -1))
					if err != nil {
						t.Fatal(err)
					}
					grads[k] = value.Float64s(grad)
				}
				if !floats.EqualApprox(grads[0], grads[1], 1e-11) {
					t.Errorf("%s, saved at %v, result %d: gradient %v, inline %v", m.Name, times, i, grads[0], grads[1])
				}
			}
		}
	}
}

// TestExpandErrors: the initial state has to be an input with a value.
func TestExpandErrors(t *testing.T) {
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, nil)
	o, err := NewSolver(Equation{Drift: decay, T1: 1}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(1, 1), gorgonia.WithName("empty"))
	given := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(1, 1), gorgonia.WithName("given"), gorgonia.WithValue(row(1)))
	computed, err := gorgonia.Neg(given)
	if err != nil {
		t.Fatal(err)
	}
	for _, z0 := range []*gorgonia.Node{nil, empty, computed} {
		if _, err := o.Expand(s, z0); err == nil {
			t.Errorf("initial state %v: no error", z0)
		}
	}
	if out, err := o.Expand(s, given); err != nil || len(out) != 1 {
		t.Errorf("%d results (%v), expected the solution", len(out), err)
	}
}

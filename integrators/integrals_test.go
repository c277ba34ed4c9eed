package integrators

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// growth is z' = a·z from z0, both parameters, with the integrands mean(z²) and
// mean(z'²).
type growth struct {
	params *graph.Params
	a, z0  *graph.Param
}

// newGrowth has a = -0.8 and two rows of z0, with a mean square of 1.275.
func newGrowth(t testing.TB) *growth {
	p := graph.NewParams(tensor.Float64)
	return &growth{p, param(t, p, "a", []float64{-0.8}, 1, 1), param(t, p, "z0", []float64{1.3, -0.4, 0.5, 1.7}, 4, 1)}
}

func (f *growth) slope(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	a, err := s.Param(f.a)
	if err != nil {
		return nil, err
	}
	return ops.MatMul(z, a, false, false)
}

func (f *growth) integrand(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
	if k, err = f.slope(s, z); err != nil {
		return nil, nil, err
	}
	e := &expr{s: s}
	return k, gorgonia.Nodes{e.apply(ops.MeanSquare, z), e.apply(ops.MeanSquare, k)}, e.err
}

// exact returns the two integrals up to t1, forwards or backwards.
func (f *growth) exact(t1 float64) [2]float64 {
	w := f.params.Float64s()
	a, square := w[0], floats.Dot(w[1:], w[1:])/float64(len(w)-1)
	first := square * math.Abs(math.Expm1(2*a*t1)/(2*a))
	return [2]float64{first, a * a * first}
}

// objective is 2·R_1 + 3·R_2 + … for the regularizers of the settings, plus the mean
// square of what is saved; it records each under its position.
func (f *growth) objective(t testing.TB, m *Tableau, t1 float64, set Settings) (*graph.Objective, *Solver) {
	t.Helper()
	o, err := NewSolver(Equation{Drift: f.slope, Params: f.params, T1: t1}, m, &set)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(f.params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		z0, err := s.Param(f.z0)
		if err != nil {
			return nil, err
		}
		out, err := o.Unroll(s, z0)
		if err != nil {
			return nil, err
		}
		e := &expr{s: s}
		loss := e.apply(ops.MeanSquare, out[0])
		for i, r := range out[1:] {
			s.Record(i, r)
			loss = e.add(loss, e.scale(float64(2+i), r))
		}
		return loss, e.err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return obj, o
}

// integralsOfGrowth are the ways to ask for two integrals, whose positions among the
// integrands they give.
var integralsOfGrowth = [][]int{{0, 1}, {1, 0}, {1}, {0}}

func integralsAt(indices []int) (rs []Regularizer) {
	for _, i := range indices {
		rs = append(rs, Regularizer{Term: Integral, Index: i})
	}
	return rs
}

// ways are all ways to run a solve in an objective.
var ways = []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}}

// TestSeveralIntegrals: each integral that is asked for has its closed form, in
// whatever order and beside whichever others, and all ways to solve agree.
func TestSeveralIntegrals(t *testing.T) {
	const tol = 1e-8
	for _, tt := range []struct {
		m      *Tableau
		t1     float64
		stopAt []float64
		saveAt []float64
	}{
		{Tsit5, 2, nil, nil}, {Tsit5, -1, nil, nil}, {Tsit5, 2, []float64{0.3, 1.1}, []float64{0, 0.3, 0.9, 2}},
		{BS3, 1, []float64{0.4}, nil}, {Vern7, 2, nil, []float64{0.5}}, {Vern7, 2, []float64{0.3}, nil}, {RK4, 2, []float64{0.31}, nil},
	} {
		for _, indices := range integralsOfGrowth {
			var first []float64
			for _, set := range ways {
				name := fmt.Sprintf("%s to %v, stops %v, integrals %v, mode %d, memory %d", tt.m.Name, tt.t1, tt.stopAt, indices, set.Mode, set.Memory)
				set.AbsTol, set.RelTol, set.StopAt, set.SaveAt = tol, tol, tt.stopAt, tt.saveAt
				if !tt.m.Adaptive() {
					set.FixedSteps = 100
				}
				set.Regularizers = append(integralsAt(indices), Regularizer{Term: KineticEnergy})
				f := newGrowth(t)
				set.Integrand = f.integrand
				obj, o := f.objective(t, tt.m, tt.t1, set)
				loss, grad, err := evaluate(obj, f.params)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				exact := f.exact(tt.t1)
				for i, index := range append(slices.Clone(indices), 1) { // the energy is the second integral
					if r := value.Scalar(obj.Recorded(i)[0]); !near(r, exact[index], 20*tol) {
						t.Errorf("%s: integral %d is %v, expected %v", name, index, r, exact[index])
					}
				}
				got := append(value.Float64s(grad), loss)
				switch {
				case first == nil:
					first = got
					if n := o.Last().Accepted; tt.m == BS3 && roundUp(n) == n {
						t.Errorf("%s: %d steps, expected a number that is rounded up", name, n)
					}
				case set.Memory == Checkpoint && !slices.Equal(got, first):
					t.Errorf("%s: gradient and loss %v, stored %v", name, got, first)
				case !floats.EqualApprox(got, first, 1e-12):
					t.Errorf("%s: gradient and loss %v, called %v", name, got, first)
				}
			}
		}
	}
}

// TestSeveralIntegralsGradient compares the gradient over fixed steps, where the
// loss is a smooth function, with differences.
func TestSeveralIntegralsGradient(t *testing.T) {
	for _, m := range []*Tableau{Tsit5, Vern7, Dopri8, RK4} {
		for _, stopAt := range [][]float64{nil, {0.5, 0.55}} {
			for _, indices := range integralsOfGrowth {
				for _, set := range ways {
					set.FixedSteps, set.StopAt, set.SaveAt = 3, stopAt, []float64{0.2, 0.5, 1}
					f := newGrowth(t)
					set.Regularizers, set.Integrand = integralsAt(indices), f.integrand
					obj, _ := f.objective(t, m, 1, set)
					loss := func() float64 {
						l, err := obj.Evaluate()
						if err != nil {
							t.Fatal(err)
						}
						return l
					}
					loss()
					g, err := f.params.Grad()
					if err != nil {
						t.Fatal(err)
					}
					grad, w := value.Float64s(g), f.params.Float64s()
					for i := range w {
						at := func(d float64) float64 {
							v := slices.Clone(w)
							v[i] += d
							f.params.SetFloat64s(v)
							return loss()
						}
						const d = 1e-3 // with an error of d⁴
						want := (8*(at(d)-at(-d)) - (at(2*d) - at(-2*d))) / (12 * d)
						if !near(grad[i], want, 1e-9) {
							t.Errorf("%s, stops %v, integrals %v, mode %d, memory %d: gradient %v at %d, differences %v",
								m.Name, stopAt, indices, set.Mode, set.Memory, grad[i], i, want)
						}
					}
				}
			}
		}
	}
}

// TestIntegralAlone: an integral that is asked for alone is what it is as the only
// one there is, bit for bit, and has as many results of a step. What it is not asked
// for need not be a scalar.
func TestIntegralAlone(t *testing.T) {
	for _, m := range []*Tableau{Tsit5, Vern7} {
		for _, set := range ways {
			set.AbsTol, set.RelTol = 1e-6, 1e-6
			var results [][]float64
			var outputs []int
			for _, index := range []int{0, 2} {
				f := newGrowth(t)
				set.Regularizers = integralsAt([]int{index})
				set.Integrand = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
					k, g, err := f.integrand(s, z)
					return k, append(gorgonia.Nodes{nil, z}[:index:index], g...), err
				}
				obj, o := f.objective(t, m, 2, set)
				loss, grad, err := evaluate(obj, f.params)
				if err != nil {
					t.Fatal(err)
				}
				results = append(results, append(value.Float64s(grad), loss))
				for _, c := range o.compiled {
					outputs = append(outputs, len(c.full.step.Outputs()))
				}
			}
			if !slices.Equal(results[0], results[1]) || outputs[0] != outputs[1] {
				t.Errorf("%s, mode %d, memory %d: %v of %d results, alone %v of %d", m.Name, set.Mode, set.Memory, results[1], outputs[1], results[0], outputs[0])
			}
		}
	}
}

// TestIntegralsOfOneNode: an integrand may return one node twice, and one that does
// not depend on the state.
func TestIntegralsOfOneNode(t *testing.T) {
	const t1 = 2.0
	for _, m := range []*Tableau{Tsit5, Vern7} {
		for _, set := range ways {
			f := newGrowth(t)
			set.AbsTol, set.RelTol, set.StopAt = 1e-8, 1e-8, []float64{0.7}
			set.Regularizers = integralsAt([]int{0, 1, 2})
			set.Integrand = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
				k, g, err := f.integrand(s, z)
				if err != nil {
					return nil, nil, err
				}
				now, err := s.Time()
				return k, gorgonia.Nodes{g[1], g[1], now}, err
			}
			obj, _ := f.objective(t, m, t1, set)
			_, grad, err := evaluate(obj, f.params)
			if err != nil {
				t.Fatal(err)
			}
			exact, w := f.exact(t1)[1], f.params.Float64s()
			for i, want := range []float64{exact, exact, t1 * t1 / 2} {
				if r := value.Scalar(obj.Recorded(i)[0]); !near(r, want, 1e-7) {
					t.Errorf("%s, mode %d, memory %d: integral %d is %v, expected %v", m.Name, set.Mode, set.Memory, i, r, want)
				}
			}
			// Both integrals and the mean square of the end are squares of the start.
			square := floats.Dot(w[1:], w[1:]) / 4
			for i, got := range value.Float64s(grad)[1:] {
				if want := 2 * w[1+i] / 4 * (5*exact/square + math.Exp(2*w[0]*t1)); !near(got, want, 1e-7) {
					t.Errorf("%s, mode %d, memory %d: derivative %v by entry %d of the start, expected %v", m.Name, set.Mode, set.Memory, got, i, want)
				}
			}
		}
	}
}

// TestIntegralAllocations: integrals that are handed from step to step allocate
// nothing for a step, once there are frames for it and a graph.
func TestIntegralAllocations(t *testing.T) {
	for _, memory := range []Memory{Store, Checkpoint} {
		var allocs [2]float64
		for i, n := range []int{few, many} {
			f := newGrowth(t)
			obj, _ := f.objective(t, Tsit5, 1, Settings{
				FixedSteps: n, Memory: memory, StopAt: []float64{0.5}, Regularizers: integralsAt([]int{1, 0}), Integrand: f.integrand,
			})
			allocs[i] = testing.AllocsPerRun(5, func() {
				if _, err := obj.Evaluate(); err != nil {
					t.Fatal(err)
				}
			})
		}
		sameAllocations(t, fmt.Sprintf("memory %d", memory), allocs)
	}
}

package integrators

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// after is 1 after a time and 0 before it; at the time itself it is 1 if closed.
func (e *expr) after(at float64, closed bool) *gorgonia.Node {
	compare := gorgonia.Gt
	if closed {
		compare = gorgonia.Gte
	}
	return e.do(func() (*gorgonia.Node, error) {
		t, err := e.s.Time()
		if err != nil {
			return nil, err
		}
		return compare(t, constant(at, t), true)
	})
}

// times returns the scalar a times the matrix z.
func (e *expr) times(a, z *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(a, z) })
}

// jump is z' = -z up to the given time and z' = -3z from there.
func jump(at float64, closed bool) Dynamics {
	return vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.add(e.scale(-1, z), e.scale(-2, e.times(e.after(at, closed), z)))
	}).dynamics
}

// TestStopAtJump: with a stop time at a jump of the field no step is rejected, the
// solution is as accurate as on either side, and steps end there, in both
// directions, whichever side the field at the jump itself belongs to.
func TestStopAtJump(t *testing.T) {
	const at, end = 0.7, 1.5
	for _, m := range methods {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			for _, closed := range []bool{true, false} {
				for _, back := range []bool{false, true} {
					set := &Settings{AbsTol: 1e-5, RelTol: 1e-5, StopAt: []float64{9, at, -9}, Record: true}
					if !m.Adaptive() || m.Order < 3 {
						set.FixedSteps = 16 * 100 / m.Order / m.Order
					}
					t0, t1, want := 0., end, math.Exp(-at-3*(end-at))
					if back {
						t0, t1, want = end, 0, 1/want
					}
					o, err := NewSolver(Equation{Drift: jump(at, closed), T0: t0, T1: t1}, m, set)
					if err != nil {
						t.Fatal(err)
					}
					z0 := tensor.New(tensor.Of(dt), tensor.WithShape(1, 1))
					value.SetFloat64s(z0, []float64{1})
					sol, err := o.Predict(z0)
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("%s, %v, closed %v, backwards %v", m.Name, dt, closed, back)
					tol := 2e-4
					if m.Order < 3 {
						tol = 1e-2 / float64(m.Order)
					}
					if z := value.Scalar(sol.Z); math.Abs(z-want) > tol*want {
						t.Errorf("%s: %v, expected %v", name, z, want)
					}
					ends := 0
					for _, s := range sol.Steps {
						if s.T == at {
							ends++
						}
					}
					if sol.Rejected != 0 || ends != 1 {
						t.Errorf("%s: %d rejections, expected none; %d steps start at the stop time, expected 1", name, sol.Rejected, ends)
					}
				}
			}
		}
	}
}

// TestStopAtPulse: a pulse that every step passes over is seen.
func TestStopAtPulse(t *testing.T) {
	const from, to = 6, 6.005
	pulse := vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		on := e.add(e.after(from, true), e.scale(-1, e.after(to, true)))
		return e.add(e.scale(-1, z), e.times(e.scale(200, on), e.shift(1, e.scale(0, z))))
	}).dynamics
	o, err := NewSolver(Equation{Drift: pulse, T1: 10}, Tsit5, &Settings{AbsTol: 1e-9, RelTol: 1e-9, StopAt: []float64{from, to}})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(row(0))
	if err != nil {
		t.Fatal(err)
	}
	want := 200 * (1 - math.Exp(from-to)) * math.Exp(to-10)
	if z := value.Scalar(sol.Z); math.Abs(z-want) > 1e-7*want || sol.Rejected != 0 {
		t.Errorf("%v after %d rejections, expected %v after none", z, sol.Rejected, want)
	}
	// Without its stop times it is not, and they can be changed between solves.
	if err := o.SetStopAt(nil); err != nil {
		t.Fatal(err)
	}
	if sol, err = o.Predict(row(0)); err != nil || value.Scalar(sol.Z) != 0 {
		t.Errorf("%v, %v without stop times, expected to miss the pulse", sol, err)
	}
	if err := o.SetStopAt([]float64{math.NaN()}); err == nil {
		t.Error("no error for a stop time NaN")
	}
	if _, err := NewSolver(Equation{Drift: pulse, T1: 10}, Tsit5, &Settings{StopAt: []float64{math.Inf(1)}}); err == nil {
		t.Error("no error for an infinite stop time")
	}
	// Steps per row have none, from the start and later.
	if o, err = NewSolver(Equation{Drift: pulse, T1: 10}, Tsit5, &Settings{Steps: PerRow}); err != nil {
		t.Fatal(err)
	}
	if err := o.SetStopAt([]float64{from}); err == nil || !strings.Contains(err.Error(), "stop times") {
		t.Errorf("stop times for steps per row: error %v, expected one that names them", err)
	}
	if err := o.SetStopAt(nil); err != nil {
		t.Errorf("no stop times for steps per row: error %v", err)
	}
}

// TestStopInGraphs: the gradient of a solve with stop times, of which two are save
// times, is that of finite differences, in every mode; first stages after a stop
// depend on the state and on the parameters as well.
func TestStopInGraphs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	regs := []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Mean}, {Term: Integral}, {Term: Integral, Index: 1}}
	for _, m := range []*Tableau{Tsit5, DP5, Vern7, Dopri8} {
		for _, way := range []struct {
			mode   Mode
			memory Memory
			back   bool
		}{{Called, Store, false}, {Called, Checkpoint, false}, {Inline, Store, false}, {Called, Store, true}, {Inline, Store, true}} {
			p := graph.NewParams(tensor.Float64)
			w := param(t, p, "w", []float64{0.4, -1.1, 0.7, 0.3}, 2, 2)
			slope := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
				e := &expr{s: s}
				y := e.apply(gorgonia.Tanh, e.do(func() (*gorgonia.Node, error) {
					n, err := s.Param(w)
					if err != nil {
						return nil, err
					}
					return gorgonia.Mul(z, n)
				}))
				n := e.add(y, e.times(e.after(0.5, true), z))
				return n, e.err
			}
			set := &Settings{
				FixedSteps: 3, Mode: way.mode, Memory: way.memory, Regularizers: regs,
				SaveAt: []float64{0, 0.2, 0.5, 0.55, 0.9, 1}, StopAt: []float64{0.5, 0.55},
				Integrand: func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
					if k, err = slope(s, z); err != nil {
						return nil, nil, err
					}
					e := &expr{s: s}
					sum := func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }
					return k, gorgonia.Nodes{e.apply(sum, e.mul(k, z)), e.apply(sum, e.mul(k, k))}, e.err
				},
			}
			t0, t1 := 0., 1.
			if way.back {
				t0, t1 = t1, t0
				slices.Reverse(set.SaveAt)
			}
			o, err := NewSolver(Equation{Drift: slope, Params: p, T0: t0, T1: t1}, m, set)
			if err != nil {
				t.Fatal(err)
			}
			obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				out, err := o.Unroll(s, in[0])
				if err != nil {
					return nil, err
				}
				e := &expr{s: s}
				sum := func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }
				l := e.add(e.apply(sum, e.mul(out[0], out[0])), e.add(out[3], e.scale(-0.3, out[4])))

				l = e.add(l, e.scale(1e-30, out[1]))
				if m.Order == 5 {
					l = e.add(l, e.scale(0.1, out[2]))
				} else {
					l = e.add(l, e.scale(1e-30, out[2]))
				}
				return l, e.err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			z0 := row(0.6, -0.8)
			loss := func() float64 {
				l, err := obj.Evaluate(z0)
				if err != nil {
					t.Fatalf("%s, mode %d: %v", m.Name, way.mode, err)
				}
				return l
			}
			loss()
			g, err := p.Grad()
			if err != nil {
				t.Fatal(err)
			}
			got, theta := value.Float64s(g), p.Float64s()
			for i := range theta {
				const d = 1e-6
				at := func(x float64) float64 {
					v := append([]float64(nil), theta...)
					v[i] += x
					p.SetFloat64s(v)
					return loss()
				}
				want := (at(d) - at(-d)) / (2 * d)
				p.SetFloat64s(theta)
				if math.Abs(got[i]-want) > 1e-7*(1+math.Abs(want)) {
					t.Errorf("%s, mode %d, memory %d: gradient %v at %d, differences %v", m.Name, way.mode, way.memory, got[i], i, want)
				}
			}
			if n := o.Last().Accepted; n != 5 {
				t.Errorf("%s: %d steps, expected 3 and one more for each stop time", m.Name, n)
			}
		}
	}
}

// TestStopSDE: the steps of a stochastic equation end at stop times too, and the
// drift of either side is the one that is seen.
func TestStopSDE(t *testing.T) {
	quiet := vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(1e-9, z) }).dynamics
	for _, m := range []*SRI{SOSRI, SOSRI2, SRIW1, EulerMaruyama} {
		set := &Settings{StopAt: []float64{0.7}, Record: true, AbsTol: 1e-3, RelTol: 1e-3}
		tol := 1e-2
		if !m.Adaptive() {
			set.FixedSteps = 1000
		}
		o, err := NewSolver(Equation{Drift: jump(0.7, true), Diffusion: quiet, T1: 1.5}, m, set)
		if err != nil {
			t.Fatal(err)
		}
		sol, err := o.Predict(row(1))
		if err != nil {
			t.Fatal(err)
		}
		want := math.Exp(-0.7 - 3*0.8)
		if z := value.Scalar(sol.Z); math.Abs(z-want) > tol*want {
			t.Errorf("%s: %v, expected %v", m.Name, z, want)
		}
		found := false
		for _, s := range sol.Steps {
			found = found || s.T == 0.7
			if math.Abs(s.T+s.H-0.7) < 1e-12 && !s.Accepted {
				t.Errorf("%s: %+v was rejected at the stop time", m.Name, s)
			}
		}
		if !found {
			t.Errorf("%s: no step from the stop time", m.Name)
		}
	}
}

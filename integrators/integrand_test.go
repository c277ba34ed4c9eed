package integrators

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// squared is the integrand z² of z' = −z, whose integral from z0 at 0 to T is
// z0²·(1 − exp(−2T))/2.
func squared(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
	if k, err = decay(s, z); err != nil {
		return nil, nil, err
	}
	r, err := ops.MeanSquare(z)
	return k, gorgonia.Nodes{r}, err
}

// timely is the integrand t³, whose derivative with respect to the state is
// zero.
func timely(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
	if k, err = decay(s, z); err != nil {
		return nil, nil, err
	}
	e := &expr{s: s}
	t := e.do(s.Time)
	return k, gorgonia.Nodes{e.mul(t, e.mul(t, t))}, e.err
}

var theIntegral = []Regularizer{{Term: Integral}}

// integral solves z' = −z from z0 and returns the integral plus c times the end
// state squared, and the derivative of that by z0.
func integral(t testing.TB, m *Tableau, g Integrand, z0, t1, c float64, dt tensor.Dtype, set Settings) (r, dr float64, o *Solver) {
	t.Helper()
	set.Regularizers, set.Integrand = theIntegral, g
	p := graph.NewParams(dt)
	z := param(t, p, "z", []float64{z0}, 1, 1)
	o, err := NewSolver(Equation{Drift: decay, Params: p, T1: t1}, m, &set)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		n, err := s.Param(z)
		if err != nil {
			return nil, err
		}
		out, err := o.Unroll(s, n)
		if err != nil {
			return nil, err
		}
		if c == 0 {
			return out[1], nil
		}
		end, err := ops.MeanSquare(out[0])
		if err != nil {
			return nil, err
		}
		return ops.LinComb([]ops.Term{{X: out[1], C: 1}, {X: end, C: c}}, nil, nil)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, grad, err := evaluate(obj, p)
	if err != nil {
		t.Fatal(err)
	}
	return r, value.Scalar(grad), o
}

// TestIntegralConverges: the integral of a closed form, and its derivative by the
// initial state, are of the order of the method, in both directions of time.
func TestIntegralConverges(t *testing.T) {
	const z0 = 1.3
	for _, m := range []*Tableau{Tsit5, DP5, BS3, HeunEuler, Vern7, Dopri8, Midpoint, RK4} {
		for _, t1 := range []float64{2, -2} {
			want := z0 * z0 * math.Abs(1-math.Exp(-2*t1)) / 2
			var errs, derrs [2]float64
			for i, n := range []int{2, 8} {
				r, dr, _ := integral(t, m, squared, z0, t1, 0, tensor.Float64, Settings{FixedSteps: n})
				errs[i], derrs[i] = math.Abs(r-want), math.Abs(dr-2*want/z0)
			}
			for _, e := range [][2]float64{errs, derrs} {
				if order := math.Log2(e[0]/e[1]) / 2; order < float64(m.Order)-0.5 || order > float64(m.Order)+2 {
					t.Errorf("%s to %v: errors %v shrink with the power %.2f of h, expected %d", m.Name, t1, e, order, m.Order)
				}
			}
		}
	}
}

// TestIntegralModes: an adaptive solve yields the integral in every way to run
// it, with steps to spare and save times, in both element types.
func TestIntegralModes(t *testing.T) {
	const z0, t1 = 1.3, 2.0
	want := z0 * z0 * (1 - math.Exp(-2*t1)) / 2
	for dt, tol := range map[tensor.Dtype]float64{tensor.Float64: 1e-7, tensor.Float32: 1e-6} {
		for _, set := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}, {SaveAt: []float64{0, 0.5, 0.6, t1}}, {SaveAt: []float64{1}, Mode: Inline}} {
			set.AbsTol, set.RelTol = 1e-7, 1e-7
			if dt == tensor.Float32 {
				set.AbsTol, set.RelTol = 1e-5, 1e-5
			}
			r, dr, o := integral(t, Tsit5, squared, z0, t1, 0, dt, set)
			if n := o.Last().Accepted; n < 5 || dt == tensor.Float64 && roundUp(n) == n {
				t.Fatalf("%d steps, expected a number that is rounded up", n)
			}
			if math.Abs(r-want) > tol*want || math.Abs(dr-2*want/z0) > tol*want {
				t.Errorf("%v, %+v: integral %v with derivative %v, expected %v and %v", dt, set, r, dr, want, 2*want/z0)
			}
		}
	}
}

// TestIntegralOfTime: Simpson's rule is exact for t³, and so are the weights of
// every method of order 4. The state has no part in it.
func TestIntegralOfTime(t *testing.T) {
	const z0, steps = 1.3, 3
	for _, mode := range []Mode{Called, Inline} {
		with, dwith, _ := integral(t, RK4, timely, z0, 2, 1, tensor.Float64, Settings{FixedSteps: steps, Mode: mode})
		h := -2.0 / steps
		end := math.Pow(1+h+h*h/2+h*h*h/6+h*h*h*h/24, steps) // R(h)^n for z' = −z
		if want := 4 + z0*z0*end*end; math.Abs(with-want) > 1e-13 || math.Abs(dwith-2*z0*end*end) > 1e-13 {
			t.Errorf("mode %v: %v with derivative %v, expected %v and %v", mode, with, dwith, want, 2*z0*end*end)
		}
	}
}

// TestIntegralChangesNoStep compares attempts and states with those of the same
// solve without an integral, and training with prediction.
func TestIntegralChangesNoStep(t *testing.T) {
	z := row(2, 0)
	for _, m := range []*Tableau{Tsit5, DP5, BS3, Vern7} {
		for _, saveAt := range [][]float64{nil, {0.1, 0.7, 1.5}} {
			traced := 0
			var steps [][]Step
			var states [][]float64
			for i := range 3 {
				set := &Settings{AbsTol: 1e-6, RelTol: 1e-6, Record: true, SaveAt: saveAt, InitialStep: 0.5} // which is rejected
				if i > 0 {
					set.Regularizers = theIntegral
					set.Integrand = func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
						traced++
						if k, err = fields["spiral"].dynamics(s, z); err != nil {
							return nil, nil, err
						}
						r, err := ops.MeanSquare(k)
						return k, gorgonia.Nodes{r}, err
					}
				}
				o, err := NewSolver(Equation{Drift: fields["spiral"].dynamics, T1: 1.5}, m, set)
				if err != nil {
					t.Fatal(err)
				}
				if i == 1 { // as in training
					solved, err := site{o}.Solve([]gorgonia.Value{z})
					if err != nil {
						t.Fatal(err)
					}
					states = append(states, value.Float64s(solved.(*solve).from.z))
					solved.Release()
				} else {
					sol, err := o.Predict(z)
					if err != nil {
						t.Fatal(err)
					}
					all := value.Float64s(sol.Z)
					states = append(states, all[len(all)-2:])
				}
				steps = append(steps, o.Last().Steps)
				switch {
				case i == 1 && traced == 0:
					t.Error("the integrand is not in the training step")
				case i == 1:
					traced = 0
				case traced > 0:
					t.Errorf("prediction traced the integrand %d times", traced)
				}
			}
			for i := 1; i < 3; i++ {
				if len(steps[i]) != len(steps[0]) || len(steps[0]) < 5 || steps[0][0].Accepted {
					t.Fatalf("%s: %d and %d attempts", m.Name, len(steps[i]), len(steps[0]))
				}
				for j, s := range steps[0] {
					if steps[i][j] != s {
						t.Errorf("%s: attempt %d is %+v, without an integral %+v", m.Name, j, steps[i][j], s)
					}
				}
				for j, x := range states[0] {
					if states[i][j] != x {
						t.Errorf("%s: entry %d is %v, without an integral %v", m.Name, j, states[i][j], x)
					}
				}
			}
		}
	}
}

func TestBadIntegrands(t *testing.T) {
	none := func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
		k, err = decay(s, z)
		return k, nil, err
	}
	nothing := func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
		k, err = decay(s, z)
		return k, gorgonia.Nodes{nil}, err
	}
	vector := func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
		k, err = decay(s, z)
		return k, gorgonia.Nodes{k}, err
	}
	slopeless := func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
		r, err := ops.MeanSquare(z)
		return nil, gorgonia.Nodes{r}, err
	}
	for _, tt := range []struct {
		g        Integrand
		rs       []Regularizer
		mentions string
	}{
		{nil, theIntegral, "without an integrand"},
		{squared, []Regularizer{{Term: Integral, Aggregation: Mean}}, "mean of integral"},
		{squared, []Regularizer{{Term: Integral, Aggregation: Mean, Index: 1}}, "mean of integral 1"},
		{squared, []Regularizer{{Term: Integral, Index: -1}}, "sum of integral -1, expected an index of at least 0"},
		{squared, []Regularizer{{Term: Error, Index: 1}}, "sum of error 1, expected the index 0"},
		{squared, []Regularizer{{Term: Integral}, {Term: Integral, Index: 3}}, "sum of integral 3 of an integrand that returns 1"},
		{none, theIntegral, "sum of integral of an integrand that returns 0"},
		{nothing, theIntegral, "nothing in place of scalar 0"},
		{vector, theIntegral, "expected a scalar"},
		{slopeless, theIntegral, "dynamics of the integrand"},
	} {
		o, err := NewSolver(Equation{Drift: decay, T1: 1}, Tsit5, &Settings{Integrand: tt.g, Regularizers: tt.rs})
		if err == nil {
			_, err = site{o}.Solve([]gorgonia.Value{row(1)})
		}
		if err == nil || !strings.Contains(err.Error(), tt.mentions) {
			t.Errorf("error %v does not mention %q", err, tt.mentions)
		}
	}
	if _, err := NewSolver(Equation{Drift: decay, Diffusion: decay, T1: 1}, SOSRI, &Settings{Integrand: squared}); err == nil || !strings.Contains(err.Error(), "stochastic") {
		t.Errorf("an SDE with an integrand: error %v", err)
	}
}

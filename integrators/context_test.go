package integrators

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// driven is z' = tanh(z + u) + v, with u (batch, dim) and v a scalar of the context.
func driven(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	u, err := s.Context(0)
	if err != nil {
		return nil, err
	}
	v, err := s.Context(1)
	if err != nil {
		return nil, err
	}
	sum, err := gorgonia.Add(z, u)
	if err != nil {
		return nil, err
	}
	f, err := gorgonia.Tanh(sum)
	if err != nil {
		return nil, err
	}
	return gorgonia.Add(f, v)
}

// TestContextGradient compares the gradient of the loss of saved states and regularizers
// by a context with differences, for every kind of method and in every mode: with dense
// output that evaluates the field, with first stages after stop times, and with an event
// that depends on the context.
func TestContextGradient(t *testing.T) {
	for name, tt := range map[string]struct {
		method Method
		set    Settings
	}{
		"Tsit5":           {Tsit5, Settings{FixedSteps: 3, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness}}}},
		"Vern7, saved":    {Vern7, Settings{FixedSteps: 2, SaveAt: []float64{0.1, 0.5, 1}}},
		"DP5, stops":      {DP5, Settings{FixedSteps: 3, StopAt: []float64{0.2, 0.7}, Regularizers: []Regularizer{{Term: Error}}}},
		"RK4":             {RK4, Settings{FixedSteps: 3}},
		"Rodas5P":         {Rodas5P, Settings{FixedSteps: 2, SaveAt: []float64{0.3, 1}, Regularizers: []Regularizer{{Term: Stiffness}}}},
		"SOSRI2":          {SOSRI2, Settings{FixedSteps: 3, SaveAt: []float64{0.2, 1}, Regularizers: []Regularizer{{Term: Error}}}},
		"SPaRK":           {SPaRK, Settings{FixedSteps: 3, SaveAt: []float64{0.2, 1}, Regularizers: []Regularizer{{Term: Error}}}},
		"reversible Heun": {ReversibleHeun, Settings{FixedSteps: 3, SaveAt: []float64{0.2, 0.5, 1}, StopAt: []float64{0.4}, Regularizers: []Regularizer{{Term: Error}}}},
		"Tsit5, an event": {Tsit5, Settings{FixedSteps: 3, Events: []Event{{G: reaches}}}},
		"Vern7, an event": {Vern7, Settings{FixedSteps: 3, SaveAt: []float64{0.2, 1}, Events: []Event{{G: reaches}}}},
	} {
		t.Run(name, func(t *testing.T) {
			var stored []float64
			for i, how := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}} {
				set := tt.set
				set.Memory, set.Mode = how.Memory, how.Mode
				set.AbsTol, set.RelTol = 1, Zero // the scale of errors is not differentiated
				loss := contextLoss(t, tt.method, set)
				at := []float64{0.2, -0.1, 0.4, 0.3, 0.7}
				_, grad := loss(at)
				want := fd.Gradient(nil, func(x []float64) float64 { y, _ := loss(x); return y }, at, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				for k, w := range want {
					if math.Abs(grad[k]-w) > 1e-7*max(1, math.Abs(w)) {
						t.Errorf("%v, %v: gradient %d is %v, expected %v", set.Mode, set.Memory, k, grad[k], w)
					}
				}
				switch {
				case i == 0:
					stored = grad
				case i == 1 && !slices.Equal(grad, stored):
					t.Errorf("checkpoint has %v, store %v", grad, stored)
				}
			}
		})
	}
}

// reaches is zero where the sum of the state reaches one more than v.
func reaches(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	v, err := s.Context(1)
	if err != nil {
		return nil, err
	}
	sum, err := gorgonia.Sum(z)
	if err != nil {
		return nil, err
	}
	return gorgonia.Sub(sum, v)
}

// contextLoss returns the loss and its gradient as a function of u and v, of a solve
// from a state that depends on u as well.
func contextLoss(t *testing.T, method Method, set Settings) func(x []float64) (float64, []float64) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	u := param(t, p, "u", make([]float64, 4), 2, 2)
	v := param(t, p, "v", make([]float64, 1), 1)
	e := Equation{Drift: driven, T1: 1}
	if method.traits().stochastic {
		e.Diffusion, e.Calculus = driven, method.traits().calculus
	}
	o, err := NewSolver(e, method, &set)
	if err != nil {
		t.Fatal(err)
	}
	objective, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		un, err := s.Param(u)
		if err != nil {
			return nil, err
		}
		vn, err := s.Param(v)
		if err != nil {
			return nil, err
		}
		if vn, err = gorgonia.Sum(vn); err != nil {
			return nil, err
		}
		z0, err := gorgonia.Square(un)
		if err != nil {
			return nil, err
		}
		return solveLoss(s, z0, func(s *graph.Scope, z *gorgonia.Node, _ ...*gorgonia.Node) (gorgonia.Nodes, error) {
			return o.Unroll(s, z, un, vn)
		})
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(x []float64) (float64, []float64) {
		value.SetFloat64s(p.Value(), x)
		loss, err := objective.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		g, err := p.Grad()
		if err != nil {
			t.Fatal(err)
		}
		return loss, slices.Clone(value.Float64s(g))
	}
}

// TestContextPredicts: a prediction in a context is the solution of the graph, contexts
// of other shapes are compiled apart, and a switch hands the context to its other
// method.
func TestContextPredicts(t *testing.T) {
	u, v := row(1, -1), value.New(tensor.Float64)
	value.SetScalar(v, 0.5)
	constant := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return s.Context(0) }
	o, err := NewSolver(Equation{Drift: constant, T1: 2}, AutoTsit5(Rodas5P), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []*tensor.Dense{row(1, -1), row(3, 2)} {
		sol, err := o.Predict(row(0, 1), u)
		if err != nil {
			t.Fatal(err)
		}
		x := value.Float64s(u)
		if z := value.Float64s(sol.Z); math.Abs(z[0]-2*x[0]) > 1e-12 || math.Abs(z[1]-1-2*x[1]) > 1e-12 {
			t.Errorf("z(2) = %v in the context %v", z, x)
		}
	}
	if o, err = NewSolver(Equation{Drift: driven, T1: 1}, Tsit5, nil); err != nil {
		t.Fatal(err)
	}
	wide := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, -1, 1, -1}))
	one, err := o.Predict(row(0, 1), u, v)
	if err != nil {
		t.Fatal(err)
	}
	two, err := o.Predict(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{0, 1, 0, 1})), wide, v)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := value.Float64s(one.Z), value.Float64s(two.Z); math.Abs(a[0]-b[2]) > 1e-12 || math.Abs(a[1]-b[3]) > 1e-12 {
		t.Errorf("z(1) = %v, in a batch of two %v", a, b)
	}
}

// TestStiffContext: the stiff method of a switch finds the context.
func TestStiffContext(t *testing.T) {
	relax := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		u, err := s.Context(0)
		if err != nil {
			return nil, err
		}
		off, err := gorgonia.Sub(u, z)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(off, gorgonia.NewConstant(1e6))
	}
	o, err := NewSolver(Equation{Drift: relax, T1: 1}, AutoTsit5(Rodas5P), nil)
	if err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(row(0, 0), row(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	if z := value.Float64s(sol.Z); sol.Stiff == 0 || math.Abs(z[0]-2) > 1e-3 || math.Abs(z[1]-3) > 1e-3 {
		t.Errorf("z(1) = %v after %d stiff steps, expected (2, 3)", z, sol.Stiff)
	}
}

func TestBadContexts(t *testing.T) {
	o, err := NewSolver(Equation{Drift: driven, T1: 1}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for want, context := range map[string][]gorgonia.Value{
		"context 0 is asked for where there are 0": nil,
		"context 1 is asked for where there are 1": {row(1, 2)},
		"context 1 is nil":                         {row(1, 2), nil},
		"(1, 3)":                                   {row(1, 2, 3), row(1, 2)},
	} {
		if _, err := o.Predict(row(0, 1), context...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected one that mentions %q", err, want)
		}
	}
}

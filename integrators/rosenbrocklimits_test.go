package integrators

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// linear is z' = z·A for a matrix A.
func linear(a []float64) Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		v := value.New(z.Dtype(), z.Shape()[1], z.Shape()[1])
		value.SetFloat64s(v, a)
		n, err := s.Data(v)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(z, n)
	}
}

// TestRosenbrockDimensions: batches of any number of rows and of any dimension follow
// the solution z0·exp(A t) of a stiff linear equation. In fixed steps a row is the same
// bits alone and in a batch.
func TestRosenbrockDimensions(t *testing.T) {
	for _, tt := range []struct {
		m   *Rosenbrock
		tol float64
	}{{Rosenbrock23, 1e-5}, {Rodas5P, 1e-7}} {
		for _, form := range [][2]int{{1, 1}, {3, 1}, {1, 2}, {100, 2}, {1, 50}, {2, 50}} {
			batch, n := form[0], form[1]
			// A chain of decays, each at a rate of its own: dz_j/dt = r_(j-1) z_(j-1) - r_j z_j.
			a := make([]float64, n*n)
			for j := range n {
				rate := 1 + float64(j*j)
				a[j*n+j] = -rate
				if j+1 < n {
					a[j*n+j+1] = rate
				}
			}
			rng := rand.New(rand.NewPCG(1, uint64(n)))
			x := make([]float64, batch*n)
			for i := range x {
				x[i] = rng.Float64()
			}
			solve := func(x []float64, set Settings) []float64 {
				o, err := NewSolver(Equation{Drift: linear(a), T1: 1}, tt.m, &set)
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(tensor.New(tensor.WithShape(len(x)/n, n), tensor.WithBacking(slices.Clone(x))))
				if err != nil {
					t.Fatal(err)
				}
				return value.Float64s(sol.Z)
			}
			var exp, want mat.Dense
			exp.Exp(mat.NewDense(n, n, a))
			want.Mul(mat.NewDense(batch, n, x), &exp)
			if got := solve(x, Settings{AbsTol: tt.tol, RelTol: tt.tol}); !floats.EqualApprox(got, want.RawMatrix().Data, 100*tt.tol) {
				t.Errorf("%s, %v: the solution is off by %v", tt.m.Name, form, floats.Distance(got, want.RawMatrix().Data, math.Inf(1)))
			}
			last := solve(x[(batch-1)*n:], Settings{FixedSteps: 3})
			if got := solve(x, Settings{FixedSteps: 3})[(batch-1)*n:]; !slices.Equal(got, last) {
				t.Errorf("%s, %v: the last row is %v in the batch, %v alone", tt.m.Name, form, got, last)
			}
		}
	}
}

// TestRosenbrockNeedsSecondDerivatives: dynamics whose Jacobian is no expression that
// can be differentiated are refused, with the name of the operation, in a prediction
// too.
func TestRosenbrockNeedsSecondDerivatives(t *testing.T) {
	for _, m := range stiffMethods {
		for _, tt := range []struct {
			f     Dynamics
			cause error
			want  string
		}{
			{func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return ops.Activate(ops.ReLU, z) }, hazard.ErrNoSecondDerivative, "relu"},
			{func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Rectify(z) }, hazard.ErrNoDerivative, ">="},
			{func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Concat(1, z) }, hazard.ErrNoSecondDerivative, "concat"},
			{jump(0.5, true), hazard.ErrNoDerivative, "by the time"},
		} {
			o, err := NewSolver(Equation{Drift: tt.f, T1: 1}, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = o.Predict(row(1))
			if !errors.Is(err, tt.cause) || !strings.Contains(strings.ToLower(err.Error()), tt.want) || !strings.Contains(err.Error(), m.Name) {
				t.Errorf("%s: error %v, expected %v that names %q", m.Name, err, tt.cause, tt.want)
			}
		}
	}
}

// TestRosenbrockFailures: systems that cannot be solved reject the step, and end the
// solve with a reason if no step can be found.
func TestRosenbrockFailures(t *testing.T) {
	root := vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.apply(gorgonia.Sqrt, z) }).dynamics
	for _, m := range stiffMethods {
		// Over a step of 1 the matrix I/γ - hJ of this one is 0.
		grow := vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(1/m.Gamma, z) }).dynamics
		for _, tt := range []struct {
			name   string
			f      Dynamics
			z0     float64
			set    Settings
			reason error // nil: the solve reaches its end
			what   string
		}{
			{"infinite Jacobian", root, 0, Settings{}, ErrNonFinite, "Jacobian"},
			{"infinite Jacobian in fixed steps", root, 0, Settings{FixedSteps: 4}, ErrNonFinite, "Jacobian"},
			{"state NaN", decay, math.NaN(), Settings{}, ErrNonFinite, "initial state"},
			{"undefined dynamics", undefined, 2, Settings{}, ErrNonFinite, "right-hand side"},
			{"past a pole", square, 1.25, Settings{}, ErrStepUnderflow, ""},
			{"a singular system", grow, 1, Settings{InitialStep: 1}, nil, ""},
			{"a singular system in one fixed step", grow, 1, Settings{FixedSteps: 1}, ErrNonFinite, "however small"},
		} {
			o, err := NewSolver(Equation{Drift: tt.f, T1: 1}, m, &tt.set)
			if err != nil {
				t.Fatal(err)
			}
			_, err = o.Predict(row(tt.z0))
			if !errors.Is(err, tt.reason) || tt.reason != nil && !strings.Contains(err.Error(), tt.what) {
				t.Errorf("%s, %s: error %v, expected %v that says %q", m.Name, tt.name, err, tt.reason, tt.what)
			}
			if tt.reason == nil && o.Last().Rejected == 0 {
				t.Errorf("%s, %s: no step was rejected, expected the first to be", m.Name, tt.name)
			}
		}
	}
}

// TestRosenbrockRegularizers: what needs slopes whose weighted sum is the step is
// refused.
func TestRosenbrockRegularizers(t *testing.T) {
	integrand := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) { return z, nil, nil }
	for _, m := range stiffMethods {
		for _, term := range []RegularizedTerm{Integral, KineticEnergy} {
			_, err := NewSolver(Equation{Drift: decay, T1: 1}, m, &Settings{Integrand: integrand, Regularizers: []Regularizer{{Term: term}}})
			if err == nil || !strings.Contains(err.Error(), "without slopes") {
				t.Errorf("%s, %v: error %v, expected one of the slopes", m.Name, term, err)
			}
		}
	}
}

// TestRosenbrockConstantFields: fields that do not depend on the state, or are it.
func TestRosenbrockConstantFields(t *testing.T) {
	for _, m := range stiffMethods {
		for _, tt := range []struct {
			name string
			f    Dynamics
			want float64
		}{
			{"a constant", func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return s.Data(row(2)) }, 3},
			{"the state", func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return z, nil }, math.E},
			{"a time", vectorField(func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.times(e.do(e.s.Time), e.scale(0, z)) }).dynamics, 1},
			{"the time", func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
				e := &expr{s: s}
				one := e.do(func() (*gorgonia.Node, error) { return s.Data(row(1)) })
				n := e.times(e.do(s.Time), one)
				return n, e.err
			}, 1.5},
		} {
			o, err := NewSolver(Equation{Drift: tt.f, T1: 1}, m, &Settings{AbsTol: 1e-7, RelTol: 1e-7, SaveAt: []float64{1}})
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(row(1))
			if err != nil {
				t.Fatalf("%s, %s: %v", m.Name, tt.name, err)
			}
			if z := value.Scalar(sol.Z); math.Abs(z-tt.want) > 1e-4 {
				t.Errorf("%s, %s: %v, expected %v", m.Name, tt.name, z, tt.want)
			}
		}
	}
}

// TestRosenbrockErrorColumns: a column that does not count rides along, over the steps
// of the solve without it, and its Jacobian is no part of S.
func TestRosenbrockErrorColumns(t *testing.T) {
	z0 := rows(3, 2, 0, 1.1, -0.4, 0.3, 1.5)
	for _, m := range stiffMethods {
		solve := func(f Dynamics, z gorgonia.Value, columns int) *Solution {
			o, err := NewSolver(Equation{Drift: f, T1: 1}, m, &Settings{AbsTol: 1e-5, RelTol: 1e-5, ErrorColumns: columns})
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(z)
			if err != nil {
				t.Fatal(err)
			}
			return sol
		}
		f := fields["spiral"].dynamics
		want, got := solve(f, z0, 0), solve(besides(f, 100), threeColumns(z0), 2)
		if got.Stats.Accepted != want.Accepted || math.Abs(got.MaxStiffness-want.MaxStiffness) > 1e-9 {
			t.Errorf("%s: %+v, expected %+v", m.Name, got.Stats, want.Stats)
		}
		if x, y := firstTwo(got.Z), value.Float64s(want.Z); !floats.EqualApprox(x, y, 1e-9) {
			t.Errorf("%s: %v, expected %v", m.Name, x, y)
		}
	}
}

// TestRosenbrockStops: a solve that starts anew within has the gradient of one that
// takes the same steps, in all ways to run it.
func TestRosenbrockStops(t *testing.T) {
	for _, m := range stiffMethods {
		var want []float64
		for _, set := range []Settings{
			{FixedSteps: 4},
			{FixedSteps: 2, StopAt: []float64{0.25, 0.75}},
			{FixedSteps: 2, StopAt: []float64{0.25, 0.75}, Memory: Checkpoint},
			{FixedSteps: 2, StopAt: []float64{0.25, 0.75}, Mode: Inline},
		} {
			set.AbsTol, set.RelTol, set.Regularizers, set.SaveAt = 1e-3, Zero, everyRegularizer, []float64{0.2, 0.25, 0.6, 1}
			p := graph.NewParams(tensor.Float64)
			o, err := NewSolver(Equation{Drift: netDynamics(t, p, 2, 3), Params: p, T1: 1}, m, &set)
			if err != nil {
				t.Fatal(err)
			}
			loss, grad, err := evaluate(objectiveOf(t, p, o.Unroll), p, row(1, -0.5))
			if err != nil {
				t.Fatal(err)
			}
			got := append(value.Float64s(grad), loss)
			if want == nil {
				want = got
			}
			// The times next to a stop time are not the stop time.
			if !floats.EqualApprox(got, want, 1e-10*(1+floats.Norm(want, 2))) {
				t.Errorf("%s, %+v: gradient and loss %v, expected %v", m.Name, set.StopAt, got, want)
			}
		}
	}
}

// TestRosenbrockDeterminism: loss and gradient of a batch that processors share are the
// same bits whatever their number.
func TestRosenbrockDeterminism(t *testing.T) {
	const batch, dim = 300, 4
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, m := range stiffMethods {
		var want []float64
		for _, procs := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(procs)
			p := graph.NewParams(tensor.Float64)
			o, err := NewSolver(Equation{Drift: fusedNet(t, p, dim, 40), Params: p, T1: 1}, m,
				&Settings{FixedSteps: 2, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness}}})
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float64, batch*dim)
			for i := range x {
				x[i] = math.Sin(float64(i))
			}
			loss, grad, err := evaluate(objectiveOf(t, p, o.Unroll), p, tensor.New(tensor.WithShape(batch, dim), tensor.WithBacking(x)))
			if err != nil {
				t.Fatal(err)
			}
			got := append(value.Float64s(grad), loss)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: gradient and loss differ between one processor and %d", m.Name, procs)
			}
		}
	}
}

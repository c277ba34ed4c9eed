package integrators

import (
	"math"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// order returns the slope of log(error) on log(h).
func order(h, err []float64) float64 {
	logH, logError := make([]float64, len(h)), make([]float64, len(h))
	for i := range h {
		logH[i], logError[i] = math.Log(h[i]), math.Log(err[i])
	}
	_, slope := stat.LinearRegression(logH, logError, nil, false)
	return slope
}

// until returns p on [T0, t1].
func until(t1 float64, p problems.Problem) problems.Problem {
	p.T1 = t1
	return p
}

// backwards returns p from its end to its start.
func backwards(p problems.Problem) problems.Problem {
	y := solutionAtEnd(p)
	p.T0, p.T1, p.Y0, p.End = p.T1, p.T0, y, p.Y0
	return p
}

// TestPredictConvergence regresses errors on fixed step sizes, forwards and
// backwards in time. With an absolute tolerance of one and hardly a relative
// one, E is the RMS of the estimated error of a step.
func TestPredictConvergence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	// On some problem the leading term of the error is small, and the slope steep
	// until rounding covers it.
	const below, above = 0.4, 0.9
	for _, tt := range []struct {
		method *Tableau
		steps  int // the coarsest grid
	}{
		{Euler, 480}, {Midpoint, 144}, {HeunEuler, 144}, {BS3, 96}, {RK4, 72},
		{Tsit5, 48}, {DP5, 48}, {Vern7, 48}, {Dopri8, 24},
	} {
		growth := until(8, problems.Growth())
		ps := []problems.Problem{growth, backwards(growth), until(7, problems.Rotation(1))}
		if tt.method.Order <= 5 { // beyond, rounding comes before the slope has settled
			ps = append(ps, problems.Lorentzian())
		}
		for i, p := range ps {
			// Looking on the way, where no error can vanish by chance. Steps end at
			// these times, so that this is no dense output.
			times := floats.Span(make([]float64, 9), p.T0, p.T1)
			exact := make([]float64, len(p.Y0))
			var h, errs, estimates []float64
			for _, n := range []int{tt.steps, tt.steps * 4 / 3, tt.steps * 5 / 3, tt.steps * 2} {
				sol := predict(t, tt.method, p, &Settings{FixedSteps: n, AbsTol: 1, RelTol: 1e-300, Record: true, SaveAt: times})
				if sol.Accepted != n || sol.Rejected != 0 {
					t.Fatalf("%s: %d steps, %d rejected, expected %d", tt.method.Name, sol.Accepted, sol.Rejected, n)
				}
				largest := 0.0
				for _, s := range sol.Steps {
					largest = max(largest, s.E)
				}
				h = append(h, math.Abs(p.T1-p.T0)/float64(n))
				errs = append(errs, 0)
				z := value.Float64s(sol.Z)
				for j, at := range times {
					p.Exact(at, exact)
					d := floats.Distance(z[j*len(exact):(j+1)*len(exact)], exact, 2)
					errs[len(errs)-1] = max(errs[len(errs)-1], d)
				}
				estimates = append(estimates, largest)
			}
			if got := order(h, errs) - float64(tt.method.Order); got < -below || got > above {
				t.Errorf("%s converges with order %d%+.2f on %s (%d)", tt.method.Name, tt.method.Order, got, p.Name, i)
			}
			if !tt.method.Adaptive() {
				continue
			}
			if got := order(h, estimates) - float64(tt.method.EmbeddedOrder+1); got < -below || got > above {
				t.Errorf("%s estimates an error of order %d%+.2f on %s (%d)", tt.method.Name, tt.method.EmbeddedOrder+1, got, p.Name, i)
			}
		}
	}
}

// TestDenseOutputConvergence takes one step of length h and looks inside: there
// the error is of one order more than that of the dense output.
func TestDenseOutputConvergence(t *testing.T) {
	const band, t0 = 0.4, 1.0
	for _, m := range methods {
		want := min(m.Order, 3)
		scale := 1.
		switch {
		case m.Dense != nil:
			want = 4
		case m.Interpolant != nil: // shorter steps would measure rounding
			want, scale = m.Interpolant.Order, 3.5
		}
		for _, dir := range []float64{1, -1} {
			p := problems.Kepler(0.3)
			y := make([]float64, len(p.Y0))
			p.Exact(t0, y)
			o, err := NewSolver(Equation{Drift: fields[p.Name].dynamics, T1: dir}, m, &Settings{FixedSteps: 1, SaveAt: make([]float64, 3)})
			if err != nil {
				t.Fatal(err)
			}
			var hs, errs []float64
			for _, h := range []float64{0.12, 0.09, 0.06, 0.045, 0.03} {
				h *= scale
				times := []float64{t0 + dir*0.3*h, t0 + dir*0.55*h, t0 + dir*0.8*h}
				if err := o.SetTimes(t0, t0+dir*h, times); err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(row(y...))
				if err != nil {
					t.Fatal(err)
				}
				worst := 0.0
				exact := make([]float64, len(y))
				z := value.Float64s(sol.Z)
				for i, at := range times {
					p.Exact(at, exact)
					worst = max(worst, floats.Distance(z[i*len(y):(i+1)*len(y)], exact, 2))
				}
				hs, errs = append(hs, h), append(errs, worst)
			}
			if got := order(hs, errs) - 1; math.Abs(got-float64(want)) > band {
				t.Errorf("%s: dense output of order %.2f in direction %v, expected %d", m.Name, got, dir, want)
			}
		}
	}
}

// TestPredictInFloat32 solves every problem in single precision.
func TestPredictInFloat32(t *testing.T) {
	for _, p := range problems.All() {
		z0 := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(1, len(p.Y0)))
		value.SetFloat64s(z0, p.Y0)
		sol, err := newODE(t, Tsit5, p, &Settings{AbsTol: 1e-5, RelTol: 1e-5, MaxStep: 0.05}).Predict(z0)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		if sol.Z.Dtype() != tensor.Float32 {
			t.Errorf("%s: solution of %v, expected float32", p.Name, sol.Z.Dtype())
		}
		if d := floats.Distance(value.Float64s(sol.Z), solutionAtEnd(p), math.Inf(1)); d > 1e-2 {
			t.Errorf("%s: error %v, expected at most 1e-2", p.Name, d)
		}
	}
}

// TestPredictFollowsThePlainLoop compares every attempted step with one on plain
// slices: for all problems and methods, each kind of control, both directions
// of time.
func TestPredictFollowsThePlainLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	type solve struct {
		m       *Tableau
		p       problems.Problem
		control *Controller
	}
	var solves []solve
	for _, m := range methods {
		if m.Adaptive() {
			for _, p := range problems.All() {
				solves = append(solves, solve{m, p, nil})
			}
		}
	}
	for _, kind := range []ControllerKind{IControl, PredictiveControl} {
		for _, m := range []*Tableau{Tsit5, BS3} {
			for _, p := range []problems.Problem{problems.VanDerPol(5), problems.Pulse(), problems.LotkaVolterra()} {
				solves = append(solves, solve{m, p, &Controller{Kind: kind}})
			}
		}
	}
	for _, m := range []*Tableau{Tsit5, Vern7} {
		for _, p := range []problems.Problem{problems.LotkaVolterra(), problems.Kepler(0.3), problems.Lorentzian()} {
			solves = append(solves, solve{m, backwards(p), nil})
		}
	}
	solves = append(solves, solve{Tsit5, problems.Spiral(), &Controller{Safety: 0.8, MinFactor: 0.3, MaxFactor: 3, ErrorFloor: 1e-3, Beta1: 0.2, Beta2: 0.05}})
	rejected := 0
	for _, s := range solves {
		tol := 1e-6
		if s.m.Order <= 3 {
			tol = 1e-3
		}
		got := predict(t, s.m, s.p, &Settings{AbsTol: tol, RelTol: tol, Controller: s.control, Record: true})
		if err := follow(got, s.m, s.p, tol, s.control); err != nil {
			t.Errorf("%s, %s: %v", s.m.Name, s.p.Name, err)
		}
		rejected += got.Rejected
	}
	if rejected < 20 {
		t.Errorf("only %d rejected steps: nothing said about rejection", rejected)
	}
}

// follow takes the steps of a solution again on plain slices. Times and sizes
// must be exactly what the control says after the errors of the solution;
// errors and stiffness agree up to rounding.
func follow(got *Solution, m *Tableau, p problems.Problem, tol float64, settings *Controller) error {
	control, err := newStepControl(settings, float64(m.EmbeddedOrder+1), m.Beta1, m.Beta2)
	if err != nil {
		return err
	}
	evaluations := 0
	f := p.F
	p.F = func(t float64, y, dydt []float64) {
		evaluations++
		f(t, y, dydt)
	}
	const hmin = 1e-10
	hmax := math.Abs(p.T1 - p.T0)
	u := append([]float64(nil), p.Y0...)
	var first []float64
	if m.FSAL {
		first = make([]float64, len(u))
		p.F(p.T0, u, first)
	}
	dir := math.Copysign(1, p.T1-p.T0)
	h := dir * firstStep(p, u, tol, float64(m.Order), dir, hmin, hmax)
	if d := math.Abs(got.Steps[0].H - h); d > 1e-9*math.Abs(h) {
		return errors.Errorf("first step %v, expected %v", got.Steps[0].H, h)
	}
	t := p.T0
	h = got.Steps[0].H
	step := newPlainStep(m, p)
	accepted := 0
	for i, g := range got.Steps {
		h = limitStep(h, hmin, hmax)
		if end := t + h; math.Abs(h) < math.Abs(p.T1-t) {
			h = end - t
		} else {
			h = p.T1 - t
		}
		if g.T != t || g.H != h {
			return errors.Errorf("step %d from %v of size %v, expected from %v of size %v", i, g.T, g.H, t, h)
		}
		step.take(t, h, u, first)
		// Rounding in the stages is divided by the tolerance.
		if e := scaledError(step.error, u, step.u1, tol); math.Abs(g.E-e) > 1e-6*e+1e-14/tol {
			return errors.Errorf("step %d with E = %v, expected %v", i, g.E, e)
		}
		if m.EstimatesStiffness() {
			if s, noise := step.stiffness(); math.Abs(g.S-s) > 1e-6*s+noise {
				return errors.Errorf("step %d with S = %v, expected %v", i, g.S, s)
			}
		}
		if g.Accepted != (g.E <= 1) {
			return errors.Errorf("step %d with E = %v: accepted is %v", i, g.E, g.Accepted)
		}
		if !g.Accepted {
			h = control.reject(g.E, h)
			continue
		}
		accepted++
		t += h
		copy(u, step.u1)
		if m.FSAL {
			copy(first, step.k[len(step.k)-1])
		}
		h = control.accept(g.E, h)
	}
	if got.Accepted != accepted || got.Rejected != len(got.Steps)-accepted || got.NFE != evaluations {
		return errors.Errorf("%d accepted, %d rejected, NFE %d, expected %d, %d, %d",
			got.Accepted, got.Rejected, got.NFE, accepted, len(got.Steps)-accepted, evaluations)
	}
	if z := value.Float64s(got.Z); !floats.EqualApprox(z, u, 1e-10*(1+floats.Norm(u, 2))) || math.Abs(t-p.T1) > 1e-12 {
		return errors.Errorf("ends at %v in %v, expected at %v in %v", t, z, p.T1, u)
	}
	return nil
}

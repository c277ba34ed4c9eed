package integrators

import (
	stderrors "errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// root is dy = √(a + bt) dt + 0.1 dW, which is not defined everywhere.
func root(a, b float64) stochastic {
	return stochastic{
		problems.Stochastic{Name: "root", T1: 1, Y0: []float64{0.5}},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.add(e.scale(0, z), e.apply(gorgonia.Sqrt, e.shift(a, e.scale(b, e.do(e.s.Time)))))
		},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.shift(0.1, e.scale(0, z)) },
	}
}

// TestStagesOutsideOfTheSpan: a failure that comes from a stage outside of the time
// span names it, and only such a failure. A method without such stages solves.
func TestStagesOutsideOfTheSpan(t *testing.T) {
	fromStart, toEnd := root(0, 1), root(1, -1)
	wide := *Milstein // with the second diffusion half a step too late
	wide.C1 = []float64{0, 1.5}
	undefinedDiffusion := root(1, -1)
	undefinedDiffusion.f, undefinedDiffusion.g = undefinedDiffusion.g, undefinedDiffusion.f
	pole := stochastic{f: func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.apply(gorgonia.Exp, z) }, g: fromStart.g}
	pole.T1 = 1
	for _, tt := range []struct {
		name   string
		m      *SRI
		p      stochastic
		z0     float64
		set    Settings
		blamed string
		stage  int
	}{
		{"before the start", SOSRI, fromStart, 0.5, Settings{}, "drift", 2},
		{"before the start, fixed steps", SOSRI, fromStart, 0.5, Settings{FixedSteps: 9}, "drift", 2},
		{"after the end", SOSRI, toEnd, 0.5, Settings{}, "drift", 4},
		{"after the end, fixed steps", SOSRI, toEnd, 0.5, Settings{FixedSteps: 9, SaveAt: []float64{0.5}}, "drift", 4},
		{"after the end, diffusion", &wide, undefinedDiffusion, 0.5, Settings{FixedSteps: 9}, "diffusion", 2},
		{"an exponential that overflows at once", SOSRI, pole, 800, Settings{InitialStep: 0.1}, "", 0},
		{"an exponential that overflows in fixed steps", SOSRI, pole, 5, Settings{FixedSteps: 3}, "", 0},
	} {
		o := newSDE(t, tt.m, tt.p, nil, &tt.set)
		_, err := o.Predict(row(tt.z0))
		var f *Failure
		if !stderrors.As(err, &f) || !stderrors.Is(err, ErrNonFinite) {
			t.Errorf("%s: error %v, expected a failure with a state that is not finite", tt.name, err)
			continue
		}
		if tt.blamed == "" {
			if f.Stray != nil {
				t.Errorf("%s: %v is blamed, expected nothing", tt.name, f.Stray)
			}
			continue
		}
		says(t, tt.name, err, "outside of the time span [0, 1]", "SOSRI2", tt.blamed)
		if s := f.Stray; s == nil || s.Field != tt.blamed || s.Stage != tt.stage || s.T >= 0 && s.T <= 1 {
			t.Errorf("%s: %v is blamed, expected stage %d of the %s outside of the span", tt.name, s, tt.stage, tt.blamed)
		}
	}

	// What the advice says: dy has the integral 2/3 and the path.
	noise := &Noise{Seed: 3, Grid: 64}
	w := sampledPath(t, noise, 3, 1, toEnd)[64]
	for _, m := range []*SRI{SOSRI2, SRIW1} {
		for _, p := range []stochastic{fromStart, toEnd} {
			for _, set := range []Settings{{}, {FixedSteps: 64}} {
				got := value.Float64s(predictFrom(t, newSDE(t, m, p, noise, &set), p.start(3)).Z)
				want := []float64{0.5 + 2./3, 0.5 + 2./3, 0.5 + 2./3}
				floats.AddScaled(want, 0.1, w)
				if !floats.EqualApprox(got, want, 1e-3) {
					t.Errorf("%s, %+v: ends in %v, expected %v", m.Name, set, got, want)
				}
			}
		}
	}
}

// TestStagesOfATableOutsideOfTheSpan: the same for a table of one's own for ODEs, in
// either direction of time.
func TestStagesOfATableOutsideOfTheSpan(t *testing.T) {
	table := &Tableau{Name: "wide", Order: 2, C: []float64{0, 1.5}, A: [][]float64{{}, {1.5}}, B: []float64{2. / 3, 1. / 3}}
	for _, span := range [][2]float64{{0, 1}, {1, 0}} {
		end := span[1]
		p := root(end, 1-2*end) // √(1 - t) or √t
		o, err := NewSolver(Equation{Drift: p.f.dynamics, T0: span[0], T1: span[1]}, table, &Settings{FixedSteps: 4})
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Predict(row(1))
		var f *Failure
		if !stderrors.As(err, &f) || f.Stray == nil || math.Abs(f.Stray.T-(end+(end-0.5)/4)) > 1e-12 {
			t.Errorf("span %v: error %v, expected one about a stage an eighth of a step after the end", span, err)
			continue
		}
		says(t, "table", err, "stage 2 takes the dynamics")
	}
}

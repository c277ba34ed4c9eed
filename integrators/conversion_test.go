package integrators

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// other returns the sense that c is not.
func other(c Calculus) Calculus { return Stratonovich - c }

// TestDriftCorrection compares drifts in the two senses with closed forms.
func TestDriftCorrection(t *testing.T) {
	// Entry i of a diffusion that is not componentwise: ∂(z₁z₂)/∂z₁ = z₂ and
	// ∂(z₁²)/∂z₂ = 0.
	dense := func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		a := e.column(z, 0)
		return e.pair(e.mul(a, e.column(z, 1)), e.mul(a, a))
	}
	for _, tt := range []struct {
		name string
		q    noisyEquation
		want []float64 // c at (1, 0.5) and t = 0.3
	}{
		{"general", generalNoise, []float64{0.083, 0.02917058030384207}},
		{"scalar", noisyEquation{form: Scalar, g: linearField([][]float64{{1, 2}, {3, 0}})}, []float64{0.5 * (1*2.5 + 3*2), 0.5 * 2 * 2.5}},
		{"componentwise", noisyEquation{form: Commutative, g: scaled(0.6)}, []float64{0.18, 0.09}},
		{"diagonal", noisyEquation{g: dense}, []float64{0.5 * 0.5 * 0.5, 0}},
		{"additive", additiveNoise, []float64{0, 0}},
	} {
		tt.q.f = goldenDrift
		for _, from := range []Calculus{Ito, Stratonovich} {
			e := tt.q.equation(from, 0, 1, nil)
			drift := valueOf(t, e.Drift, row(1, 0.5), 0.3)
			if same := e.In(from); same.Calculus != from || !floats.Equal(valueOf(t, same.Drift, row(1, 0.5), 0.3), drift) {
				t.Errorf("%s: in its own sense the drift is another one", tt.name)
			}
			converted := e.In(other(from))
			difference := valueOf(t, converted.Drift, row(1, 0.5), 0.3)
			floats.Sub(difference, drift)
			if from == Ito {
				floats.Scale(-1, difference)
			}
			if converted.Calculus != other(from) || !floats.EqualApprox(difference, tt.want, 1e-14) {
				t.Errorf("%s, from %v: drifts differ by %v, expected %v", tt.name, from, difference, tt.want)
			}
			back := converted.In(from)
			if z := valueOf(t, back.Drift, row(1, 0.5), 0.3); !floats.EqualApprox(z, drift, 1e-15) {
				t.Errorf("%s: there and back the drift is %v, expected %v", tt.name, z, drift)
			}
		}
	}
}

// TestConvertedSolutions: an equation solved in the other sense has the same solution on
// every path if its noise commutes, and the same moments if it does not.
func TestConvertedSolutions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	solve := func(p noisyProblem, from Calculus, m Method, paths, steps int, noise *Noise) []float64 {
		var z0 []float64
		for range paths {
			z0 = append(z0, p.y0...)
		}
		set := &Settings{FixedSteps: steps}
		o, err := NewSolver(p.in(from).equation(from, 0, 1, noise).In(m.traits().calculus), m, set)
		if err != nil {
			t.Fatal(err)
		}
		return value.Float64s(predictFrom(t, o, rows(paths, z0...)).Z)
	}
	noise := &Noise{Seed: 4, Grid: 512}
	for _, p := range []noisyProblem{geometric, cubicNoise, commutativePair} {
		exact := p.ends(t, 50, 512, noise)
		for _, from := range []Calculus{Ito, Stratonovich} {
			z := solve(p, from, StratonovichMilstein, 50, 512, noise)
			if d := floats.Distance(z, exact, 1) / float64(len(z)); d > 2e-3 {
				t.Errorf("%v noise from %v: solutions differ by %v on average", p.form, from, d)
			}
		}
	}
	for _, p := range []noisyProblem{geometric, cubicNoise} {
		z := solve(p, Stratonovich, SOSRI, 50, 512, noise)
		if d := floats.Distance(z, p.ends(t, 50, 512, noise), math.Inf(1)); d > 1e-3 {
			t.Errorf("%v noise: SOSRI differs by %v from the solution in the sense of Stratonovich", p.form, d)
		}
	}

	// Two senses, two seeds: means of entries and of their squares.
	const paths = 4000
	a := solve(rotations, Stratonovich, EulerMaruyama, paths, 128, &Noise{Seed: 5, Grid: -1})
	b := solve(rotations, Stratonovich, SPaRK, paths, 32, &Noise{Seed: 6, Grid: -1})
	for i := range 3 {
		for _, power := range []float64{1, 2} {
			moment := func(z []float64) (mean, variance float64) {
				var x []float64
				for r := i; r < len(z); r += 3 {
					x = append(x, math.Pow(z[r], power))
				}
				return stat.MeanVariance(x, nil)
			}
			ma, va := moment(a)
			mb, vb := moment(b)
			if z := (ma - mb) / math.Sqrt((va+vb)/paths); math.Abs(z) > alarm {
				t.Errorf("moment %v of entry %d is %v and %v in the two senses, %.1f standard errors apart", power, i, ma, mb, z)
			}
		}
	}
}

// TestConvertedGradients: the solution of a converted equation is differentiated, through
// the correction of its drift.
func TestConvertedGradients(t *testing.T) {
	for _, tt := range []struct {
		form      NoiseForm
		processes int
		m         Method
	}{{Diagonal, 0, SOSRI}, {Commutative, 0, SOSRI}, {General, 2, EulerMaruyama}, {Scalar, 0, SOSRI}} {
		build := func(set *Settings) (*Solver, *graph.Params) {
			p := graph.NewParams(tensor.Float64)
			e := Equation{Drift: netDynamics(t, p, 2, 3), Params: p, T1: 1, Noise: &Noise{Seed: 2}, Form: tt.form, Processes: tt.processes, Calculus: Stratonovich}
			e.Diffusion = netMatrix(t, p, 2, e.diffusionColumns(2))
			s, err := NewSolver(e.In(Ito), tt.m, set)
			if err != nil {
				t.Fatal(err)
			}
			return s, p
		}
		t.Run(tt.form.String(), func(t *testing.T) { checkSDEGradients(t, tt.m, Settings{FixedSteps: 2}, build) })
	}
}

// TestConversionErrors: what cannot be differentiated is named.
func TestConversionErrors(t *testing.T) {
	q := noisyEquation{General, 2, goldenDrift, wide(3)}
	o, err := NewSolver(q.equation(Ito, 0, 1, nil).In(Stratonovich), SPaRK, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Predict(row(1, 1)); err == nil || !strings.Contains(err.Error(), "drift in the sense of Stratonovich") || !strings.Contains(err.Error(), "(1, 4)") {
		t.Errorf("error %v, expected one that names the drift and the shape", err)
	}
}

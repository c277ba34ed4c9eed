package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"

	"github.com/regnde/regnde/integrators/problems"
)

// TestTsit5Step compares one step with an independent implementation.
func TestTsit5Step(t *testing.T) {
	p := problems.Spiral()
	step := newPlainStep(Tsit5, p)
	const h, tol = 0.01, 1e-6
	step.take(0, h, p.Y0, nil)

	at := make([]float64, 2)
	combine(at, p.Y0, h, Tsit5.DenseWeights(0.3, nil), step.k)
	for _, tt := range []struct {
		what      string
		got, want []float64
		tol       float64
	}{
		{"u1", step.u1, []float64{1.99202754260837, 0.15904438322874115}, 1e-14},
		{"error estimate", step.error, []float64{-2.6471702720479163e-10, -8.988773181617394e-09}, 1e-15},
		{"last stage", step.k[6], []float64{-0.7985172286970271, 15.809020425453514}, 1e-13},
		{"dense output at 0.3", at, []float64{1.9976041496548649, 0.0479137559908124}, 1e-14},
	} {
		if !floats.EqualApprox(tt.got, tt.want, tt.tol) {
			t.Errorf("%s is %v, expected %v", tt.what, tt.got, tt.want)
		}
	}
	if e, want := scaledError(step.error, p.Y0, step.u1, tol), 0.005484202297161722; !scalar.EqualWithinRel(e, want, 1e-8) {
		t.Errorf("E = %v, expected %v", e, want)
	}
	if s, _ := step.stiffness(); !scalar.EqualWithinRel(s, 9.54116222484106, 1e-9) {
		t.Errorf("S = %v, expected 9.54116222484106", s)
	}
}

// TestTsit5Runs compares adaptive solves with two independent implementations of
// the algorithm of OrdinaryDiffEq.jl, down to the number of evaluations.
func TestTsit5Runs(t *testing.T) {
	for _, tt := range []struct {
		name                            string
		problem                         problems.Problem
		tol                             float64
		evaluations, accepted, rejected int
		errorTimesStep                  float64
		maxStiffness, meanStiffness     float64
		steps, errors                   []float64
		end                             []float64
	}{
		{
			name:           "spiral",
			problem:        problems.Spiral(),
			tol:            1.4e-08,
			evaluations:    801,
			accepted:       133,
			rejected:       0,
			errorTimesStep: 0.24353176241850136,
			maxStiffness:   23.09925988509135,
			meanStiffness:  9.456624221402706,
			steps:          []float64{0.006348490702687512, 0.004244304376401782, 0.006196491989107891, 0.005966439422583095, 0.006917764748707872},
			errors:         []float64{0.04329869711325905, 0.005249898287292123, 0.030743385936397482, 0.02239166408034788},
			end:            []float64{1.291991569276216, 0.9725860511977006},
		},
		{
			name:           "shorter spiral",
			problem:        until(1, problems.Spiral()),
			tol:            1.4e-08,
			evaluations:    603,
			accepted:       100,
			rejected:       0,
			errorTimesStep: 0.15425388185206124,
			maxStiffness:   23.09925988509135,
			meanStiffness:  10.252828028873484,
			steps:          []float64{0.006348490702687512, 0.004244304376401782, 0.006196491989107891, 0.005966439422583095, 0.006917764748707872},
			errors:         []float64{0.04329869711325905, 0.005249898287292123, 0.030743385936397482, 0.02239166408034788},
			end:            []float64{0.7092617262270953, -1.5041084570596048},
		},
		{
			name:           "decay",
			problem:        problems.Decay(1),
			tol:            1e-06,
			evaluations:    57,
			accepted:       9,
			rejected:       0,
			errorTimesStep: 0.011907557554569846,
			maxStiffness:   1.0,
			meanStiffness:  1.0,
			steps:          []float64{0.02885399811814427, 0.07008458172813956, 0.091457272214688, 0.11029728974433826, 0.1302525732996083},
			errors:         []float64{4.309943643876167e-06, 0.00036455453755603794, 0.00134093128333905, 0.0032795264954932563},
			end:            []float64{0.3678794436149918},
		},
		{
			name:           "van der Pol",
			problem:        problems.VanDerPol(5),
			tol:            1e-05,
			evaluations:    531,
			accepted:       82,
			rejected:       6,
			errorTimesStep: 1.3939698280658026,
			maxStiffness:   37.70922217200179,
			meanStiffness:  11.29093710002192,
			steps:          []float64{0.021610126407382753, 0.016656234644669612, 0.02431670566782725, 0.024629949116110113, 0.02980732655058893},
			errors:         []float64{0.01567343504654334, 0.0029380234831014613, 0.015368435925077873, 0.011094187872302862},
			end:            []float64{-1.1586941175785976, 0.43047728691672377},
		},
		{
			name:           "pulse",
			problem:        problems.Pulse(),
			tol:            1e-06,
			evaluations:    207,
			accepted:       26,
			rejected:       8,
			errorTimesStep: 0.022575169443706487,
			maxStiffness:   1.0000000000027407,
			meanStiffness:  0.9999999999999957,
			steps:          []float64{0.02885399811814427, 0.07008458172813956, 0.091457272214688, 0.11029728974433826, 0.1302525732996083},
			errors:         []float64{4.309943643876167e-06, 0.00036455453755603794, 0.00134093128333905, 0.0032795264954932563},
			end:            []float64{0.47538714076395394},
		},
		{
			name:           "stiff cosine",
			problem:        problems.StiffCosine(50),
			tol:            0.0001,
			evaluations:    267,
			accepted:       44,
			rejected:       0,
			errorTimesStep: 0.16491166251778155,
			maxStiffness:   50.00000000226461,
			meanStiffness:  50.00000000005023,
			steps:          []float64{9.999999999999999e-05, 0.0009999999999999998, 0.0028784066935101417, 0.004025134460651218, 0.004908943874960475},
			errors:         []float64{1.3281194037453733e-11, 1.2817054748369106e-06, 0.00022245634887249757, 0.0009334756597651501},
			end:            []float64{0.0906446700544819},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := plainSolve(Tsit5, tt.problem, tt.tol, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.evaluations != tt.evaluations || got.accepted != tt.accepted || got.rejected != tt.rejected {
				t.Errorf("%d evaluations, %d accepted, %d rejected, expected %d, %d, %d",
					got.evaluations, got.accepted, got.rejected, tt.evaluations, tt.accepted, tt.rejected)
			}
			if !floats.EqualApprox(got.end, tt.end, 1e-9) {
				t.Errorf("ends at %v, expected %v", got.end, tt.end)
			}
			if !scalar.EqualWithinRel(got.errorTimesStep, tt.errorTimesStep, 1e-4) {
				t.Errorf("Σ E|h| = %v, expected %v", got.errorTimesStep, tt.errorTimesStep)
			}
			if !scalar.EqualWithinRel(got.maxStiffness, tt.maxStiffness, 1e-6) || !scalar.EqualWithinRel(got.meanStiffness, tt.meanStiffness, 1e-6) {
				t.Errorf("S at most %v, on average %v, expected %v, %v", got.maxStiffness, got.meanStiffness, tt.maxStiffness, tt.meanStiffness)
			}
			for i, want := range tt.steps {
				if !scalar.EqualWithinRel(got.attempts[i].H, want, 1e-6) {
					t.Errorf("step %d of size %v, expected %v", i, got.attempts[i].H, want)
				}
			}
			for i, want := range tt.errors {
				if !scalar.EqualWithinRel(got.attempts[i].E, want, 1e-4) {
					t.Errorf("step %d has E = %v, expected %v", i, got.attempts[i].E, want)
				}
			}
		})
	}
}

// TestEvaluationsAreAccounted: an FSAL method evaluates the field once at the
// start, any method twice for its first step, then EvaluationsPerStep times an
// attempt.
func TestEvaluationsAreAccounted(t *testing.T) {
	for _, m := range methods {
		if !m.Adaptive() {
			continue
		}
		run, err := plainSolve(m, problems.Pulse(), 1e-4, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := 2 + m.EvaluationsPerStep()*(run.accepted+run.rejected)
		if m.FSAL {
			want++
		}
		if run.evaluations != want || run.rejected == 0 {
			t.Errorf("%s: %d evaluations with %d accepted and %d rejected steps, expected %d and some rejected",
				m.Name, run.evaluations, run.accepted, run.rejected, want)
		}
	}
}

// TestTolerance solves every problem with every adaptive method and each kind of
// control and asks for an error proportional to the tolerance.
func TestTolerance(t *testing.T) {
	for _, m := range methods {
		if !m.Adaptive() {
			continue
		}
		tol := 1e-9
		if m.Order < 5 {
			tol = 1e-5
		}
		for _, p := range problems.All() {
			for kind := PIControl; kind <= PredictiveControl; kind++ {
				run, err := plainSolve(m, p, tol, &Controller{Kind: kind})
				if err != nil {
					t.Fatal(err)
				}
				if d := floats.Distance(run.end, solutionAtEnd(p), math.Inf(1)); !(d <= 1000*tol) {
					t.Errorf("%s, %v control: error %v in %s, expected at most %v", m.Name, kind, d, p.Name, 1000*tol)
				}
			}
		}
	}
}

// TestBackwards integrates to the end and back to the start.
func TestBackwards(t *testing.T) {
	for _, m := range []*Tableau{Tsit5, DP5, Vern7, Dopri8} {
		p := problems.LotkaVolterra()
		p.T0, p.T1, p.Y0, p.End = p.T1, p.T0, p.End, p.Y0
		run, err := plainSolve(m, p, 1e-9, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !floats.EqualApprox(run.end, p.End, 1e-6) {
			t.Errorf("%s: back at %v, expected %v", m.Name, run.end, p.End)
		}
		for _, a := range run.attempts {
			if a.H >= 0 {
				t.Fatalf("%s: step %v, expected a negative one", m.Name, a.H)
			}
		}
	}
}

// TestStiffnessOfLinearField: for y' = -λy, Eq. 8 gives λ exactly.
func TestStiffnessOfLinearField(t *testing.T) {
	for _, m := range methods {
		if !m.EstimatesStiffness() {
			continue
		}
		p := problems.Decay(7)
		step := newPlainStep(m, p)
		step.take(0, 0.1, p.Y0, nil)
		if s, _ := step.stiffness(); !scalar.EqualWithinRel(s, 7, 1e-7) {
			t.Errorf("%s: S = %v, expected 7", m.Name, s)
		}
	}
}

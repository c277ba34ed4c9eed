package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// The runs of Tsit5 of the reference implementation.
var goldenGraphRuns = []struct {
	name                string
	f                   vectorField
	z0                  []float64
	t1, tol             float64
	nfe, acc, rej       int
	sumError, stiffness float64
	end                 []float64
}{
	{"spiral15", fields["spiral"], []float64{2, 0}, 1.5, 1.4e-8, 801, 133, 0, 0.24353176241850136, 23.09925988509135, []float64{1.291991569276216, 0.9725860511977006}},
	{"spiral10", fields["spiral"], []float64{2, 0}, 1, 1.4e-8, 603, 100, 0, 0.15425388185206124, 23.09925988509135, []float64{0.7092617262270953, -1.5041084570596048}},
	{"decay", fields["decay"], []float64{1}, 1, 1e-6, 57, 9, 0, 0.011907557554569846, 1.0, []float64{0.3678794436149918}},
	{"vdp5", fields["van der pol"], []float64{2, 0}, 10, 1e-5, 531, 82, 6, 1.3939698280658026, 37.70922217200179, []float64{-1.1586941175785976, 0.43047728691672377}},
	{"pulse", fields["pulse"], []float64{1}, 1, 1e-6, 207, 26, 8, 0.022575169443706487, 1.0000000000027407, []float64{0.47538714076395394}},
	{"stiff50", fields["stiff cosine"], []float64{0}, 1.5, 1e-4, 267, 44, 0, 0.16491166251778155, 50.00000000226461, []float64{0.0906446700544819}},
}

func TestGraphReproducesGoldenRuns(t *testing.T) {
	for _, g := range goldenGraphRuns {
		o, err := NewSolver(Equation{Drift: g.f.dynamics, T1: g.t1}, Tsit5, &Settings{AbsTol: g.tol, RelTol: g.tol, Record: true})
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		sol, err := o.Predict(row(g.z0...))
		if err != nil {
			t.Fatalf("%s: %v", g.name, err)
		}
		if sol.NFE != g.nfe || sol.Accepted != g.acc || sol.Rejected != g.rej {
			t.Errorf("%s: NFE %d, accepted %d, rejected %d, want %d, %d, %d", g.name, sol.NFE, sol.Accepted, sol.Rejected, g.nfe, g.acc, g.rej)
		}
		sum := 0.0
		for _, s := range sol.Steps {
			if s.Accepted {
				sum += s.E * math.Abs(s.H)
			}
		}
		tol := 1e-7
		if g.name == "pulse" {
			tol = 1e-3 // steps across the narrow pulse amplify rounding
		}
		if math.Abs(sum-g.sumError) > tol*g.sumError {
			t.Errorf("%s: ΣE|h| = %v, want %v", g.name, sum, g.sumError)
		}
		if math.Abs(sol.MaxStiffness-g.stiffness) > 1e-7*g.stiffness {
			t.Errorf("%s: largest stiffness %v, want %v", g.name, sol.MaxStiffness, g.stiffness)
		}
		for i, z := range value.Float64s(sol.Z) {
			if math.Abs(z-g.end[i]) > 1e-9*(1+math.Abs(z)) {
				t.Errorf("%s: z[%d](t1) = %v, want %v", g.name, i, z, g.end[i])
			}
		}
	}
}

// TestNFE: an FSAL method evaluates its first stage once, the choice of the
// first step costs two, and every attempt the stages of the method. Dense output
// evaluates its stages in the steps that serve save times.
func TestNFE(t *testing.T) {
	for _, tt := range []struct {
		method                  *Tableau
		once, perAttempt, dense int
	}{
		{Tsit5, 1, 6, 0}, {DP5, 1, 6, 0}, {BS3, 1, 3, 0}, {HeunEuler, 1, 2, 0},
		{Vern7, 0, 10, 7}, {Dopri8, 1, 13, 4}, {Euler, 0, 1, 1}, {Midpoint, 0, 2, 1}, {RK4, 0, 4, 1},
	} {
		p := until(3, problems.VanDerPol(5))
		for _, set := range []Settings{
			{},
			{InitialStep: 2}, // too long
			{FixedSteps: 60},
			{FixedSteps: 60, SaveAt: []float64{0.1, 0.5}},
			{SaveAt: []float64{0.1, 0.5}},
		} {
			if set.FixedSteps == 0 && !tt.method.Adaptive() {
				continue
			}
			set.Record = true
			sol := predict(t, tt.method, p, &set)
			want := tt.once
			if set.FixedSteps == 0 && set.InitialStep == 0 {
				want += 2
			}
			want += tt.perAttempt * (sol.Accepted + sol.Rejected)
			for _, s := range sol.Steps {
				if serves := slices.ContainsFunc(set.SaveAt, func(at float64) bool { return s.T < at && at < s.T+s.H }); s.Accepted && serves {
					want += tt.dense
				}
			}
			if sol.NFE != want {
				t.Errorf("%s, %+v: NFE %d with %d accepted and %d rejected steps, expected %d", tt.method.Name, set,
					sol.NFE, sol.Accepted, sol.Rejected, want)
			}
			if set.InitialStep > 0 && sol.Rejected == 0 {
				t.Errorf("%s: no rejected step in the count", tt.method.Name)
			}
		}
	}
}

// TestStepSettings: what the settings say of steps holds for each of them.
func TestStepSettings(t *testing.T) {
	p := problems.LotkaVolterra()
	for _, q := range []problems.Problem{p, backwards(p)} {
		dir := math.Copysign(1, q.T1-q.T0)
		const rounding = 1e-14 // of the times between which a step goes
		for _, tt := range []struct {
			name  string
			set   Settings
			holds func(i int, s Step) bool
		}{
			{"the first step is as given", Settings{InitialStep: 0.0123},
				func(i int, s Step) bool { return i > 0 || math.Abs(s.H-dir*0.0123) < rounding }},
			{"no step is longer than MaxStep", Settings{MaxStep: 0.05},
				func(_ int, s Step) bool { return math.Abs(s.H) <= 0.05+rounding }},
			{"not even the first", Settings{MaxStep: 0.01, InitialStep: 1},
				func(i int, s Step) bool { return math.Abs(s.H) <= 0.01+rounding }},
			{"no step is shorter than MinStep", Settings{MinStep: 0.02, AbsTol: 1e-4, RelTol: 1e-4},
				func(_ int, s Step) bool { return math.Abs(s.H) >= 0.02-rounding || s.T+s.H == q.T1 }},
			{"fixed steps are equal and accepted", Settings{FixedSteps: 300, AbsTol: 1e-14, RelTol: 1e-14},
				func(i int, s Step) bool {
					return s.Accepted && s.T == q.T0+float64(i)*((q.T1-q.T0)/300) && math.Abs(s.H-(q.T1-q.T0)/300) < 1e-13
				}},
		} {
			tt.set.Record = true
			sol := predict(t, Tsit5, q, &tt.set)
			if len(sol.Steps) != sol.Accepted+sol.Rejected {
				t.Errorf("%s: %d steps on record, %d accepted and %d rejected", tt.name, len(sol.Steps), sol.Accepted, sol.Rejected)
			}
			if d := floats.Distance(value.Float64s(sol.Z), q.End, 2); d > 0.1 {
				t.Errorf("%s: error %v", tt.name, d)
			}
			for i, s := range sol.Steps {
				if !tt.holds(i, s) || s.H*dir <= 0 {
					t.Errorf("%s: step %d is %+v", tt.name, i, s)
					break
				}
			}
		}
	}
}

// TestRecordIsOfOneSolve: the record is off unless asked for, and belongs to
// whoever got it.
func TestRecordIsOfOneSolve(t *testing.T) {
	p := problems.Decay(1)
	if sol := predict(t, Tsit5, p, nil); sol.Steps != nil {
		t.Errorf("%d steps on record, expected none", len(sol.Steps))
	}
	o := newODE(t, Tsit5, p, &Settings{Record: true})
	first, err := o.Predict(row(1))
	if err != nil {
		t.Fatal(err)
	}
	kept := slices.Clone(first.Steps)
	if _, err := o.Predict(row(5)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Steps, kept) {
		t.Error("the next solve overwrites the record of the last")
	}
	if s := o.Last(); s.Accepted != len(s.Steps) {
		t.Errorf("last solve with %d accepted steps, %d on record", s.Accepted, len(s.Steps))
	}
}

// TestSolveTwice: the same solve gives the same bits, whatever came between.
func TestSolveTwice(t *testing.T) {
	p := problems.VanDerPol(5)
	o := newODE(t, Tsit5, p, nil)
	solve := func() []float64 {
		sol, err := o.Predict(row(p.Y0...))
		if err != nil {
			t.Fatal(err)
		}
		return value.Float64s(sol.Z)
	}
	first := solve()
	if _, err := o.Predict(row(0.1, -3)); err != nil {
		t.Fatal(err)
	}
	wide := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float64{1, 2, 3, 4, -1, -2, -3, -4}))
	if _, err := newODE(t, Tsit5, problems.Decay(1), nil).Predict(wide); err != nil {
		t.Fatal(err)
	}
	if again := solve(); !slices.Equal(first, again) {
		t.Errorf("%v the first time, %v the second", first, again)
	}
}

// TestSolutionsChain: a solution may be the initial state of the next solve.
func TestSolutionsChain(t *testing.T) {
	p := problems.Decay(1)
	o := newODE(t, Tsit5, p, &Settings{AbsTol: 1e-9, RelTol: 1e-9})
	z := gorgonia.Value(row(1))
	for range 3 {
		sol, err := o.Predict(z)
		if err != nil {
			t.Fatal(err)
		}
		z = sol.Z
	}
	if got, want := value.Scalar(z), math.Exp(-3); math.Abs(got-want) > 1e-8 {
		t.Errorf("z(3) = %v, expected %v", got, want)
	}
}

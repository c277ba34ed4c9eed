package integrators

import (
	stderrors "errors"
	"math"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// says fails unless the error mentions every part.
func says(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error %q does not mention %q", what, err, part)
		}
	}
}

// TestBadSDESettings: each is refused when the solver is made, by name and value.
func TestBadSDESettings(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		name   string
		m      *SRI
		t0, t1 float64
		set    Settings
		says   []string
	}{
		{"negative absolute tolerance", SOSRI, 0, 1, Settings{AbsTol: -1e-3}, []string{"SOSRI", "absolute tolerance", "-0.001"}},
		{"NaN absolute tolerance", SOSRI, 0, 1, Settings{AbsTol: nan}, []string{"absolute tolerance", "NaN"}},
		{"negative relative tolerance", SRIW1, 0, 1, Settings{RelTol: -1}, []string{"SRIW1", "relative tolerance", "-1"}},
		{"infinite relative tolerance", SRIW1, 0, 1, Settings{RelTol: inf}, []string{"relative tolerance", "Inf"}},
		{"negative first step", SOSRI, 0, 1, Settings{InitialStep: -1}, []string{"initial step", "-1"}},
		{"controller", SOSRI, 0, 1, Settings{Controller: &Controller{Safety: 2}}, []string{"safety factor 2"}},
		{"no error control", Milstein, 0, 1, Settings{}, []string{"Milstein", "FixedSteps"}},
		{"no error control", EulerMaruyama, 0, 1, Settings{AbsTol: 0.1}, []string{"EulerMaruyama", "FixedSteps"}},
		{"error of a method without", Milstein, 0, 1, Settings{FixedSteps: 3, Regularizers: []Regularizer{{Term: Error}}}, []string{"Milstein", "error estimate"}},
		{"squared error of a method without", EulerMaruyama, 0, 1, Settings{FixedSteps: 3, Regularizers: []Regularizer{{Term: ErrorSquared, Aggregation: Max}}}, []string{"EulerMaruyama", "error estimate"}},
		{"stiffness of a method without", SOSRI, 0, 1, Settings{Regularizers: []Regularizer{{Term: Stiffness, Aggregation: Mean}}}, []string{"SOSRI", "stiffness estimate"}},
		{"stiffness of a method without", SRIW1, 0, 1, Settings{Regularizers: []Regularizer{{Term: Stiffness, Aggregation: Max}}}, []string{"SRIW1", "stiffness estimate"}},
		{"a span that runs backwards", SOSRI, 1, 0, Settings{}, []string{"time span [1, 0]", "stochastic", "forwards"}},
		{"NaN end", SOSRI, 0, nan, Settings{}, []string{"time span", "NaN"}},
		{"save time before the start", SOSRI, 0, 1, Settings{SaveAt: []float64{-0.1}}, []string{"save time 0 is -0.1"}},
		{"save time after the end", SOSRI, 0, 1, Settings{SaveAt: []float64{0.1, 1.1}}, []string{"save time 1 is 1.1"}},
		{"save times out of order", SOSRI, 0, 1, Settings{SaveAt: []float64{0.5, 0.4}}, []string{"save time 1 is 0.4"}},
		{"no method", nil, 0, 1, Settings{}, []string{"without a method"}},
		{"broken method", &SRI{Name: "none"}, 0, 1, Settings{}, []string{"none", "no stages"}},
	} {
		p := geometricBrownian(0.5, 0.7)
		o, err := NewSolver(Equation{Drift: p.f.dynamics, Diffusion: p.g.dynamics, T0: tt.t0, T1: tt.t1}, tt.m, &tt.set)
		if o != nil {
			t.Errorf("%s: a solver", tt.name)
		}
		says(t, tt.name, err, tt.says...)
	}
	if _, err := NewSolver(Equation{Drift: nil, Diffusion: decay, T1: 1}, SOSRI, nil); err == nil {
		t.Error("no drift: no error")
	}
	if _, err := NewSolver(Equation{Drift: decay, T1: 1}, SOSRI, nil); err == nil {
		t.Error("no diffusion: no error")
	}

	// The span cannot be turned round later, and stays as it was.
	o := newSDE(t, SOSRI, geometricBrownian(0.5, 0.7), nil, &Settings{FixedSteps: 2, SaveAt: []float64{0.5}})
	says(t, "turned round", o.SetSpan(1, 0), "time span [1, 0]", "forwards")
	says(t, "a span that leaves a save time out", o.SetSpan(0, 0.4), "save time 0 is 0.5")
	says(t, "a save time too many", o.SetSaveAt([]float64{0.1, 0.2}), "2 save times, expected 1")
	predictFrom(t, o, row(1))
}

// TestZeroTolerance: a tolerance of zero means the default, so that no two can be
// zero together.
func TestZeroTolerance(t *testing.T) {
	for _, set := range []*Settings{nil, {}, {AbsTol: 0, RelTol: 0.01}} {
		if o := newSDE(t, SOSRI, geometricBrownian(0.5, 0.7), nil, set); o.settings.AbsTol != 0.01 || o.settings.RelTol != 0.01 {
			t.Errorf("%+v: tolerances %v and %v, expected 0.01", set, o.settings.AbsTol, o.settings.RelTol)
		}
	}
}

// TestBadNoise: each comes out of the solve, by name and value, however it is run.
func TestBadNoise(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	four := []float64{1, 2, 3, 4}
	for _, tt := range []struct {
		name  string
		noise Noise
		says  []string
	}{
		{"NaN in W", Noise{Path: []Increment{{Length: 0.5, DW: []float64{1, 2, nan, 4}}}}, []string{"increment 0", "DW = NaN", "row 1, column 0"}},
		{"infinity in Z", Noise{Path: []Increment{{Length: 0.5, DW: four}, {Length: 0.5, DW: four, DZ: []float64{1, -inf, 3, 4}}}}, []string{"increment 1", "DZ = -Inf", "row 0, column 1"}},
		{"short W", Noise{Path: []Increment{{Length: 0.5, DW: four[:3]}}}, []string{"3 entries of DW", "expected 4", "(2, 2)"}},
		{"long Z", Noise{Path: []Increment{{Length: 0.5, DW: four, DZ: make([]float64, 5)}}}, []string{"5 entries of DZ", "expected 4"}},
		{"no length", Noise{Path: []Increment{{DW: four}}}, []string{"increment 0", "length 0"}},
		{"NaN length", Noise{Path: []Increment{{Length: nan, DW: four}}}, []string{"length NaN"}},
		{"too few keys", Noise{Keys: []uint64{1}}, []string{"1 keys, expected 2"}},
		{"too many keys", Noise{Keys: []uint64{1, 2, 3}}, []string{"3 keys, expected 2"}},
		{"no keys, but a list", Noise{Keys: []uint64{}}, []string{"0 keys, expected 2"}},
	} {
		for _, m := range []*SRI{SOSRI, EulerMaruyama} {
			o, p := netSDE(t, m, 2, 3, &tt.noise, &Settings{FixedSteps: 2})
			z0 := rows(2, 1, 2, 3, 4)
			parts := append([]string{m.Name}, tt.says...)
			_, err := o.Predict(z0)
			says(t, tt.name+", predict", err, parts...)
			_, err = objectiveOf(t, p, o.Unroll).Evaluate(z0)
			says(t, tt.name+", objective", err, parts...)

			// The solver works on when the noise is set right.
			o.noise = Noise{}
			predictFrom(t, o, z0)
		}
	}
}

// TestBadFields: errors of drift and diffusion come out of the solve that first
// compiles them, and say which it was.
func TestBadFields(t *testing.T) {
	z := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(3, 2))
	for _, tt := range []struct {
		name string
		f    Dynamics
		says []string
	}{
		{"another shape", func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Concat(1, z, z) }, []string{"(3, 2)", "(3, 4)"}},
		{"a vector", func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(z, 1) }, []string{"(3, 2)", "(3)"}},
		{"another element type", func(s *graph.Scope, _ *gorgonia.Node) (*gorgonia.Node, error) {
			return s.Data(value.New(tensor.Float32, 3, 2))
		}, []string{"float64", "float32"}},
		{"nothing", func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, nil }, []string{"to nothing"}},
		{"an error", func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { return nil, errors.New("no such layer") }, []string{"no such layer"}},
	} {
		for _, which := range []string{"drift", "diffusion"} {
			fields := map[string]Dynamics{"drift": decay, "diffusion": decay}
			fields[which] = tt.f
			o, err := NewSolver(Equation{Drift: fields["drift"], Diffusion: fields["diffusion"], T1: 1}, SOSRI, nil)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time as the first
				_, err := o.Predict(z)
				says(t, tt.name+" of the "+which, err, append([]string{"SOSRI", which}, tt.says...)...)
			}
		}
	}
	o := newSDE(t, SOSRI, geometricBrownian(1, 1), nil, nil)
	for _, z0 := range []gorgonia.Value{nil, tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(3)), tensor.New(tensor.Of(tensor.Int), tensor.WithShape(3, 2))} {
		if _, err := o.Predict(z0); err == nil {
			t.Errorf("initial state %v: no error", z0)
		}
	}
	panics := func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error) { panic("no such layer") }
	o, err := NewSolver(Equation{Drift: decay, Diffusion: panics, T1: 1}, SOSRI, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Predict(z)
	says(t, "a panic", err, "SOSRI", "no such layer")
}

// TestSDEFailures: a solve that cannot reach its end says why and how far it came,
// whichever way it is run, and the next one is as if nothing had been.
func TestSDEFailures(t *testing.T) {
	grows := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Exp(z) }
	quiet := scaled(0.01).dynamics
	for _, tt := range []struct {
		name    string
		f, g    Dynamics
		m       *SRI
		z0      float64
		set     Settings
		reasons []error
		within  [2]float64 // of the time reached
	}{
		{"past a pole", square, quiet, SOSRI, 1, Settings{AbsTol: 0.3, RelTol: 0.3}, []error{ErrStepUnderflow, ErrNonFinite}, [2]float64{0.8, 1.2}},
		{"past a pole in fixed steps", grows, quiet, EulerMaruyama, 1, Settings{FixedSteps: 50}, []error{ErrNonFinite}, [2]float64{0.2, 2}},
		{"drift that overflows at once", grows, quiet, SRIW1, 800, Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"diffusion that overflows at once", decay, grows, SRIW1, 800, Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"diffusion that is not defined", decay, undefined, SOSRI2, 2, Settings{InitialStep: 0.1}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"initial state NaN", decay, quiet, SOSRI, math.NaN(), Settings{}, []error{ErrNonFinite}, [2]float64{0, 0}},
		{"too many steps", decay, quiet, SOSRI, 1, Settings{MaxSteps: 5}, []error{ErrMaxSteps}, [2]float64{1e-6, 1.9}},
		{"smallest step too long", decay, quiet, SOSRI, 1, Settings{AbsTol: 1e-3, RelTol: 1e-3, MinStep: 0.1}, []error{ErrStepUnderflow}, [2]float64{0, 1.9}},
	} {
		p := graph.NewParams(tensor.Float64)
		param(t, p, "unused", []float64{1}, 1, 1)
		o, err := NewSolver(Equation{Drift: tt.f, Diffusion: tt.g, Params: p, T1: 2}, tt.m, &tt.set)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		check := func(way string, err error) {
			t.Helper()
			var f *Failure
			known := false
			for _, r := range tt.reasons {
				known = known || stderrors.Is(err, r)
			}
			if !known || !stderrors.As(err, &f) {
				t.Errorf("%s, %s: error %v, expected %v", tt.name, way, err, tt.reasons)
				return
			}
			if !(f.T >= tt.within[0] && f.T <= tt.within[1]) {
				t.Errorf("%s, %s: failed at t = %v, expected in %v", tt.name, way, f.T, tt.within)
			}
			if last := o.Last().Stats; f.Stats != last {
				t.Errorf("%s, %s: statistics %+v, those of the last solve %+v", tt.name, way, f.Stats, last)
			}
			says(t, tt.name+", "+way, err, tt.m.Name, f.Reason.Error(), "t = ", "h = ", "E = ", "evaluations")
		}
		z0 := row(tt.z0)
		_, err = o.Predict(z0)
		check("predict", err)
		obj := objectiveOf(t, p, func(s *graph.Scope, z *gorgonia.Node, _ ...*gorgonia.Node) (gorgonia.Nodes, error) {
			w, err := s.Param(p.Lookup("unused"))
			if err != nil {
				return nil, err
			}
			out, err := o.Unroll(s, z)
			return append(out, w), err
		})
		_, err = obj.Evaluate(z0)
		check("objective", err)
	}
}

// TestSDERecovery: after a failure the same objective and solver work on, with the
// numbers of new ones and no more memory.
func TestSDERecovery(t *testing.T) {
	o, p := netSDE(t, SOSRI, 2, 3, &Noise{Seed: 1}, &Settings{AbsTol: 1, RelTol: 1, InitialStep: 0.5})
	z0, bad := rows(2, 1, 2, 3, 4), rows(2, 1, 2, math.Inf(1), 4)
	obj := objectiveOf(t, p, o.Unroll)
	want, _ := lossGradient(t, obj, p, z0)
	keys := Noise{Seed: 1, Keys: []uint64{0, 1, 2}}
	bytes := 0
	for i := range 3 {
		if _, err := obj.Evaluate(bad); !stderrors.Is(err, ErrNonFinite) {
			t.Errorf("error %v, expected %v", err, ErrNonFinite)
		}
		good := o.noise
		o.noise = keys
		_, err := obj.Evaluate(z0)
		says(t, "keys of another batch", err, "3 keys, expected 2")
		o.noise = good
		if got, _ := lossGradient(t, obj, p, z0); got != want {
			t.Errorf("%v after a failure, %v before", got, want)
		}
		if i == 0 {
			bytes = o.Bytes()
		} else if b := o.Bytes(); b != bytes {
			t.Errorf("failures leak frames: %d bytes, %d before", b, bytes)
		}
	}
}

package integrators

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
)

// startControl starts the control of a solve by Tsit5.
func startControl(t *testing.T, settings *Controller) *stepControl {
	t.Helper()
	c, err := newStepControl(settings, 5, Tsit5.Beta1, Tsit5.Beta2)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestControllerDefaults(t *testing.T) {
	want := Controller{Kind: PIControl, Safety: 0.9, MinFactor: 0.2, MaxFactor: 10, Steady: 1, ErrorFloor: 1e-4, Beta1: 7. / 50, Beta2: 2. / 25}
	for _, settings := range []*Controller{nil, {}, &want} {
		if got := startControl(t, settings).Controller; got != want {
			t.Errorf("settings %+v became %+v, expected %+v", settings, got, want)
		}
	}
	own := Controller{Safety: 0.8, MaxFactor: 9. / 8, Beta1: 7. / 15, Beta2: 4. / 15}
	want = Controller{Safety: 0.8, MinFactor: 0.2, MaxFactor: 9. / 8, Steady: 1, ErrorFloor: 1e-4, Beta1: 7. / 15, Beta2: 4. / 15}
	if got := startControl(t, &own).Controller; got != want {
		t.Errorf("settings %+v became %+v, expected %+v", own, got, want)
	}
	if own.MinFactor != 0 {
		t.Errorf("the caller's settings changed to %+v", own)
	}
}

// TestPIControl follows a solve of accepted and rejected steps. The factors are
// those of h' = h·0.9·E_old^0.08/E^0.14 and, after a rejection, h' = h·0.9/E^0.14.
func TestPIControl(t *testing.T) {
	for _, direction := range []float64{1, -1} {
		c := startControl(t, nil)
		for i, tt := range []struct {
			e      float64
			factor float64
		}{
			{0.5, 0.9 * math.Pow(1e-4, 0.08) / math.Pow(0.5, 0.14)}, // ErrorFloor is the first previous error
			{0.5, 0.9 * math.Pow(0.5, 0.08-0.14)},
			{3, 0.9 / math.Pow(3, 0.14)},                           // rejected
			{0.2, 0.9 * math.Pow(0.5, 0.08) / math.Pow(0.2, 0.14)}, // which the previous error ignores
			{1e-7, 0.9 * math.Pow(0.2, 0.08) / math.Pow(1e-7, 0.14)},
			{0.3, 0.9 * math.Pow(1e-4, 0.08) / math.Pow(0.3, 0.14)}, // 1e-7 counts as ErrorFloor
			{0, 10},          // no error
			{1e-300, 10},     // nearly none
			{1e9, 1. / 5},    // hopeless
			{math.NaN(), .2}, // worse
			{math.Inf(1), .2},
		} {
			h := direction * 0.25
			var got float64
			if tt.e <= 1 {
				got = c.accept(tt.e, h)
			} else {
				got = c.reject(tt.e, h)
			}
			if !scalar.EqualWithinRel(got, h*tt.factor, 1e-14) {
				t.Errorf("step %d, E = %v, h = %v: next step %v, expected %v", i, tt.e, h, got, h*tt.factor)
			}
		}
	}
}

// TestPISettlesAtFixedPoint: with an error constant that does not change,
// E = (h/h*)^(p̂+1), the error settles at Safety^(1/(β1-β2)).
func TestPISettlesAtFixedPoint(t *testing.T) {
	for _, tt := range []struct {
		method *Tableau
		want   float64
	}{
		{Tsit5, 0.1727}, {DP5, 0.4446}, {BS3, 0.3487}, {HeunEuler, 0.4954}, {Vern7, 0.0856}, {Dopri8, 0.0602},
	} {
		q := float64(tt.method.EmbeddedOrder + 1)
		c, err := newStepControl(nil, q, tt.method.Beta1, tt.method.Beta2)
		if err != nil {
			t.Fatal(err)
		}
		h, e := 0.3, 0.0
		for range 200 {
			if e = math.Pow(h, q); e <= 1 {
				h = c.accept(e, h)
			} else {
				h = c.reject(e, h)
			}
		}
		if math.Abs(e-tt.want) > 1e-4 {
			t.Errorf("%s settles at E = %v, expected %v", tt.method.Name, e, tt.want)
		}
	}
}

func TestIControl(t *testing.T) {
	c := startControl(t, &Controller{Kind: IControl})
	for _, e := range []float64{0.5, 1e-3, 0.9, 4, 0.5} {
		want := 0.1 * 0.9 * math.Pow(e, -1./5)
		got := c.accept
		if e > 1 {
			got = c.reject
		}
		if h := got(e, 0.1); !scalar.EqualWithinRel(h, want, 1e-14) {
			t.Errorf("E = %v: next step %v, expected %v", e, h, want)
		}
	}
}

func TestPredictiveControl(t *testing.T) {
	c := startControl(t, &Controller{Kind: PredictiveControl})
	elementary := func(e, h float64) float64 { return h * 0.9 * math.Pow(e, -1./5) }

	if got, want := c.accept(0.1, -0.1), elementary(0.1, -0.1); !scalar.EqualWithinRel(got, want, 1e-14) {
		t.Errorf("first step: next %v, expected the elementary %v", got, want)
	}
	// The error grows fourfold over a longer step: the trend asks for a shorter
	// step than the elementary rule.
	want := elementary(0.4, -0.12) * (0.12 / 0.1) * math.Pow(0.1/0.4, 1./5)
	if got := c.accept(0.4, -0.12); !scalar.EqualWithinRel(got, want, 1e-14) {
		t.Errorf("growing error: next %v, expected %v", got, want)
	}
	// The error shrinks: the trend would allow more, the elementary rule does not.
	if got, want := c.accept(0.1, -0.12), elementary(0.1, -0.12); !scalar.EqualWithinRel(got, want, 1e-14) {
		t.Errorf("shrinking error: next %v, expected the elementary %v", got, want)
	}
	if got, want := c.reject(2, -0.12), elementary(2, -0.12); !scalar.EqualWithinRel(got, want, 1e-14) {
		t.Errorf("rejected: next %v, expected the elementary %v", got, want)
	}
}

func TestControllerRejectsSettings(t *testing.T) {
	for _, tt := range []struct {
		settings Controller
		want     string // part of the message
	}{
		{Controller{Kind: 7}, "unknown kind 7"},
		{Controller{Kind: -1}, "unknown kind -1"},
		{Controller{Safety: 1.1}, "safety factor 1.1"},
		{Controller{Safety: -0.9}, "safety factor -0.9"},
		{Controller{Safety: math.NaN()}, "safety factor NaN"},
		{Controller{MinFactor: 1}, "smallest step factor 1"},
		{Controller{MaxFactor: 0.5}, "largest step factor 0.5"},
		{Controller{MaxFactor: math.Inf(1)}, "largest step factor +Inf"},
		{Controller{ErrorFloor: -1}, "error floor -1"},
		{Controller{Beta1: 0.1, Beta2: 0.2}, "β1 = 0.1"},
		{Controller{Beta1: -0.1}, "β1 = -0.1"},
		{Controller{Beta1: 0.1, Beta2: math.NaN()}, "β2 = NaN"},
	} {
		_, err := newStepControl(&tt.settings, 5, Tsit5.Beta1, Tsit5.Beta2)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, expected one with %q", tt.settings, err, tt.want)
		}
	}
}

func TestLimitStep(t *testing.T) {
	for _, tt := range []struct{ h, want float64 }{
		{0.5, 0.5}, {-0.5, -0.5}, {3, 2}, {-3, -2}, {1e-9, 1e-3}, {-1e-9, -1e-3},
		{math.Inf(1), 2}, {math.Inf(-1), -2},
	} {
		if got := limitStep(tt.h, 1e-3, 2); got != tt.want {
			t.Errorf("limitStep(%v, 0.001, 2) = %v, expected %v", tt.h, got, tt.want)
		}
	}
	if got := limitStep(math.NaN(), 1e-3, 2); !math.IsNaN(got) {
		t.Errorf("limitStep(NaN, 0.001, 2) = %v, expected NaN", got)
	}
}

// TestPower: an exponent of the control is worked out as math.Pow does it.
func TestPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		x, y := math.Exp(40*rng.NormFloat64()), rng.Float64()
		if got, want := power(x, y), math.Pow(x, y); got != want {
			t.Fatalf("%v to the power %v is %v, expected %v", x, y, got, want)
		}
	}
	for _, x := range []float64{5e-324, 1e-310, 1, math.MaxFloat64} {
		for _, y := range []float64{0, 0.08, 0.14, 0.49, 0.5, 1} {
			if got, want := power(x, y), math.Pow(x, y); got != want {
				t.Errorf("%v to the power %v is %v, expected %v", x, y, got, want)
			}
		}
	}
}

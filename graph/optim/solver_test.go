package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// entering returns what enters the rule: Momentum's first update with η = 1.
func entering(t *testing.T, settings Settings, x, g []float64) []float64 {
	t.Helper()
	settings.LearnRate = 1
	p := &param{x: vec(x...), g: vec(g...)}
	step(t, newSolver(t, Momentum{}, &settings), p)
	d := slices.Clone(x)
	for i, v := range data[float64](p.x) {
		d[i] -= v
	}
	return d
}

func TestGradientTransformations(t *testing.T) {
	x, g := []float64{1, -2}, []float64{3, 4} // ‖g‖ = 5
	for _, test := range []struct {
		name     string
		settings Settings
		want     []float64
	}{
		{"none", Settings{}, []float64{3, 4}},
		{"clip", Settings{Clip: 1}, []float64{0.6, 0.8}},
		{"clip inactive", Settings{Clip: 5.1}, []float64{3, 4}},
		{"weight decay", Settings{WeightDecay: 0.5}, []float64{3.5, 3}},
		{"inverse decay", Settings{InverseDecay: 3}, []float64{0.75, 1}},
		{"all, in order", Settings{Clip: 1, WeightDecay: 0.5, InverseDecay: 1}, []float64{0.55, -0.1}},
	} {
		got := entering(t, test.settings, x, g)
		for i := range got {
			if math.Abs(got[i]-test.want[i]) > 1e-15 {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
				break
			}
		}
	}
}

// The norm is taken over all parameters, of whatever dtype, without overflow.
func TestClipIsGlobal(t *testing.T) {
	s := newSolver(t, Momentum{}, &Settings{LearnRate: 1, Clip: 1})
	p := &param{x: vec(0.0), g: vec(3e200)}
	q := &param{x: vec(0.0), g: vec(4e200)}
	r := &param{x: vec[float32](0), g: vec[float32](1)}
	step(t, s, p, q, r)
	if a, b := data[float64](p.x)[0], data[float64](q.x)[0]; math.Abs(a+0.6) > 1e-15 || math.Abs(b+0.8) > 1e-15 {
		t.Errorf("updates %v, %v, want -0.6, -0.8", a, b)
	}

	zero := &param{x: vec(1.0), g: vec(0.0)}
	step(t, newSolver(t, Momentum{}, &Settings{Clip: 1}), zero)
	if got := data[float64](zero.x)[0]; got != 1 {
		t.Errorf("a zero gradient moved x from 1 to %v", got)
	}
}

// Step n is scaled by 1/(1+γn); with η = 1 and g = 1, v_n = ρ v_{n-1} - 1/(1+γn).
func TestInverseDecayCountsSteps(t *testing.T) {
	s := newSolver(t, Momentum{Rho: 0.5}, &Settings{LearnRate: 1, InverseDecay: 1})
	p := &param{x: vec(0.0), g: vec(1.0)}
	for range 3 {
		step(t, s, p)
	}
	// v = -1/2, -7/12, -13/24
	if got, want := data[float64](p.x)[0], -(1./2 + 7./12 + 13./24); math.Abs(got-want) > 1e-15 {
		t.Errorf("x = %v, want %v", got, want)
	}
}

func TestLearnRateSchedule(t *testing.T) {
	s := newSolver(t, Momentum{}, nil)
	if got := s.LearnRate(); got != 0.01 {
		t.Errorf("default learning rate %v, want 0.01", got)
	}
	p := &param{x: vec(0.0), g: vec(1.0)}
	s.SetLearnRate(0)
	step(t, s, p)
	if got := data[float64](p.x)[0]; got != 0 {
		t.Errorf("moved to %v at rate 0", got)
	}
	s.SetLearnRate(2)
	step(t, s, p)
	if got := data[float64](p.x)[0]; got != -2 {
		t.Errorf("x = %v at rate 2, want -2", got)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		s.SetLearnRate(bad)
		if err := s.Step(model(p)); err == nil {
			t.Errorf("no error at rate %v", bad)
		}
	}
	if got := data[float64](p.x)[0]; got != -2 {
		t.Errorf("a failed step moved x to %v", got)
	}
}

func TestGradientIsReadOnly(t *testing.T) {
	for _, r := range rules {
		g := []float64{3, -4}
		p := &param{x: vec(1.0, 2.0), g: vec(g...)}
		step(t, newSolver(t, r, &Settings{Clip: 1, WeightDecay: 1, InverseDecay: 1}), p)
		if got := data[float64](p.g); !slices.Equal(got, g) {
			t.Errorf("%s: gradient is %v after the step, was %v", r.Name(), got, g)
		}
	}
}

// Elements do not influence each other, whatever their place in the work block.
func TestLongVector(t *testing.T) {
	const n = 1500
	for _, r := range rules {
		long, short := newSolver(t, r, nil), newSolver(t, r, nil)
		p := &param{x: tensor.New(tensor.WithShape(n, 1), tensor.Of(tensor.Float32)), g: tensor.New(tensor.WithShape(n, 1), tensor.Of(tensor.Float32))}
		q := &param{x: vec[float32](0), g: vec[float32](0)}
		for i := range 4 {
			v := float32(math.Sin(float64(i)))
			data[float32](q.g)[0] = v
			for j := range n {
				data[float32](p.g)[j] = v
			}
			step(t, long, p)
			step(t, short, q)
		}
		for j, got := range data[float32](p.x) {
			if want := data[float32](q.x)[0]; got != want || got == 0 {
				t.Fatalf("%s: x[%d] = %v, want %v", r.Name(), j, got, want)
			}
		}
	}
}

// A step that fails changes nothing, even if only the last parameter is bad.
func TestBadGradient(t *testing.T) {
	strided, err := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4})).Slice(nil, gorgonia.S(1))
	if err != nil {
		t.Fatal(err)
	}
	x := func() *tensor.Dense { return vec(1.0, 2.0) }
	for _, test := range []struct {
		name  string
		bad   *param
		cause error  // nil for any
		text  string // in the message
	}{
		{"NaN", &param{x: x(), g: vec(0, math.NaN())}, ErrNonFinite, "element 1 of 2 is NaN"},
		{"infinity", &param{x: x(), g: vec(math.Inf(-1), 0)}, ErrNonFinite, "element 0 of 2 is -Inf"},
		{"float32 infinity", &param{x: vec[float32](1), g: vec(float32(math.Inf(1)))}, ErrNonFinite, "parameter 1"},
		{"error", &param{x: x(), err: errors.New("not differentiated")}, ErrNoGradient, "not differentiated"},
		{"nil", &param{x: x()}, ErrNoGradient, "parameter 1"},
		{"nil tensor", &param{x: x(), g: (*tensor.Dense)(nil)}, ErrNoGradient, "parameter 1"},
		{"length", &param{x: x(), g: vec(1.0)}, nil, "shape"},
		{"dtype", &param{x: x(), g: vec[float32](1, 2)}, nil, "float32, expected float64"},
		{"integers", &param{x: tensor.New(tensor.WithBacking([]int{1})), g: tensor.New(tensor.WithBacking([]int{1}))}, nil, "expected float32 or float64"},
		{"scalar value", &param{x: gorgonia.NewF64(1), g: gorgonia.NewF64(1)}, nil, "expected a *tensor.Dense"},
		{"scalar gradient", &param{x: x(), g: gorgonia.NewF64(1)}, nil, "expected a *tensor.Dense"},
		{"no value", &param{g: x()}, nil, "expected a *tensor.Dense"},
		{"strided", &param{x: x(), g: strided.(*tensor.Dense)}, nil, "contiguous"},
		{"other length than before", &param{x: vec(1.0), g: vec(1.0)}, ErrState, "parameter 1 has 1 elements, expected 2"},
	} {
		good := &param{x: x(), g: vec(1.0, 1.0)}
		s := newSolver(t, Adam{}, nil)
		before := s.State()
		if test.name == "other length than before" {
			step(t, s, good, good)
			before = s.State()
		}
		old := slices.Clone(data[float64](good.x))
		err := s.Step(model(good, test.bad))
		if err == nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		if test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: error %q, want cause %q", test.name, err, test.cause)
		}
		if !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: error %q, want it to say %q", test.name, err, test.text)
		}
		if got := data[float64](good.x); !slices.Equal(got, old) {
			t.Errorf("%s: parameter 0 moved from %v to %v", test.name, old, got)
		}
		if after := s.State(); !equalStates(before, after) {
			t.Errorf("%s: state changed from %v to %v", test.name, before, after)
		}
	}
	s := newSolver(t, Adam{}, nil)
	for name, m := range map[string][]gorgonia.ValueGrad{"no model": nil, "nil parameter": {nil}} {
		if err := s.Step(m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// An error names the node, and a node outside the loss has no gradient.
func TestUndifferentiatedNode(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("encoder"), gorgonia.WithShape(1), gorgonia.WithValue(vec(1.0)))
	err := newSolver(t, Adam{}, nil).Step([]gorgonia.ValueGrad{x})
	if !errors.Is(err, ErrNoGradient) || !strings.Contains(err.Error(), "encoder") {
		t.Errorf("error %v, want cause %q and the node's name", err, ErrNoGradient)
	}
}

func TestNewRejects(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		rule     Rule
		settings Settings
		text     string
	}{
		{nil, Settings{}, "no rule"},
		{Momentum{Rho: 1}, Settings{}, "Rho = 1"},
		{Momentum{Rho: -0.1}, Settings{}, "Rho = -0.1"},
		{Adam{Beta1: 1.5}, Settings{}, "Beta1 = 1.5"},
		{AdaMax{Beta2: nan}, Settings{}, "Beta2 = NaN"},
		{AdaBelief{Epsilon: -1}, Settings{}, "Epsilon = -1"},
		{Adam{}, Settings{LearnRate: -1}, "LearnRate = -1"},
		{Adam{}, Settings{Clip: nan}, "Clip = NaN"},
		{Adam{}, Settings{WeightDecay: math.Inf(1)}, "WeightDecay = +Inf"},
		{Adam{}, Settings{InverseDecay: -1e-5}, "InverseDecay = -1e-05"},
		{Adam{}, Settings{DecoupledDecay: nan}, "DecoupledDecay = NaN"},
		{Adam{}, Settings{Schedule: Inverse{Gamma: -1}}, "Gamma = -1"},
		{Adam{}, Settings{Schedule: StepDecay{}}, "Every = 0"},
		{Adam{}, Settings{Schedule: StepDecay{Every: 1, Ratio: nan}}, "Ratio = NaN"},
		{Adam{}, Settings{Schedule: Cosine{}}, "Steps = 0"},
		{Adam{}, Settings{Schedule: Cosine{Steps: 1, Final: -1}}, "Final = -1"},
		{Adam{}, Settings{Schedule: WarmUp{Steps: -1}}, "Steps = -1"},
		{Adam{}, Settings{Schedule: WarmUp{Steps: 1, Then: Cosine{}}}, "Cosine: Steps = 0"},
		{nil, Settings{}, "no rule"},
		{sign{}, Settings{}, "without a name"},
		{sign{name: "Adam"}, Settings{}, "another name"},
		{embedded{}, Settings{}, "another name"},
	} {
		s, err := New(test.rule, &test.settings)
		if err == nil || s != nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%#v, %+v: solver %v and error %v, want an error with %q", test.rule, test.settings, s, err, test.text)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	for _, r := range rules {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			p := &param{x: tensor.New(tensor.WithShape(2000), tensor.Of(dt)), g: tensor.New(tensor.WithShape(2000), tensor.Of(dt))}
			m := model(p, p)
			s := newSolver(t, r, &Settings{Clip: 1, WeightDecay: 1e-5, InverseDecay: 1e-5, DecoupledDecay: 1e-5, Schedule: WarmUp{Steps: 3, Then: Cosine{Steps: 9}}})
			step(t, s, p, p)
			if n := testing.AllocsPerRun(10, func() {
				if err := s.Step(m); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s, %v: %v allocations a step, want 0", r.Name(), dt, n)
			}
		}
	}
}

// The parameters of the paper's MNIST model: 88 000 in one flat vector.
func BenchmarkStep(b *testing.B) {
	for _, r := range rules {
		b.Run(r.Name(), func(b *testing.B) {
			p := &param{x: tensor.New(tensor.WithShape(88000), tensor.Of(tensor.Float32)), g: tensor.New(tensor.WithShape(88000), tensor.Of(tensor.Float32))}
			for i := range data[float32](p.g) {
				data[float32](p.g)[i] = float32(math.Sin(float64(i)))
			}
			m := model(p)
			s := newSolver(b, r, nil)
			for b.Loop() {
				if err := s.Step(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

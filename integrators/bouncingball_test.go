package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// ball is a ball that falls and bounces. Its state is (x, v, s): height, velocity,
// and the time since it was let go. The parameters are, in this order, the height from
// which it falls, gravity, and the restitution k of a bounce, v → -k·v.
type ball struct {
	params                       *graph.Params
	height, gravity, restitution *graph.Param
	solver                       *Solver
}

// newBall returns a ball whose flight until a time is solved with a method.
func newBall(t testing.TB, m Method, dt tensor.Dtype, until float64, set Settings) *ball {
	t.Helper()
	p := graph.NewParams(dt)
	b := &ball{params: p, height: param(t, p, "height", []float64{10}, 1, 1),
		gravity: param(t, p, "gravity", []float64{9.8}, 1, 1), restitution: param(t, p, "restitution", []float64{0.8}, 1, 1)}
	fall := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		g := e.do(func() (*gorgonia.Node, error) { return s.Param(b.gravity) })
		zero := e.scale(0, e.column(z, 0))
		n := e.columns(e.column(z, 1), e.add(zero, e.scale(-1, g)), e.shift(1, zero))
		return n, e.err
	}
	set.Events, set.RequireEvent = []Event{level(0, 0, Falling), level(2, until, Rising)}, true
	var err error
	if b.solver, err = NewSolver(Equation{Drift: fall, Params: p, T1: math.Inf(1)}, m, &set); err != nil {
		t.Fatal(err)
	}
	return b
}

// fly adds the flight of the ball from rest, and returns its last state and how long
// each piece of it took.
func (b *ball) fly(s *graph.Scope, rest *gorgonia.Node) (z *gorgonia.Node, pieces gorgonia.Nodes, err error) {
	e := &expr{s: s}
	height := e.do(func() (*gorgonia.Node, error) { return s.Param(b.height) })
	k := e.do(func() (*gorgonia.Node, error) { return s.Param(b.restitution) })
	z = e.add(rest, e.columns(height, e.scale(0, height), e.scale(0, height)))
	for e.err == nil {
		out, err := b.solver.Unroll(s, z)
		if err != nil {
			return nil, nil, err
		}
		z, pieces = out[0], append(pieces, out[1])
		if b.solver.Last().Event == 1 {
			break
		}
		z = e.columns(e.column(z, 0), e.scale(-1, e.mul(k, e.column(z, 1))), e.column(z, 2))
	}
	return z, pieces, e.err
}

// evaluate returns a scalar that is made of the flight, with its derivatives.
func (b *ball) evaluate(t testing.TB, of func(e *expr, z *gorgonia.Node, pieces gorgonia.Nodes) *gorgonia.Node) (x float64, d []float64) {
	t.Helper()
	obj, err := graph.NewObjective(b.params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, pieces, err := b.fly(s, in[0])
		if err != nil {
			return nil, err
		}
		e := &expr{s: s}
		n := of(e, z, pieces)
		return n, e.err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rest := value.New(b.params.Vector().Dtype(), 1, 3)
	var again []float64
	for range 2 { // built, and from the cache
		loss, grad, err := evaluate(obj, b.params, rest)
		if err != nil {
			t.Fatal(err)
		}
		x, d, again = loss, value.Float64s(grad), d
	}
	if c := obj.Cache(); c.Hits != 1 || !floats.Equal(d, again) {
		t.Errorf("cache %+v, derivatives %v and %v, expected a hit and the same", c, d, again)
	}
	return x, d
}

// everyMode calls a test in all ways in which a solve can be part of a graph.
func everyMode(test func(mode Mode, memory Memory)) {
	test(Called, Store)
	test(Called, Checkpoint)
	test(Inline, Store)
}

// byEveryMethod calls a test in these ways with Tsit5 and, but for inlined ones, whose
// graphs are large, with methods of the other kinds.
func byEveryMethod(test func(m Method, mode Mode, memory Memory)) {
	for _, m := range []Method{Tsit5, Rosenbrock23, Rodas5P, AutoTsit5(Rodas5P)} {
		everyMode(func(mode Mode, memory Memory) {
			if mode == Called || m == Tsit5 {
				test(m, mode, memory)
			}
		})
	}
}

// TestBouncesInTime: the times of the bounces, and their derivatives, are those of the
// closed form t_n = √(2x/g)·(1 + 2Σ_{0<j<n} k^j).
func TestBouncesInTime(t *testing.T) {
	byEveryMethod(func(m Method, mode Mode, memory Memory) {
		b := newBall(t, m, tensor.Float64, 9, Settings{Mode: mode, Memory: memory})
		const x, g, k = 10, 9.8, 0.8
		first := math.Sqrt(2 * x / g)
		factor, slope := 1.0, 0.0 // of first, and its derivative by k
		for n := range 5 {
			at, d := b.evaluate(t, func(e *expr, _ *gorgonia.Node, pieces gorgonia.Nodes) *gorgonia.Node {
				sum := pieces[0]
				for _, p := range pieces[1 : n+1] {
					sum = e.add(sum, p)
				}
				return sum
			})
			want := first * factor
			if math.Abs(at-want) > 1e-10 {
				t.Errorf("%s, mode %d: bounce %d at %v, expected %v", m.traits().name, mode, n+1, at, want)
			}
			if by := []float64{want / 2 / x, -want / 2 / g, first * slope}; !floats.EqualApprox(d, by, 1e-8) {
				t.Errorf("%s, mode %d: derivatives of the time of bounce %d are %v, expected %v", m.traits().name, mode, n+1, d, by)
			}
			factor += 2 * math.Pow(k, float64(n+1))
			slope += 2 * float64(n+1) * math.Pow(k, float64(n))
		}
	})
}

// TestBouncesToTime: the state at a given time after two bounces, and its derivatives,
// are those of the closed form.
func TestBouncesToTime(t *testing.T) {
	for _, tt := range []struct {
		dt         tensor.Dtype
		within, by float64
	}{{tensor.Float64, 1e-10, 1e-8}, {tensor.Float32, 1e-4, 1e-3}} {
		byEveryMethod(func(m Method, mode Mode, memory Memory) {
			b := newBall(t, m, tt.dt, 5, Settings{Mode: mode, Memory: memory})
			for j, want := range []struct {
				z float64
				d []float64
			}{
				{3.42, []float64{1.252, -13. / 14, 39.2}},
				{-3.64, []float64{2.268, -94. / 35, 50.4}},
				{5, []float64{0, 0, 0}},
			} {
				z, d := b.evaluate(t, func(e *expr, z *gorgonia.Node, _ gorgonia.Nodes) *gorgonia.Node { return e.entry(z, j) })
				if math.Abs(z-want.z) > tt.within || !floats.EqualApprox(d, want.d, tt.by) {
					t.Errorf("%s, %v, mode %d: entry %d is %v with derivatives %v, expected %v and %v", m.traits().name, tt.dt, mode, j, z, d, want.z, want.d)
				}
			}
		})
	}
}

// TestBouncesVary: an objective follows a flight whose number of bounces changes.
func TestBouncesVary(t *testing.T) {
	b := newBall(t, Tsit5, tensor.Float64, 5, Settings{})
	bounces := 0
	obj, err := graph.NewObjective(b.params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, pieces, err := b.fly(s, in[0])
		bounces = len(pieces) - 1
		if err != nil {
			return nil, err
		}
		e := &expr{s: s}
		n := e.entry(z, 0)
		return n, e.err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	height := b.params.Vector().Float64s()
	for _, tt := range []struct {
		height  float64
		bounces int
	}{{10, 2}, {5, 4}, {200, 0}, {50, 1}, {5, 4}, {10, 2}, {200, 0}} {
		height[0], bounces = tt.height, -1
		got, err := obj.Evaluate(row(0, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if bounces >= 0 && bounces != tt.bounces { // else the graph is from the cache
			t.Errorf("from %v: %d bounces, expected %d", tt.height, bounces, tt.bounces)
		}
		t0 := math.Sqrt(2 * tt.height / 9.8)
		v, at := 9.8*t0, t0
		want := tt.height - 4.9*25
		for range tt.bounces {
			v *= 0.8
			d := 5 - at
			want = v*d - 4.9*d*d
			at += 2 * v / 9.8
		}
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("from %v: height %v, expected %v", tt.height, got, want)
		}
	}
	if c := obj.Cache(); c.Hits == 0 {
		t.Errorf("cache %+v, expected a hit", c)
	}
}

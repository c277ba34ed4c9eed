package integrators

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestReversibleHeunSteps compares two steps with an independent implementation.
func TestReversibleHeunSteps(t *testing.T) {
	noise := &Noise{Path: []Increment{{Length: 0.1, DW: []float64{0.2, -0.1}}, {Length: 0.1, DW: []float64{-0.15, 0.05}}}}
	o := diagonalNoise.solver(t, ReversibleHeun, 0.3, 0.5, noise, &Settings{FixedSteps: 2, SaveAt: []float64{0.4, 0.5}, Record: true, AbsTol: 1, RelTol: Zero})
	sol := predictFrom(t, o, row(1, 0.5))
	want := []float64{1.098000905493465, 0.49723431081643354, 0.9990152867155373, 0.563070202217373}
	if z := value.Float64s(sol.Z); !floats.EqualApprox(z, want, 1e-12) {
		t.Errorf("steps end at %v, expected %v", z, want)
	}
	for i, e := range [][]float64{{0.003527154093501581, 0.0007973111529292088}, {0.015341589262484407, -0.0018619057396036954}} {
		if got := sol.Steps[i].E; !scalar.EqualWithinAbs(got, rms(e), 1e-12) {
			t.Errorf("step %d: E = %v, expected %v", i, got, rms(e))
		}
	}
}

// TestReversibleHeunGradient compares the gradient of three steps by a parameter, and by
// the initial state, with that of an independent implementation of the reverse.
func TestReversibleHeunGradient(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	theta, start := param(t, p, "theta", []float64{1.3}, 1, 1), param(t, p, "start", []float64{1, 0.5}, 1, 2)
	drift := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		a, b, at := e.column(z, 0), e.column(z, 1), e.do(e.s.Time)
		c := e.do(func() (*gorgonia.Node, error) { return s.Param(theta) })
		y := e.pair(
			e.add(e.add(e.scale(-1, e.mul(a, c)), e.apply(gorgonia.Sin, b)), at),
			e.add(e.mul(a, b), e.scale(-1, e.mul(e.mul(b, b), at))))
		return y, e.err
	}
	diffusion := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		c := e.do(func() (*gorgonia.Node, error) { return s.Param(theta) })
		root := func(x *gorgonia.Node) *gorgonia.Node {
			return e.mul(e.apply(gorgonia.Sqrt, e.shift(1, e.mul(e.mul(x, x), c))), e.shift(0.4, e.scale(0.04, e.do(e.s.Time))))
		}
		y := e.pair(root(e.column(z, 0)), root(e.column(z, 1)))
		return y, e.err
	}
	noise := &Noise{Path: []Increment{{Length: 0.1, DW: []float64{0.2, -0.1}}, {Length: 0.1, DW: []float64{-0.15, 0.05}}, {Length: 0.1, DW: []float64{0.07, 0.22}}}}
	o, err := NewSolver(Equation{Drift: drift, Diffusion: diffusion, Params: p, T0: 0.3, T1: 0.6, Noise: noise, Calculus: Stratonovich}, ReversibleHeun, &Settings{FixedSteps: 3})
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		e := &expr{s: s}
		z0 := e.do(func() (*gorgonia.Node, error) { return s.Param(start) })
		z := e.do(func() (*gorgonia.Node, error) {
			out, err := o.Unroll(s, z0)
			if err != nil {
				return nil, err
			}
			s.Record("end", out[0])
			return out[0], nil
		})
		weights := e.do(func() (*gorgonia.Node, error) { return s.Data(row(1, -0.7)) })
		loss := e.do(func() (*gorgonia.Node, error) {
			n, err := ops.RowDot(z, weights)
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(n)
		})
		return loss, e.err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, grad, err := evaluate(obj, p)
	if err != nil {
		t.Fatal(err)
	}
	if z := value.Float64s(obj.Recorded("end")[0]); !floats.EqualApprox(z, []float64{0.9794241955493095, 0.7124195847778075}, 1e-12) {
		t.Errorf("three steps end at %v", z)
	}
	if want := []float64{-0.22955946563168228, 0.614103648344793, -0.6358979731469963}; !floats.EqualApprox(value.Float64s(grad), want, 1e-12) {
		t.Errorf("gradient %v, expected %v", value.Float64s(grad), want)
	}
}

// TestReversibleHeunReverses computes all states of a solve from its end and the path.
func TestReversibleHeunReverses(t *testing.T) {
	const n, t1 = 200, 1.0
	for _, q := range []noisyEquation{diagonalNoise, generalNoise} {
		o := q.solver(t, ReversibleHeun, 0, t1, &Noise{Seed: 3}, &Settings{FixedSteps: n})
		solved, err := site{o}.Solve([]gorgonia.Value{row(1, 0.5)})
		if err != nil {
			t.Fatal(err)
		}
		r := solved.(*solve)
		first := r.fn.first
		fr := first.NewFrame()
		product := func(g, w []float64) []float64 { // the diffusion times the increments
			y := make([]float64, 2)
			for i := range y {
				if q.processes == 0 {
					y[i] = g[i] * w[i]
					continue
				}
				y[i] = floats.Dot(g[i*q.processes:(i+1)*q.processes], w)
			}
			return y
		}
		end := r.steps[n-1].solve.fn.step.end(r.from, r.steps[n-1].frame)
		u, v := value.Float64s(end.z), value.Float64s(end.g[0])
		f, g := value.Float64s(end.k1), value.Float64s(end.g[1])
		for i := n - 1; i >= 0; i-- {
			st := &r.steps[i]
			w := value.Float64s(st.frame.Data(int(r.fn.step.in.noise)))
			gw := product(g, w)
			for k := range v {
				v[k] = 2*u[k] - v[k] - st.h*f[k] - gw[k]
			}
			r.from.z = row(v...)
			if err := r.evaluateFields(first, fr, st.t); err != nil {
				t.Fatal(err)
			}
			f0, g0 := value.Float64s(fr.Out(int(first.out.fields))), value.Float64s(fr.Out(int(first.out.fields)+1))
			gw0 := product(g0, w)
			for k := range u {
				u[k] -= st.h/2*(f[k]+f0[k]) + (gw[k]+gw0[k])/2
			}
			f, g = f0, g0
			want, predictor := []float64{1, 0.5}, []float64{1, 0.5}
			if i > 0 {
				before := r.fn.step.end(r.from, r.steps[i-1].frame)
				want, predictor = value.Float64s(before.z), value.Float64s(before.g[0])
			}
			if !floats.EqualApprox(u, want, 1e-10) || !floats.EqualApprox(v, predictor, 1e-10) {
				t.Fatalf("%v noise: step %d back is %v and %v, expected %v and %v", q.form, i, u, v, want, predictor)
			}
		}
		fr.Release()
		r.Release()
	}
}

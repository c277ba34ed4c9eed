package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestRosenbrockAdjoints compares the gradient of one step, by the state and by a
// parameter, with an independent implementation: that of the sum of λ·u1 and μ·ũ.
func TestRosenbrockAdjoints(t *testing.T) {
	lambda, mu := []float64{1, -0.7}, []float64{0.4, 0.9}
	for _, tt := range []struct {
		method   *Rosenbrock
		u, theta []float64
	}{
		{Rosenbrock23, []float64{0.9970308076477309, -0.40675302120969353}, []float64{0.05505113685594494}},
		{Rodas5P, []float64{0.9973857807545362, -0.4064728908140696}, []float64{0.05517327174486606}},
	} {
		p := graph.NewParams(tensor.Float64)
		theta := param(t, p, "theta", []float64{1.3}, 1, 1)
		// u1' = -2t u1 + θ u2² + sin(u1 u2), u2' = cos(t) u1 - θ u2 u1².
		field := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			th := e.do(func() (*gorgonia.Node, error) { return s.Param(theta) })
			x, y, at := e.column(z, 0), e.column(z, 1), e.do(s.Time)
			xy := e.mul(x, y)
			n := e.pair(
				e.add(e.add(e.scale(-2, e.mul(x, at)), e.mul(th, e.mul(y, y))), e.apply(gorgonia.Sin, xy)),
				e.add(e.mul(x, e.apply(gorgonia.Cos, at)), e.scale(-1, e.mul(th, e.mul(x, xy)))))
			return n, e.err
		}
		o, err := NewSolver(Equation{Drift: field, Params: p, T1: 1}, tt.method, nil)
		if err != nil {
			t.Fatal(err)
		}
		g := gorgonia.NewGraph()
		e := &expr{s: graph.NewScope(g, p)}
		z := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(1, 2), gorgonia.WithName("z"), gorgonia.WithValue(row(1, 0.5)))
		data := func(v gorgonia.Value) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return e.s.Data(v) })
		}
		at := tensor.New(tensor.WithBacking([]float64{0.3, math.Inf(-1), math.Inf(1)}))
		h := gorgonia.NewF64(0.1)
		b := &stepBuilder{solver: o, scope: e.s, t: data(at), h: data(h)}
		// dot adds the product of c with the end of a step with the weights w.
		dot := func(w, c []float64) *gorgonia.Node {
			m := *tt.method
			m.B, m.FSAL = w, false
			return e.do(func() (*gorgonia.Node, error) {
				st, err := m.step(b, point[*gorgonia.Node]{z: z})
				if err != nil {
					return nil, err
				}
				return gorgonia.Sum(e.mul(st.end.z, data(row(c...))))
			})
		}
		loss := e.add(dot(tt.method.B, lambda), dot(tt.method.Err, mu)) // the latter of z + ũ
		if e.err != nil {
			t.Fatal(e.err)
		}
		d, err := graph.Differentiate(loss, z, e.s.Theta())
		if err != nil {
			t.Fatal(err)
		}
		m := graph.NewMachine(g)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		u := value.Float64s(m.Value(d[0]))
		floats.Sub(u, mu)
		if !floats.EqualApprox(u, tt.u, 1e-12) {
			t.Errorf("%s: gradient of the state %v, expected %v", tt.method.Name, u, tt.u)
		}
		if got := value.Float64s(m.Value(d[1])); !floats.EqualApprox(got, tt.theta, 1e-12) {
			t.Errorf("%s: gradient of the parameter %v, expected %v", tt.method.Name, got, tt.theta)
		}
	}
}

// stockNet is the time-dependent network tanh(z·W + tw + b)·V of stock operations.
func stockNet(w, wt, b, v *graph.Param) Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		of := func(p *graph.Param) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return s.Param(p) })
		}
		times := func(x, y *gorgonia.Node) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(x, y) })
		}
		ones := value.New(z.Dtype(), z.Shape()[0], 1)
		value.SetFloat64s(ones, slicesOf(1, z.Shape()[0]))
		column := e.do(func() (*gorgonia.Node, error) { return s.Data(ones) })
		shift := e.add(e.mul(of(wt), e.do(s.Time)), of(b))
		hidden := e.apply(gorgonia.Tanh, e.add(times(z, of(w)), times(column, shift)))
		n := times(hidden, of(v))
		return n, e.err
	}
}

// slicesOf returns n numbers x.
func slicesOf(x float64, n int) []float64 {
	s := make([]float64, n)
	floats.AddConst(x, s)
	return s
}

// TestRosenbrockInitialState compares the gradient by all parameters and by the initial
// state, which is one of them, with differences over frozen steps, for dynamics of stock
// operations that depend on time.
func TestRosenbrockInitialState(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const batch, dim, hidden = 2, 3, 3
	for _, m := range stiffMethods {
		for _, mode := range []Mode{Called, Inline} {
			p := graph.NewParams(tensor.Float64)
			start := param(t, p, "z0", []float64{1, 0.5, -0.3, 0.2, 0.7, -1}, batch, dim)
			w := param(t, p, "w", []float64{-1.2, 0.4, 0.9, 0.3, -0.8, 1.1, -0.5, 0.6, 0.2}, dim, hidden)
			wt := param(t, p, "wt", []float64{0.7, -0.4, 0.3}, 1, hidden)
			bias := param(t, p, "b", []float64{0.1, 0.2, -0.5}, 1, hidden)
			v := param(t, p, "v", []float64{1.5, 0.4, -0.9, 0.7, 1.2, -0.3, 0.5, 0.8, -2}, hidden, dim)
			set := &Settings{AbsTol: 1e-3, RelTol: Zero, FixedSteps: 4, Mode: mode, SaveAt: []float64{0.3, 0.5, 1}, Regularizers: everyRegularizer}
			o, err := NewSolver(Equation{Drift: stockNet(w, wt, bias, v), Params: p, T1: 1}, m, set)
			if err != nil {
				t.Fatal(err)
			}
			obj := objectiveFrom(t, p, start, o.Unroll)
			_, grad, err := evaluate(obj, p)
			if err != nil {
				t.Fatal(err)
			}
			got := value.Float64s(grad)
			x := p.Vector().Float64s()[start.Offset:][:batch*dim]
			z0 := tensor.New(tensor.WithShape(batch, dim), tensor.WithBacking(x))
			for i, want := range frozenDifferences(t, o, p, z0) {
				if math.Abs(got[i]-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("%s, mode %d: gradient[%d] = %v, expected %v", m.Name, mode, i, got[i], want)
				}
			}
		}
	}
}

// TestRosenbrockErrorGradient: the gradient of E alone, whose terms cancel to a high
// order of the step, against differences.
func TestRosenbrockErrorGradient(t *testing.T) {
	for _, m := range stiffMethods {
		p := graph.NewParams(tensor.Float64)
		theta := param(t, p, "theta", []float64{1.3}, 1, 1)
		o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 0.2}, m,
			&Settings{AbsTol: 1e-6, RelTol: Zero, FixedSteps: 1, Regularizers: []Regularizer{{Term: Error}}})
		if err != nil {
			t.Fatal(err)
		}
		obj := secondResult(t, p, o.Unroll)
		at := func(x float64) float64 {
			p.Vector().Float64s()[0] = x
			loss, err := obj.Evaluate(row(1, 0.5))
			if err != nil {
				t.Fatal(err)
			}
			return loss
		}
		const h = 1e-3
		want := (8*(at(1.3+h)-at(1.3-h)) - (at(1.3+2*h) - at(1.3-2*h))) / (12 * h)
		at(1.3)
		grad, err := p.Grad()
		if err != nil {
			t.Fatal(err)
		}
		if d := value.Scalar(grad); math.Abs(d-want) > 1e-6*math.Abs(want) {
			t.Errorf("%s: derivative of E is %v, expected %v", m.Name, d, want)
		}
	}
}

// TestRosenbrockFloat32 compares values and gradients with those in float64.
func TestRosenbrockFloat32(t *testing.T) {
	for _, m := range stiffMethods {
		var want []float64
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			p := graph.NewParams(dt)
			w := param(t, p, "w", []float64{-1.2, 0.4, 0.3, -0.8}, 2, 2)
			wt := param(t, p, "wt", []float64{0.7, -0.4}, 2)
			o, err := NewSolver(Equation{Drift: func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
				e := &expr{s: s}
				nw, nwt, at := e.do(func() (*gorgonia.Node, error) { return s.Param(w) }), e.do(func() (*gorgonia.Node, error) { return s.Param(wt) }), e.do(s.Time)
				n := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, nw, nil, nwt, at) })
				return n, e.err
			}, Params: p, T1: 1}, m, &Settings{AbsTol: 1e-2, RelTol: 1e-2, FixedSteps: 3, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness}}})
			if err != nil {
				t.Fatal(err)
			}
			obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				out, err := o.Unroll(s, in[0])
				if err != nil {
					return nil, err
				}
				e := &expr{s: s}
				n := e.add(e.add(e.apply(func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }, out[0]), out[1]), out[2])
				return n, e.err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			z0 := value.New(dt, 3, 2)
			value.SetFloat64s(z0, []float64{1, 0.5, -0.25, 2, 0.125, -1})
			loss, grad, err := evaluate(obj, p, z0)
			if err != nil {
				t.Fatal(err)
			}
			got := append(value.Float64s(grad), loss)
			if want == nil {
				want = got
				continue
			}
			if !floats.EqualApprox(got, want, 1e-4) {
				t.Errorf("%s: gradient and loss %v in float32, expected %v", m.Name, got, want)
			}
		}
	}
}

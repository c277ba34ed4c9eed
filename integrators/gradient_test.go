package integrators

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// thetaField is u1' = −θu1 + u2², u2' = u1 − θu1u2.
func thetaField(theta *graph.Param) Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		th := e.do(func() (*gorgonia.Node, error) { return s.Param(theta) })
		x, y := e.column(z, 0), e.column(z, 1)
		thx := e.mul(th, x)
		n := e.pair(e.add(e.scale(-1, thx), e.mul(y, y)), e.add(x, e.scale(-1, e.mul(thx, y))))
		return n, e.err
	}
}

func param(t testing.TB, p *graph.Params, name string, w []float64, shape ...int) *graph.Param {
	t.Helper()
	q, err := p.Add(name, func(x []float64) { copy(x, w) }, shape...)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestGoldenGradients compares values and derivatives with complex-step
// differentiation of an independent implementation.
func TestGoldenGradients(t *testing.T) {
	for _, settings := range []Settings{
		{}, {Memory: Checkpoint}, {Mode: Inline},
		{RoundedEstimate: true}, {RoundedEstimate: true, Memory: Checkpoint}, {RoundedEstimate: true, Mode: Inline},
	} {
		settings.AbsTol, settings.RelTol = 1e-6, 1e-6
		settings.Regularizers = []Regularizer{{Term: Error}, {Term: Stiffness}}
		for i, want := range []struct{ value, derivative float64 }{
			{0.48456105314438946, -0.5001788187911596},
			{0.6571677406822342, -0.31477753329579666},
			{0.016547191930116778, 0.01641972868511973},
			{18.98282541585109, 3.0298531785931884},
		} {
			p := graph.NewParams(tensor.Float64)
			theta := param(t, p, "theta", []float64{1.3}, 1, 1)
			o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 1}, Tsit5, &settings)
			if err != nil {
				t.Fatal(err)
			}
			obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				out, err := o.Unroll(s, in[0])
				if err != nil {
					return nil, err
				}
				if i >= 2 {
					return out[i-1], nil
				}
				e := &expr{s: s}
				c := e.column(out[0], i)
				n := e.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(c) })
				return n, e.err
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			loss, grad, err := evaluate(obj, p, row(1, 0.5))
			if err != nil {
				t.Fatal(err)
			}
			if st := o.Last(); st.NFE != 69 || st.Accepted != 11 || st.Rejected != 0 {
				t.Errorf("NFE %d, accepted %d, rejected %d, want 69, 11, 0", st.NFE, st.Accepted, st.Rejected)
			}
			// R_E sums errors of 1e-6 and less, known to no more than the rounding
			// of the stages: below 1 the tolerance is absolute.
			if math.Abs(loss-want.value) > 1e-9*max(1, want.value) {
				t.Errorf("%+v: quantity %d = %v, want %v", settings, i, loss, want.value)
			}
			if d := value.Scalar(grad); math.Abs(d-want.derivative) > 1e-9 {
				t.Errorf("%+v: derivative of quantity %d = %v, want %v", settings, i, d, want.derivative)
			}
		}
	}
}

// netDynamics is a time-dependent network tanh([x;t]·W + b)·V.
func netDynamics(t testing.TB, p *graph.Params, dim, hidden int) Dynamics {
	rng := rand.New(rand.NewPCG(3, 5))
	normal := func(n int) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = rng.NormFloat64()
		}
		return w
	}
	w := param(t, p, "w", normal(dim*hidden), dim, hidden)
	wt := param(t, p, "wt", normal(hidden), hidden)
	b := param(t, p, "b", normal(hidden), hidden)
	v := param(t, p, "v", normal(hidden*dim), hidden, dim)
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		nw, nwt, nb, nv := e.do(func() (*gorgonia.Node, error) { return s.Param(w) }), e.do(func() (*gorgonia.Node, error) { return s.Param(wt) }),
			e.do(func() (*gorgonia.Node, error) { return s.Param(b) }), e.do(func() (*gorgonia.Node, error) { return s.Param(v) })
		tm := e.do(s.Time)
		h := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, nw, nb, nwt, tm) })
		n := e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(h, nv) })
		return n, e.err
	}
}

// solveLoss is a loss with every kind of regularizer in it.
func solveLoss(s *graph.Scope, z0 *gorgonia.Node, unroll func(*graph.Scope, *gorgonia.Node, ...*gorgonia.Node) (gorgonia.Nodes, error)) (*gorgonia.Node, error) {
	out, err := unroll(s, z0)
	if err != nil {
		return nil, err
	}
	e := &expr{s: s}
	sq := e.mul(out[0], out[0])
	loss := e.do(func() (*gorgonia.Node, error) { return gorgonia.Mean(sq) })
	for i, r := range out[1:] {
		loss = e.add(loss, e.scale(float64(i+1)*0.3, r))
	}
	return loss, e.err
}

var everyRegularizer = []Regularizer{
	{Term: Error}, {Term: Error, Aggregation: Mean}, {Term: ErrorSquared}, {Term: ErrorSquared, Aggregation: Max},
	{Term: Stiffness}, {Term: Stiffness, Aggregation: Mean}, {Term: Stiffness, Aggregation: Max},
}

// TestSolveGradients compares the gradient of a whole solve, R_E and R_S in
// the loss, across the ways to run it and with finite differences. The steps
// are frozen by solving the recorded frames again in order; a relative
// tolerance of nearly zero freezes the tolerance scale too.
func TestSolveGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const batch, dim, hidden = 3, 2, 4
	for _, tt := range []struct {
		name   string
		m      Method
		t1     float64
		tol    float64
		saveAt []float64
	}{
		{"Tsit5", Tsit5, 1, 1e-3, nil},
		{"Tsit5 backwards", Tsit5, -1, 1e-2, nil},
		{"Tsit5 saved", Tsit5, 1, 1e-3, []float64{0, 0.01, 0.02, 0.3, 0.3, 0.71, 1}},
		{"DP5 saved", DP5, 1, 1e-3, []float64{0.11, 0.5, 0.93}},
		{"DP5 saved densely", DP5, 1, 1e-2, floats.Span(make([]float64, 2*maxDense+9), 0.5, 0.5001)},
		{"HeunEuler", HeunEuler, 0.5, 1e-1, nil},
		{"Vern7 saved", Vern7, 1, 1e-3, []float64{0.25, 0.5, 0.75}},
		{"Dopri8", Dopri8, 3, 10, nil},
		{"Rosenbrock23", Rosenbrock23, 1, 1e-1, nil},
		{"Rosenbrock23 backwards", Rosenbrock23, -0.5, 1e-1, nil},
		{"Rosenbrock23 saved", Rosenbrock23, 0.5, 1e-1, []float64{0, 0.01, 0.02, 0.3, 0.3, 0.41, 0.5}},
		{"Rodas5P", Rodas5P, 1, 1e-3, nil},
		{"Rodas5P saved", Rodas5P, 1, 1e-3, []float64{0, 0.01, 0.02, 0.3, 0.3, 0.71, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			type result struct {
				name string
				loss float64
				grad []float64
			}
			var results []result
			checkpointed := 0
			x := tensor.New(tensor.WithShape(batch, dim), tensor.WithBacking([]float64{1, 0.5, -0.3, 0.2, 2, -1}))
			for _, mode := range []Mode{Called, Inline} {
				for _, memory := range []Memory{Store, Checkpoint} {
					if mode == Inline && memory == Checkpoint {
						continue // a call is what is checkpointed
					}
					p := graph.NewParams(tensor.Float64)
					set := &Settings{AbsTol: tt.tol, RelTol: 1e-300, Mode: mode, Memory: memory, SaveAt: tt.saveAt, Regularizers: everyRegularizer}
					o, err := NewSolver(Equation{Drift: netDynamics(t, p, dim, hidden), Params: p, T1: tt.t1}, tt.m, set)
					if err != nil {
						t.Fatal(err)
					}
					obj := objectiveOf(t, p, o.Unroll)
					if mode == Called && memory == Checkpoint {
						checkpointed = len(results)
					}
					for k := range 2 {
						loss, grad, err := evaluate(obj, p, x)
						if err != nil {
							t.Fatal(err)
						}
						results = append(results, result{fmt.Sprintf("mode %d memory %d evaluation %d", mode, memory, k), loss, value.Float64s(grad)})
					}
					if c := obj.Cache(); c.Hits != 1 || c.Misses != 1 {
						t.Errorf("cache %+v, want a miss and a hit", c)
					}
					// The same graph on Gorgonia's tape machine.
					loss, grad := onTapeMachine(t, o, p, x)
					results = append(results, result{fmt.Sprintf("mode %d memory %d on the tape machine", mode, memory), loss, grad})
					if mode == Called && memory == Store {
						results = append(results, result{"finite differences", loss, frozenDifferences(t, o, p, x)})
					}
				}
			}
			want := results[0]
			for _, r := range results[1:] {
				tol := 1e-10
				if r.name == "finite differences" {
					tol = 1e-6
				}
				if math.Abs(r.loss-want.loss) > 1e-10*math.Abs(want.loss) {
					t.Errorf("%s: loss %v, want %v", r.name, r.loss, want.loss)
				}
				for i, d := range r.grad {
					if math.Abs(d-want.grad[i]) > tol*(1+math.Abs(want.grad[i])) {
						t.Errorf("%s: gradient[%d] = %v, want %v", r.name, i, d, want.grad[i])
					}
				}
			}
			// Storing and checkpointing compute the same, bit for bit.
			for i, d := range results[0].grad {
				if c := results[checkpointed].grad[i]; c != d {
					t.Errorf("gradient[%d] is %v stored, %v checkpointed", i, d, c)
				}
			}
		})
	}
}

// frozenDifferences differentiates the loss of one numeric solve by central
// differences over its recorded frames.
func frozenDifferences(t *testing.T, o *Solver, p *graph.Params, z0 gorgonia.Value) []float64 {
	t.Helper()
	solved, err := site{o}.Solve([]gorgonia.Value{z0})
	if err != nil {
		t.Fatal(err)
	}
	r := solved.(*solve)
	defer r.Release()
	loss := func() float64 {
		var z []float64
		must := func(fr *graph.Frame) {
			if err := fr.Forward(); err != nil {
				t.Fatal(err)
			}
		}
		if r.first != nil {
			must(r.first)
		}
		for range r.atStart {
			z = append(z, value.Float64s(z0)...)
		}
		terms := make([][]float64, len(o.settings.Regularizers))
		var end gorgonia.Value
		for _, st := range r.steps {
			if st.first != nil {
				must(st.first)
			}
			must(st.frame)
			end = st.frame.Out(0)
			for j := range terms {
				terms[j] = append(terms[j], st.frame.Scalar(int(r.fn.step.out.terms)+j))
			}
			for _, fr := range st.dense {
				must(fr)
				for j := range fr.Function().Outputs() {
					z = append(z, value.Float64s(fr.Out(j))...)
				}
			}
			for range st.atEnd {
				z = append(z, value.Float64s(end)...)
			}
		}
		if len(o.settings.SaveAt) == 0 {
			z = value.Float64s(end)
		}
		l := 0.0
		for _, x := range z {
			l += x * x / float64(len(z))
		}
		for j, reg := range o.settings.Regularizers {
			s := reg.initial()
			for _, x := range terms[j] {
				if reg.Aggregation == Max {
					s = math.Max(s, x)
				} else {
					s += x
				}
			}
			if reg.Aggregation == Mean {
				s /= float64(len(terms[j]) + 1)
			}
			l += float64(j+1) * 0.3 * s
		}
		return l
	}
	w := p.Vector().Float64s()
	d := make([]float64, len(w))
	for i, x := range w {
		// A fourth-order difference, since the stiffness is itself a quotient
		// of small differences.
		const h = 1e-4
		at := func(k float64) float64 { w[i] = x + k*h; return loss() }
		d[i] = (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * h)
		w[i] = x
	}
	return d
}

package integrators

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// rowModel is a batch of which every row is a problem of its own.
type rowModel struct {
	dtype    tensor.Dtype
	dim      int
	starts   [][]float64
	contexts [][]float64 // rates, most of them moderate and some large
	weights  [][]float64 // of the loss
	t0, t1   []float64
	saveAt   [][]float64
}

func newRowModel(rng *rand.Rand, dt tensor.Dtype, n, dim int, c rowCase) *rowModel {
	m := &rowModel{dtype: dt, dim: dim}
	normal := func(sd float64) []float64 {
		x := make([]float64, dim)
		for i := range x {
			x[i] = sd * rng.NormFloat64()
		}
		return x
	}
	for b := range n {
		rate := make([]float64, dim)
		for i := range rate {
			rate[i] = 1 + 3*rng.Float64()
			switch {
			case c.method.traits().stochastic:
				rate[i] /= 3
			case b%4 == 1:
				rate[i] *= 6
			}
		}
		t0, t1 := 0.3*rng.Float64(), 0.7+0.5*rng.Float64()
		if b == 2 {
			t1 = t0 // a span of no length
		}
		times := make([]float64, c.saves)
		for j := range times {
			times[j] = t0 + (t1-t0)*rng.Float64()
		}
		slices.Sort(times)
		if c.saves > 1 {
			times[c.saves-1] = t1
			if b%3 == 0 {
				times[0] = t0
			}
			if b%2 == 0 { // a series that is shorter
				times[c.saves-2] = t1
			}
		}
		if c.back {
			t0, t1 = t1, t0
			slices.Reverse(times)
		}
		m.starts, m.contexts, m.weights = append(m.starts, normal(1)), append(m.contexts, rate), append(m.weights, normal(1))
		m.t0, m.t1, m.saveAt = append(m.t0, t0), append(m.t1, t1), append(m.saveAt, times)
	}
	return m
}

func matrixOf(dt tensor.Dtype, rows [][]float64) gorgonia.Value {
	v := value.New(dt, len(rows), len(rows[0]))
	value.SetFloat64s(v, slices.Concat(rows...))
	return v
}

// pick returns the entries of some rows.
func pick[T any](all []T, rows []int) []T {
	some := make([]T, len(rows))
	for i, b := range rows {
		some[i] = all[b]
	}
	return some
}

// rowSolver is a solver for a number of rows of a model, and the loss of their solutions.
type rowSolver struct {
	*Solver
	model          *rowModel
	params         *graph.Params
	start, context *graph.Param
	weights        gorgonia.Value
	objective      *graph.Objective // nil until needed
}

// solver returns a solver for n rows.
func (m *rowModel) solver(t testing.TB, c rowCase, n int) *rowSolver {
	t.Helper()
	const hidden = 7
	rng := rand.New(rand.NewPCG(5, 7))
	p := graph.NewParams(m.dtype)
	normals := func(name string, sd float64, shape ...int) *graph.Param {
		x := make([]float64, tensor.Shape(shape).TotalSize())
		for i := range x {
			x[i] = sd * rng.NormFloat64()
		}
		return param(t, p, name, x, shape...)
	}
	w1, wt, w2 := normals("w1", 1, m.dim, hidden), normals("wt", 1, 1, hidden), normals("w2", 0.7, hidden, m.dim)
	w3 := normals("w3", 0.7, hidden, m.dim*max(1, c.processes))
	field := func(scale float64, ofState bool, w2 *graph.Param) Dynamics { // rate ⊙ tanh(z w1 + t wt) w2
		return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
			e := &expr{s: s}
			product := func(x *gorgonia.Node, q *graph.Param) *gorgonia.Node {
				w := e.do(func() (*gorgonia.Node, error) { return s.Param(q) })
				return e.do(func() (*gorgonia.Node, error) { return ops.MatMul(x, w, false, false) })
			}
			rate := e.do(func() (*gorgonia.Node, error) { return s.Context(0) })
			x := product(e.do(s.Time), wt)
			if ofState {
				x = e.add(product(z, w1), x)
			}
			y := product(e.apply(gorgonia.Tanh, x), w2)
			if w2.Shape[1] == m.dim {
				y = e.mul(rate, y)
			}
			return e.scale(scale, y), e.err
		}
	}
	eq := Equation{Drift: field(1, true, w2), Params: p, T1: 1}
	if c.method.traits().stochastic {
		eq.Diffusion = field(0.05, c.form != Additive, w3)
		eq.Form, eq.Processes, eq.Calculus, eq.Noise = c.form, c.processes, c.in, &Noise{Seed: 3, Tree: c.tree}
	}
	set := c.set
	if c.integral {
		set.Integrand = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
			k, err := field(1, true, w2)(s, z)
			if err != nil {
				return nil, nil, err
			}
			g, err := ops.RowMeanSquare(k)
			return k, gorgonia.Nodes{g}, err
		}
	}
	set.Steps, set.Record = PerRow, true
	for j := range c.saves {
		set.SaveAt = append(set.SaveAt, float64(j)/float64(c.saves))
	}
	o, err := NewSolver(eq, c.method, &set)
	if err != nil {
		t.Fatal(err)
	}
	return &rowSolver{Solver: o, model: m, params: p,
		start: normals("start", 1, n, m.dim), context: normals("context", 1, n, m.dim), weights: value.New(m.dtype, max(1, c.saves)*n, m.dim)}
}

// load makes the problems those of some rows of the model.
func (o *rowSolver) load(t testing.TB, rows []int) {
	t.Helper()
	m := o.model
	if err := o.SetRowTimes(pick(m.t0, rows), pick(m.t1, rows), pick(m.saveAt, rows)); err != nil {
		t.Fatal(err)
	}
	o.noise.Keys = nil
	for _, b := range rows {
		o.noise.Keys = append(o.noise.Keys, uint64(b))
	}
	all := o.params.Float64s()
	copy(all[o.start.Offset:], slices.Concat(pick(m.starts, rows)...))
	copy(all[o.context.Offset:], slices.Concat(pick(m.contexts, rows)...))
	o.params.SetFloat64s(all)
	w := slices.Concat(pick(m.weights, rows)...)
	value.SetFloat64s(o.weights, slices.Repeat(w, o.weights.Shape()[0]/len(rows)))
}

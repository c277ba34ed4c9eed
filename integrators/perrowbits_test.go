package integrators

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// rowCase is a kind of solve with steps per row.
type rowCase struct {
	name   string
	method Method
	form   NoiseForm
	in     Calculus
	set    Settings
	tree   float64 // of the noise
	back   bool    // time runs backwards
	saves  int     // number of save times

	integral bool // an integral is among the regularizers
}

// rough tolerances take few steps.
var rough = Settings{AbsTol: 0.1, RelTol: 0.1}

var rowCases = []rowCase{
	{name: "Tsit5", method: Tsit5},
	{name: "Tsit5, backwards", method: Tsit5, back: true, saves: 3},
	{name: "BS3, saved", method: BS3, saves: 5, set: Settings{AbsTol: 1e-3, RelTol: 1e-3}},
	{name: "Tsit5, many saved", method: Tsit5, saves: 150},
	{name: "Vern7, saved", method: Vern7, saves: 4, set: Settings{AbsTol: 1e-7, RelTol: 1e-7}},
	{name: "Heun-Euler", method: HeunEuler, set: Settings{AbsTol: 1e-2, RelTol: 1e-2}},
	{name: "Tsit5, an integral", method: Tsit5, integral: true, saves: 2},
	{name: "RK4, an integral", method: RK4, integral: true, set: Settings{FixedSteps: 3}},
	{name: "Dopri8", method: Dopri8, set: Settings{AbsTol: 1e-8, RelTol: 1e-8}},
	{name: "Rosenbrock23", method: Rosenbrock23, saves: 2},
	{name: "Rodas5P", method: Rodas5P, set: Settings{AbsTol: 1e-5, RelTol: 1e-5}},
	{name: "RK4", method: RK4, set: Settings{FixedSteps: 4}, saves: 2},
	{name: "SOSRI", method: SOSRI, set: rough},
	{name: "SOSRI2, saved", method: SOSRI2, saves: 4, set: rough},
	{name: "SOSRI2, a tree", method: SOSRI2, saves: 4, tree: 1e-6, set: rough},
	{name: "SOSRA, additive", method: SOSRA, form: Additive, set: rough},
	{name: "SPaRK", method: SPaRK, form: Commutative, in: Stratonovich, saves: 2},
	{name: "reversible Heun", method: ReversibleHeun, form: Commutative, in: Stratonovich, saves: 3},
	{name: "Euler-Maruyama", method: EulerMaruyama, set: Settings{FixedSteps: 5}},
}

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
	field := func(scale float64, ofState bool) Dynamics { // rate ⊙ tanh(z w1 + t wt) w2
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
			return e.scale(scale, e.mul(rate, product(e.apply(gorgonia.Tanh, x), w2))), e.err
		}
	}
	eq := Equation{Drift: field(1, true), Params: p, T1: 1}
	if c.method.traits().stochastic {
		eq.Diffusion = field(0.05, c.form != Additive)
		eq.Form, eq.Calculus, eq.Noise = c.form, c.in, &Noise{Seed: 3, Tree: c.tree}
	}
	set := c.set
	if c.integral {
		set.Integrand = func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
			k, err := field(1, true)(s, z)
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

// rowResult is all that a solve says about a row.
type rowResult struct {
	states   []float64
	steps    []Step
	outcome  RowOutcome
	gradient []float64 // by the initial state and the context of the row
}

func (r rowResult) String() string {
	return fmt.Sprintf("states %v, steps %v, %+v, gradient %v", r.states, r.steps, r.outcome, r.gradient)
}

// equal compares bits; no number is NaN.
func (r *rowResult) equal(s *rowResult) bool {
	a, b := r.outcome, s.outcome
	return slices.Equal(r.states, s.states) && slices.Equal(r.steps, s.steps) && a == b && slices.Equal(r.gradient, s.gradient)
}

// split says of every row what a solution says.
func (sol *Solution) split(states []float64, dim int) []rowResult {
	n := len(sol.Rows)
	all := make([]rowResult, n)
	for i := 0; i < len(states)/dim; i++ {
		all[i%n].states = append(all[i%n].states, states[i*dim:(i+1)*dim]...)
	}
	for b := range all {
		all[b].outcome = sol.Rows[b]
	}
	for _, s := range sol.Steps {
		b := s.Row
		s.Row = 0
		all[b].steps = append(all[b].steps, s)
	}
	return all
}

// predict solves for some rows of the model.
func (o *rowSolver) predict(t testing.TB, rows []int) []rowResult {
	t.Helper()
	o.load(t, rows)
	m := o.model
	sol, err := o.Predict(matrixOf(m.dtype, pick(m.starts, rows)), matrixOf(m.dtype, pick(m.contexts, rows)))
	if err != nil {
		t.Fatal(err)
	}
	return sol.split(value.Float64s(sol.Z), m.dim)
}

// compareRows compares every row of batches with the same row alone, among others, in
// other orders and on other numbers of processors.
func compareRows(t *testing.T, c rowCase, dt tensor.Dtype, solve func(o *rowSolver, rows []int) []rowResult) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = 8
	rng := rand.New(rand.NewPCG(13, 1))
	m := newRowModel(rng, dt, n, 3, c)
	one, most := m.solver(t, c, 1), m.solver(t, c, n)
	alone := make([]rowResult, n)
	for b := range alone {
		alone[b] = solve(one, []int{b})[0]
	}
	for _, procs := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(procs)
		rows := rng.Perm(n)
		if procs == 2 {
			rows[0] = rows[1] // twice the same problem
		}
		for k, got := range solve(most, rows) {
			if want := alone[rows[k]]; !got.equal(&want) {
				t.Fatalf("%v, row %d of %v on %d processors: %v, alone %v", dt, rows[k], rows, procs, got, want)
			}
		}
	}
}

// TestRowsDoNotKnowTheirNeighbours compares the solution and the steps of every row.
func TestRowsDoNotKnowTheirNeighbours(t *testing.T) {
	for _, c := range rowCases {
		t.Run(c.name, func(t *testing.T) {
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				if dt == tensor.Float32 && c.set.AbsTol > 0 && c.set.AbsTol < 1e-6 {
					continue // below the rounding of the element type
				}
				compareRows(t, c, dt, func(o *rowSolver, rows []int) []rowResult { return o.predict(t, rows) })
			}
		})
	}
}

package integrators

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/tensor"

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

	integral  bool // an integral is among the regularizers
	processes int  // of a row, 0 for one an entry
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
	{name: "SPaRK, two processes", method: SPaRK, form: General, processes: 2, in: Stratonovich, saves: 2},
	{name: "Stratonovich-Milstein, two processes", method: StratonovichMilstein, form: Commutative, processes: 2, in: Stratonovich, set: Settings{FixedSteps: 4}},
	{name: "Tsit5, an error norm of two columns", method: Tsit5, set: Settings{ErrorColumns: 2, TimeOrigin: -0.5}},
	{name: "Euler-Maruyama", method: EulerMaruyama, set: Settings{FixedSteps: 5}},
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

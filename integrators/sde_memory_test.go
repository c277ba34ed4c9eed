package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// fusedDiffusion is the layer z·G + b of one fused operation.
func fusedDiffusion(t testing.TB, p *graph.Params, dim int) Dynamics {
	g := param(t, p, "g", make([]float64, dim*dim), dim, dim)
	b := param(t, p, "gb", floats.Span(make([]float64, dim), 0.1, 0.3), dim)
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		ng, err := s.Param(g)
		if err != nil {
			return nil, err
		}
		nb, err := s.Param(b)
		if err != nil {
			return nil, err
		}
		return ops.Affine(ops.Identity, z, ng, nb, nil, nil)
	}
}

// fusedSDE returns a solver of a fused network.
func fusedSDE(t testing.TB, m *SRI, dim, hidden int, set Settings) (*Solver, *graph.Params) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	o, err := NewSolver(Equation{Drift: fusedNet(t, p, dim, hidden), Diffusion: fusedDiffusion(t, p, dim), Params: p, T1: 1}, m, &set)
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

// eachSDEMemory runs a test without and with save times, some at the ends of
// steps, and in both memory modes.
func eachSDEMemory(t *testing.T, f func(t *testing.T, m *SRI, set Settings)) {
	t.Helper()
	for _, m := range []*SRI{SOSRI2, EulerMaruyama} {
		eachMemory(t, func(t *testing.T, set Settings) {
			if !m.Adaptive() {
				set.Regularizers = nil
			}
			f(t, m, set)
		})
	}
}

// TestSDEForwardAllocations: a kept solve allocates nothing for a step once there
// are frames for it, neither its noise.
func TestSDEForwardAllocations(t *testing.T) {
	eachSDEMemory(t, func(t *testing.T, m *SRI, set Settings) {
		var allocs [2]float64
		for i, n := range []int{few, many} {
			set.FixedSteps = n
			o, _ := fusedSDE(t, m, 2, 8, set)
			z0 := row(1, -1)
			solve := func() {
				solved, err := site{o}.Solve([]gorgonia.Value{z0})
				if err != nil {
					t.Fatal(err)
				}
				solved.Release()
			}
			solve() // compiles
			allocs[i] = testing.AllocsPerRun(5, solve)
		}
		sameAllocations(t, m.Name, allocs)
	})
}

// TestSDEPredictMemory: Predict holds two steps, however many it takes, and a step
// allocates nothing.
func TestSDEPredictMemory(t *testing.T) {
	for _, m := range sdeMethods {
		var allocs [2]float64
		var bytes [2]int
		for i, n := range []int{few, many} {
			o, _ := fusedSDE(t, m, 2, 8, Settings{FixedSteps: n, SaveAt: floats.Span(make([]float64, 2*n+1), 0, 1)})
			z0 := row(1, -1)
			solve := func() {
				if _, err := o.Predict(z0); err != nil {
					t.Fatal(err)
				}
			}
			solve() // compiles
			allocs[i] = testing.AllocsPerRun(5, solve)
			bytes[i] = o.Bytes()
		}
		sameAllocations(t, m.Name, allocs)
		if bytes[0] != bytes[1] {
			t.Errorf("%s: %d bytes for %d steps, %d for %d, expected the same", m.Name, bytes[0], few, bytes[1], many)
		}
	}
}

// TestSDERejectionAllocations: neither does a step that is rejected, or the memory
// of its noise, once the stacks have their size.
func TestSDERejectionAllocations(t *testing.T) {
	var allocs [2]float64
	var rejected [2]int
	for i, first := range []float64{0.02, 0.25} {
		o, _ := fusedSDE(t, SOSRI2, 2, 8, Settings{AbsTol: 0.1, RelTol: 0.1, InitialStep: first})
		z0 := row(1, -1)
		solve := func() {
			if _, err := o.Predict(z0); err != nil {
				t.Fatal(err)
			}
		}
		solve() // compiles
		rejected[i] = o.Last().Rejected
		allocs[i] = testing.AllocsPerRun(5, solve)
	}
	if rejected[0] > 0 || rejected[1] < 3 {
		t.Errorf("%d and %d rejected steps, expected none and 3", rejected[0], rejected[1])
	}
	if math.Abs(allocs[1]-allocs[0]) > 2 { // those of pools that the garbage collector has emptied
		t.Errorf("%v allocations with %d rejected steps, %v with %d, expected the same", allocs[0], rejected[0], allocs[1], rejected[1])
	}
}

// TestSDEEvaluateAllocations: neither does an evaluation with gradient as a whole,
// once its graph is in the cache.
func TestSDEEvaluateAllocations(t *testing.T) {
	eachSDEMemory(t, func(t *testing.T, m *SRI, set Settings) {
		var allocs [2]float64
		for i, n := range []int{few, many} {
			set.FixedSteps = n
			o, p := fusedSDE(t, m, 2, 8, set)
			obj := fusedObjective(t, o, p)
			z0 := row(1, -1)
			evaluate := func() {
				if _, err := obj.Evaluate(z0); err != nil {
					t.Fatal(err)
				}
			}
			evaluate() // builds the graph; the next one gives the frames of this one back
			evaluate()
			allocs[i] = testing.AllocsPerRun(5, evaluate)
		}
		sameAllocations(t, m.Name, allocs)
	})
}

// TestSDECheckpointMemory: checkpoints hold less than everything, though the noise
// of every step is kept, and frames are used again from one evaluation to the next.
func TestSDECheckpointMemory(t *testing.T) {
	bytes := map[Memory]int{}
	for _, memory := range []Memory{Store, Checkpoint} {
		o, p := fusedSDE(t, SOSRI2, 2, 8, Settings{FixedSteps: few, Memory: memory, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Max}}})
		z0 := row(1, -1)
		obj := objectiveOf(t, p, o.Unroll)
		for range 3 {
			lossGradient(t, obj, p, z0)
			if bytes[memory] == 0 {
				bytes[memory] = o.Bytes()
			}
		}
		if b := o.Bytes(); b != bytes[memory] {
			t.Errorf("memory %d: %d bytes after the first evaluation, %d after more", memory, bytes[memory], b)
		}
	}
	if bytes[Checkpoint] > bytes[Store]/2 {
		t.Errorf("checkpoints of %d bytes, everything is %d", bytes[Checkpoint], bytes[Store])
	}
}

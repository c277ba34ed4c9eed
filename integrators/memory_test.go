package integrators

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// fusedNet is the network tanh([x;t]·W + b)·V + c of fused operations alone.
func fusedNet(t testing.TB, p *graph.Params, dim, hidden int) Dynamics {
	rng := rand.New(rand.NewPCG(7, 11))
	normal := func(n int) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = rng.NormFloat64() / 2
		}
		return w
	}
	w := param(t, p, "w", normal(dim*hidden), dim, hidden)
	wt := param(t, p, "wt", normal(hidden), hidden)
	b := param(t, p, "b", normal(hidden), hidden)
	v := param(t, p, "v", normal(hidden*dim), hidden, dim)
	c := param(t, p, "c", normal(dim), dim)
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		get := func(p *graph.Param) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return s.Param(p) })
		}
		nw, nwt, nb, nv, nc, at := get(w), get(wt), get(b), get(v), get(c), e.do(s.Time)
		h := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, nw, nb, nwt, at) })
		n := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Identity, h, nv, nc, nil, nil) })
		return n, e.err
	}
}

// fixed returns a solver of n equal steps of a fused network with two states.
func fixed(t testing.TB, m *Tableau, n int, set Settings) (*ODE, *graph.Params) {
	p := graph.NewParams(tensor.Float64)
	set.FixedSteps = n
	o, err := NewODE(m, fusedNet(t, p, 2, 8), p, 0, 1, &set)
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

// TestPredictMemory: Predict holds two steps, however many it takes, and a step
// allocates nothing.
func TestPredictMemory(t *testing.T) {
	for _, m := range methods {
		const few, many = 4, 104
		var allocs [2]float64
		var bytes [2]int
		for i, n := range []int{few, many} {
			o, _ := fixed(t, m, n, Settings{})
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
		if allocs[0] != allocs[1] {
			t.Errorf("%s: %v allocations in %d steps, %v in %d, expected the same", m.Name, allocs[0], few, allocs[1], many)
		}
		if bytes[0] != bytes[1] {
			t.Errorf("%s: %d bytes for %d steps, %d for %d, expected the same", m.Name, bytes[0], few, bytes[1], many)
		}
	}
}

// TestUnrollMemory: once its graph is in the cache, an evaluation with gradient
// reuses frames and allocates little for a step. Checkpoints hold less than
// everything.
func TestUnrollMemory(t *testing.T) {
	bytes := map[Memory]int{}
	for _, memory := range []Memory{Store, Checkpoint} {
		const few, many = 4, 104
		var allocs [2]float64
		for i, n := range []int{few, many} {
			o, p := fixed(t, Tsit5, n, Settings{Memory: memory, Regularizers: []Regularizer{{Error, ops.Sum}, {Stiffness, ops.Max}}})
			obj := objective(t, o, p, []graph.Input{{Name: "z0", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}}})
			z0 := row(1, -1)
			evaluate := func() {
				if _, _, err := obj.Evaluate(z0); err != nil {
					t.Fatal(err)
				}
			}
			evaluate()
			bytes[memory] = o.Bytes()
			allocs[i] = testing.AllocsPerRun(5, evaluate)
			if b := o.Bytes(); b != bytes[memory] {
				t.Errorf("memory %d: %d bytes after the first evaluation, %d after more", memory, bytes[memory], b)
			}
		}
		if perStep := (allocs[1] - allocs[0]) / (many - few); perStep > 1 {
			t.Errorf("memory %d: %v allocations a step, expected at most one", memory, perStep)
		}
	}
	if bytes[Checkpoint] > bytes[Store]/2 {
		t.Errorf("checkpoints of %d bytes, everything is %d", bytes[Checkpoint], bytes[Store])
	}
}

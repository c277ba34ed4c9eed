package layers_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/docs/doctest"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const (
	sizeBatch = 16
	sizeDim   = 20
)

// size trains the paper's MNIST model, made smaller, for one iteration with a
// number of steps, and returns the nodes of its graph, gradient included, and
// the bytes of the solver's functions and frames.
func size(t *testing.T, steps int, mode integrators.Mode, memory integrators.Memory) (nodes, bytes int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float32)
	d1 := must(layers.NewTimeDense(p, "d1", sizeDim, 10, layers.Tanh, rng))
	d2 := must(layers.NewTimeDense(p, "d2", 10, sizeDim, layers.Tanh, rng))
	head := must(layers.NewDense(p, "head", sizeDim, 10, layers.Identity, rng))
	penalty := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Mean}
	node := must(layers.NewNeuralODE(p, layers.Chain{d1, d2}, 0, 1, integrators.Tsit5, &integrators.Settings{
		FixedSteps: steps, Mode: mode, Memory: memory, Regularizers: []integrators.Regularizer{penalty}}))
	model := classify(layers.Chain{node, head})
	var g *gorgonia.ExprGraph
	objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		g = s.Graph()
		loss, err := model(s, in)
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, penalty, in[2])
	}, nil))
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(sizeBatch, sizeDim))
	labels := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(sizeBatch))
	if _, err := objective.Evaluate(x, labels, gorgonia.NewF32(1)); err != nil {
		t.Fatal(err)
	}
	return len(g.AllNodes()), node.Bytes()
}

// A step adds a fixed number of nodes to the outer graph, and called steps add
// few.
func TestGraphSize(t *testing.T) {
	perStep := map[integrators.Mode]int{}
	for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
		n4, _ := size(t, 4, mode, integrators.Store)
		n8, _ := size(t, 8, mode, integrators.Store)
		n16, _ := size(t, 16, mode, integrators.Store)
		if (n16-n8)%8 != 0 || n16-n8 != 2*(n8-n4) {
			t.Errorf("mode %d: %d, %d and %d nodes for 4, 8 and 16 steps, expected linear growth", mode, n4, n8, n16)
		}
		perStep[mode] = (n16 - n8) / 8
		t.Logf("mode %d: %d nodes for 16 steps, %d a step", mode, n16, perStep[mode])
	}
	if perStep[integrators.Called] > 20 || perStep[integrators.Inline] < 5*perStep[integrators.Called] {
		t.Errorf("%d nodes for a called step and %d for one inline, expected at most 20 and over five times as many",
			perStep[integrators.Called], perStep[integrators.Inline])
	}
	doctest.Check(t, "../docs/design.md", "graph size", fmt.Sprintf(
		"A called Tsit5 step with one regularizer is %d nodes of the outer graph, forward and reverse together. "+
			"Written out (`Mode: Inline`) the same step is %d nodes with fused operations.",
		perStep[integrators.Called], perStep[integrators.Inline]), 0)
}

// A checkpointed step of a FSAL method holds its end state and its last stage,
// and three scalars.
func TestCheckpointMemory(t *testing.T) {
	perStep := map[integrators.Memory]int{}
	for _, memory := range []integrators.Memory{integrators.Store, integrators.Checkpoint} {
		_, b8 := size(t, 8, integrators.Called, memory)
		_, b16 := size(t, 16, integrators.Called, memory)
		perStep[memory] = (b16 - b8) / 8
		t.Logf("memory %d: %d bytes a step, %d bytes a state", memory, perStep[memory], 4*sizeBatch*sizeDim)
	}
	const state = 4 * sizeBatch * sizeDim
	if got := perStep[integrators.Checkpoint]; got < 2*state || got > 2*state+16 {
		t.Errorf("%d bytes a checkpointed step, expected two states of %d and a few scalars", got, state)
	}
	if got := perStep[integrators.Store]; got < 5*state {
		t.Errorf("%d bytes a stored step, expected the stages besides the two states of %d", got, state)
	}
	doctest.Check(t, "../docs/design.md", "memory", fmt.Sprintf("a step takes %d bytes with `Store` and %d with `Checkpoint`,",
		perStep[integrators.Store], perStep[integrators.Checkpoint]), 0)
}

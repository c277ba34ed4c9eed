package layers_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// Training is all that changes from one iteration to the next: the parameters
// and the optimizer.
type Training struct {
	params    *graph.Params
	solver    *optim.Solver
	objective *graph.Objective
}

// NewTraining declares the model and its loss, the same in every process.
func NewTraining() *Training {
	params, rng := graph.NewParams(tensor.Float64), rand.New(rand.NewPCG(1, 0))
	penalty := integrators.Regularizer{Term: integrators.Error, Aggregation: integrators.Sum}
	node := must(layers.NewNeuralODE(params, must(layers.NewDense(params, "f", 2, 2, layers.Tanh, rng)), 0, 1, integrators.Tsit5,
		&integrators.Settings{Regularizers: []integrators.Regularizer{penalty}}))
	objective := must(graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := node.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		loss, err := losses.MeanSquaredError(z, in[1])
		if err != nil {
			return nil, err
		}
		return losses.Penalized(s, loss, penalty, in[2])
	}, nil))
	return &Training{params, must(optim.New(optim.Adam{}, nil)), objective}
}

// Save writes parameters and optimizer one after the other.
func (t *Training) Save(w io.Writer) error {
	if err := t.params.Save(w); err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(t.solver.State())
}

// Load reads what Save wrote.
func (t *Training) Load(r io.Reader) error {
	if err := t.params.Load(r); err != nil {
		return err
	}
	var state optim.State
	if err := gob.NewDecoder(r).Decode(&state); err != nil {
		return err
	}
	return t.solver.SetState(state)
}

// Run trains for some iterations.
func (t *Training) Run(iterations int) {
	start := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 0}))
	end := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{0, 1}))
	for range iterations {
		if _, err := t.objective.Evaluate(start, end, gorgonia.NewF64(0.1)); err != nil {
			log.Fatal(err)
		}
		if err := t.solver.Step([]gorgonia.ValueGrad{t.params}); err != nil {
			log.Fatal(err)
		}
	}
}

// Training that is saved and resumed ends with the parameters of training that
// was never interrupted, bit for bit.
func Example_resume() {
	whole := NewTraining()
	whole.Run(8)

	var file bytes.Buffer
	first := NewTraining()
	first.Run(5)
	if err := first.Save(&file); err != nil {
		log.Fatal(err)
	}

	second := NewTraining() // in another process
	if err := second.Load(&file); err != nil {
		log.Fatal(err)
	}
	second.Run(3)
	fmt.Println("iterations in all:", second.solver.State().Steps)
	fmt.Println("the same parameters:", slices.Equal(second.params.Float64s(), whole.params.Float64s()))
	// Output:
	// iterations in all: 8
	// the same parameters: true
}

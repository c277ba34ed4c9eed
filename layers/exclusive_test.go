package layers_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestSharedSolver uses one neural differential equation in several goroutines
// at once: directly, in predictors of their own and in objectives. Every answer
// is the right one or, but for predictors, graph.ErrInUse.
func TestSharedSolver(t *testing.T) {
	const workers, times = 4, 40
	settings := &integrators.Settings{AbsTol: 1e-2, RelTol: 1e-2, SaveAt: []float64{0.3, 1}}
	for _, kind := range []string{"ODE", "SDE"} {
		p := graph.NewParams(tensor.Float64)
		rng := rand.New(rand.NewPCG(1, 2))
		field := func(name string) layers.Layer { return must(layers.NewDense(p, name, 2, 2, layers.Tanh, rng)) }
		var layer layers.Layer
		var solve func(z gorgonia.Value, context ...gorgonia.Value) (*integrators.Solution, error)
		if kind == "ODE" {
			n := must(layers.NewNeuralODE(p, field("f"), 0, 1, integrators.Tsit5, settings))
			layer, solve = n, n.Predict
		} else {
			n := must(layers.NewNeuralSDE(p, field("f"), field("g"), 0, 1, nil, integrators.SOSRI, settings))
			layer, solve = n, n.Predict
		}
		other := field("head") // so that each model has parameters outside of the solver
		predict := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			z, err := layer.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			y, err := other.Forward(s, z)
			return gorgonia.Nodes{y}, err
		}
		users := make([]func() ([]float64, error), 0, 3*workers)
		for w := range workers {
			x := matrix(2, 2, float64(w), 1, -1, 0.5)
			predictor := must(graph.NewPredictor(p, predict, nil))
			objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				y, err := predict(s, in)
				if err != nil {
					return nil, err
				}
				return ops.MeanSquare(y[0])
			}, nil))
			users = append(users, func() ([]float64, error) {
				out, err := predictor.Predict(context.Background(), x)
				if err != nil {
					return nil, err
				}
				return value.Float64s(out[0]), nil
			}, func() ([]float64, error) {
				sol, err := solve(x)
				if err != nil {
					return nil, err
				}
				return value.Float64s(sol.Z), nil
			}, func() ([]float64, error) {
				loss, err := objective.Evaluate(x)
				return []float64{loss}, err
			})
		}
		var want [][]float64
		for _, use := range users {
			want = append(want, must(use()))
		}
		var wg sync.WaitGroup
		for i, use := range users {
			wg.Go(func() {
				for range times {
					if got, err := use(); err != nil && (i%3 == 0 || !errors.Is(err, graph.ErrInUse)) { // predictors come first
						t.Errorf("%s: %v", kind, err)
					} else if err == nil && !slices.Equal(got, want[i]) {
						t.Errorf("%s: %v, expected %v", kind, got, want[i])
					}
				}
			})
		}
		wg.Wait()
		for i, use := range users {
			if _, err := use(); err != nil {
				t.Errorf("%s, user %d alone: %v", kind, i, err)
			}
		}
	}
}

// TestSolverInUse solves with the solver of a loss in the middle of its
// evaluation, which is one use before another has ended for certain.
func TestSolverInUse(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	n := must(layers.NewNeuralODE(p, must(layers.NewDense(p, "f", 1, 1, layers.Tanh, rand.New(rand.NewPCG(1, 2)))), 0, 1, integrators.Tsit5, nil))
	x := matrix(1, 1, 0.5)
	inUse := func() error {
		_, solve := n.Predict(x)
		for what, err := range map[string]error{"Predict": solve, "SetSpan": n.SetSpan(0, 2), "SetStopAt": n.SetStopAt([]float64{1})} {
			if !errors.Is(err, graph.ErrInUse) {
				return fmt.Errorf("%s during an evaluation: %v, expected %v", what, err, graph.ErrInUse)
			}
		}
		return nil
	}
	o := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y, err := n.Forward(s, in[0])
		if err == nil {
			y, err = n.Forward(s, y)
		}
		if err == nil {
			err = inUse()
		}
		if err != nil {
			return nil, err
		}
		return ops.MeanSquare(y)
	}, nil))
	if _, err := o.Evaluate(x); err != nil {
		t.Fatal(err)
	}
	if err := n.SetSpan(0, 2); err != nil {
		t.Errorf("after the evaluation: %v", err)
	}
}

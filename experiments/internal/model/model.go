// Package model is what the models of all experiments have in common: the
// solver settings of a configuration, the penalties of a variant, one training
// iteration on an objective, and the state that a checkpoint holds.
package model

import (
	"math"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
)

// TaskRecord is the name under which an objective records its loss without the
// penalties.
const TaskRecord = "task"

// Dtype returns the element type of a configuration.
func Dtype(cfg trainer.Config) tensor.Dtype {
	if cfg.Dtype == "float64" {
		return tensor.Float64
	}
	return tensor.Float32
}

// Method returns the integration method of a configuration, which must adapt
// its steps.
func Method(cfg trainer.Config) (*integrators.Tableau, error) {
	m, err := integrators.ByName(cfg.Method)
	if err != nil {
		return nil, err
	}
	if !m.Adaptive() {
		return nil, errors.Errorf("method %s does not adapt its steps, want one that does", m.Name)
	}
	return m, nil
}

// CheckMethod returns an error for a method that Method refuses.
func CheckMethod(name string) error {
	_, err := Method(trainer.Config{Method: name})
	return err
}

// SolverSettings returns the settings of a solver of the model, with the steps
// recorded and watched.
func (t *Trained) SolverSettings(cfg trainer.Config, p Penalties) *integrators.Settings {
	s := &integrators.Settings{AbsTol: cfg.Tol, RelTol: cfg.Tol, Record: true, Observe: t.observe}
	if cfg.Memory == "checkpoint" {
		s.Memory = integrators.Checkpoint
	}
	if cfg.Mode == "inline" {
		s.Mode = integrators.Inline
	}
	for _, q := range p {
		s.Regularizers = append(s.Regularizers, q.Regularizer)
	}
	return s
}

// Trained is what training changes. Models embed it.
type Trained struct {
	Params    *graph.Params
	Optimizer *optim.Solver

	watch func(integrators.Step) error // may be nil
}

// Watch has f called after every attempted step of the solvers.
func (t *Trained) Watch(f func(integrators.Step) error) { t.watch = f }

func (t *Trained) observe(s integrators.Step) error {
	if t.watch == nil {
		return nil
	}
	return t.watch(s)
}

// State returns a copy of the parameters and the optimizer's state.
func (t *Trained) State() (trainer.ModelState, error) {
	return trainer.ModelState{Parameters: t.Params.Float64s(), Optimizer: t.Optimizer.State()}, nil
}

// SetState goes on from a state.
func (t *Trained) SetState(s trainer.ModelState) error {
	if len(s.Parameters) != t.Params.Len() {
		return errors.Errorf("state of %d parameters, expected %d", len(s.Parameters), t.Params.Len())
	}
	if err := t.Optimizer.SetState(s.Optimizer); err != nil {
		return err
	}
	t.Params.SetFloat64s(s.Parameters)
	return nil
}

// Iterate evaluates the objective and updates the parameters. The result holds
// the task's loss, R_K
// if it is part of the objective, and the times. A loss that is not finite is an error, and
// leaves the parameters as they are.
func (t *Trained) Iterate(o *graph.Objective, in []gorgonia.Value) (trainer.Result, error) {
	var r trainer.Result
	total, _, err := o.Evaluate(in...)
	if err != nil {
		return r, err
	}
	if math.IsNaN(total) || math.IsInf(total, 0) {
		return r, errors.Wrapf(trainer.ErrNonFinite, "loss with penalties is %v", total)
	}
	r.Loss = graph.Float64s(o.Recorded(TaskRecord)[0])[0]
	for _, v := range o.Recorded(taylor.String()) {
		r.RegTaylor += graph.Float64s(v)[0]
	}
	timing := o.Timing()
	r.Graph, r.Forward, r.Backward = duration(timing.Graph), duration(timing.Forward), duration(timing.Reverse)
	start := time.Now()
	err = t.Optimizer.Step([]gorgonia.ValueGrad{t.Params})
	r.Optimizer = time.Since(start)
	return r, err
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

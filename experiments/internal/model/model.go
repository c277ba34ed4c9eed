// Package model is what the models of all experiments have in common: an objective
// with the penalties of a variant, a predictor, one training iteration, a prediction
// that is timed, and the state that a checkpoint holds. An experiment embeds Model
// and adds its layers, data and loss.
package model

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// Model is a variant in training.
type Model struct {
	Config    trainer.Config
	Variant   trainer.Variant
	Seed      uint64
	Params    *graph.Params
	Optimizer *optim.Solver
	Solver    *integrators.Solver // solver of the equation
	Penalties Penalties           // penalties in the objective, on what the solver estimates
	// Aggregations are those in which estimates are reported.
	Aggregations Aggregations

	objective *graph.Objective
	predictor *graph.Predictor
	report    graph.Report // report of the last prediction
	predicted bool         // a prediction was timed
	watch     func(integrators.Step) error
}

// New returns a model without layers, whose estimates are penalized and reported in
// some aggregations. Params are to be filled, Solver and Optimizer to be set, and then
// it is to be compiled.
func New(cfg trainer.Config, v trainer.Variant, seed uint64, a Aggregations) Model {
	return Model{
		Config: cfg, Variant: v, Seed: seed, Params: graph.NewParams(dtype(cfg)),
		Penalties: penalties(cfg, v, a), Aggregations: a,
	}
}

// dtype returns the element type of a configuration.
func dtype(cfg trainer.Config) tensor.Dtype {
	if cfg.Dtype == "float64" {
		return tensor.Float64
	}
	return tensor.Float32
}

// Output adds what a model makes of its inputs, and how bad that is.
type Output func(s *graph.Scope, in gorgonia.Nodes) (out, loss *gorgonia.Node, err error)

// The names under which an objective records its output, and its loss without the
// penalties.
const (
	outputRecord = "output"
	taskRecord   = "task"
)

// Compile makes the objective, of the training output and the penalties, and the
// predictor, none if prediction is nil: a model without one is not asked for Forward
// and Timed.
func (m *Model) Compile(training, prediction Output) (err error) {
	m.objective, err = graph.NewObjective(m.Params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		inputs := len(in) - len(m.Penalties)
		out, loss, err := training(s, in[:inputs])
		if err != nil {
			return nil, err
		}
		s.Record(outputRecord, out)
		s.Record(taskRecord, loss)
		return m.Penalties.add(s, loss, in[inputs:])
	}, nil)
	if err != nil || prediction == nil {
		return err
	}
	p, err := graph.NewPredictor(m.Params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		out, loss, err := prediction(s, in)
		return gorgonia.Nodes{out, loss}, err
	}, nil)
	if err != nil {
		return err
	}
	m.predictor = p.With(graph.CallSettings{Report: &m.report})
	return nil
}

// Step does the forward and the reverse pass of one training iteration on the inputs.
// The result holds the task's loss, the regularizers, what the solver did, and the
// times. A loss that is not finite is an error.
func (m *Model) Step(it trainer.Iteration, in ...gorgonia.Value) (trainer.Result, error) {
	var r trainer.Result
	for _, p := range m.Penalties {
		weight := p.at(it.Epoch)
		*p.entry.Value(&r.Lambda) = weight
		in = append(in[:len(in):len(in)], m.Scalar(weight))
	}
	if _, err := m.objective.Evaluate(in...); err != nil {
		return r, err
	}
	r.Loss = value.Scalar(m.Recorded(taskRecord))
	m.observe(&r)
	timing := m.objective.Timing()
	r.Graph, r.Forward, r.Backward = duration(timing.Graph), duration(timing.Forward), duration(timing.Reverse)
	r.LearnRate = m.Optimizer.Rate()
	return r, nil
}

// Gradient returns that of the last Step, or memory for one before the first.
func (m *Model) Gradient() (any, error) {
	if m.objective.Recorded(taskRecord) == nil {
		m.Params.SetGrad(m.Zeros(m.Params.Len()))
	}
	g, err := m.Params.Grad()
	if err != nil {
		return nil, err
	}
	return g.Data(), nil
}

// Update does the optimizer's step with the gradient.
func (m *Model) Update() error { return m.Optimizer.Step([]gorgonia.ValueGrad{m.Params}) }

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

// Output returns the output of the last training iteration, before its update.
func (m *Model) Output() gorgonia.Value { return m.Recorded(outputRecord) }

// Recorded returns what the last training iteration recorded under a key.
func (m *Model) Recorded(key any) gorgonia.Value { return m.objective.Recorded(key)[0] }

// Forward predicts from the inputs.
func (m *Model) Forward(in ...gorgonia.Value) (out gorgonia.Value, loss float64, err error) {
	y, err := m.predictor.Predict(context.Background(), in...)
	if err != nil {
		return nil, 0, err
	}
	return y[0], value.Scalar(y[1]), nil
}

// repeats is the odd number of times that a prediction is timed.
const repeats = 5

// Solved returns the outcome of the last solve by a solver in the last Forward.
func (m *Model) Solved(by *integrators.Solver) integrators.Solution {
	all := by.Reported(&m.report)
	if len(all) == 0 {
		return integrators.Solution{}
	}
	return all[len(all)-1]
}

// Timed predicts from the inputs several times, see TimedBy.
func (m *Model) Timed(in ...gorgonia.Value) (trainer.Prediction, error) {
	return m.TimedBy(func() (integrators.Solution, error) {
		_, _, err := m.Forward(in...)
		return m.Solved(m.Solver), err
	})
}

// TimedBy predicts several times and notes the median, least and greatest of the
// times, and what the solver did. The first time that it is called it predicts once
// more before, since compiling is not predicting.
func (m *Model) TimedBy(predict func() (integrators.Solution, error)) (trainer.Prediction, error) {
	var times []time.Duration
	var sol integrators.Solution
	for len(times) < repeats {
		start := time.Now()
		var err error
		if sol, err = predict(); err != nil {
			return trainer.Prediction{}, err
		}
		if m.predicted {
			times = append(times, time.Since(start))
		}
		m.predicted = true
	}
	slices.Sort(times)
	return trainer.Prediction{
		NFE: sol.NFE, DiffusionNFE: sol.DiffusionNFE, Accepted: sol.Accepted, Rejected: sol.Rejected,
		Time: times[repeats/2], Fastest: times[0], Slowest: times[repeats-1], Steps: sol.Steps,
	}, nil
}

// Scalar returns a number in the element type of the model.
func (m *Model) Scalar(x float64) gorgonia.Value { return m.Matrix([]float64{x}) }

// Matrix returns numbers, row-major, in the element type of the model and the given
// shape, a scalar without one.
func (m *Model) Matrix(x []float64, shape ...int) gorgonia.Value {
	v := value.New(m.Params.Dtype(), shape...)
	value.SetFloat64s(v, x)
	return v
}

// Zeros returns zeros in the element type of the model.
func (m *Model) Zeros(shape ...int) gorgonia.Value { return value.New(m.Params.Dtype(), shape...) }

// Watch has f called after every attempted step of the solver.
func (m *Model) Watch(f func(integrators.Step) error) { m.watch = f }

// State returns a copy of the parameters and the optimizer's state.
func (m *Model) State() (trainer.ModelState, error) {
	var parameters bytes.Buffer
	err := m.Params.Save(&parameters)
	return trainer.ModelState{Parameters: parameters.Bytes(), Optimizer: m.Optimizer.State()}, err
}

// Export writes the parameters as safetensors, with their names and shapes here.
func (m *Model) Export(w io.Writer) error { return exchange.Safetensors.Save(w, m.Params, nil) }

// SetState goes on from a state.
func (m *Model) SetState(s trainer.ModelState) error {
	if err := m.Params.Load(bytes.NewReader(s.Parameters)); err != nil {
		return err
	}
	return m.Optimizer.SetState(s.Optimizer)
}

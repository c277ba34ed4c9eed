package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const (
	hidden = 50 // units of the dynamics
	// perEpoch is the number of iterations between two evaluations: there is
	// one trajectory to fit, so an epoch is what we say it is.
	perEpoch = 10
)

// curve is one variant in training: dynamics tanh(z³·W1 + b1)·W2 + b2 from
// (2, 0), compared with the data at 30 times in [0, 1.5].
type curve struct {
	model.Trained
	cfg       trainer.Config
	times     []float64
	data      []float64
	dynamics  layers.Layer
	node      *layers.NeuralODE
	penalties model.Penalties

	start, target gorgonia.Value
	objective     *graph.Objective
	predictor     *graph.Predictor
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &curve{cfg: cfg}
	m.times, m.data = spiral.Data()
	if v.Has(ernode) {
		m.penalties = append(m.penalties, model.ErrorPenalty(cfg, ops.Sum))
	}
	if v.Has(srnode) {
		m.penalties = append(m.penalties, model.StiffnessPenalty(cfg, ops.Sum))
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	var err error
	m.Optimizer, err = optim.New(optim.Adam{}, &optim.Settings{LearnRate: cfg.LearnRate})
	return m, err
}

// matrix returns x, row-major, as a matrix of two columns.
func (m *curve) matrix(x []float64) gorgonia.Value {
	v := graph.NewValue(model.Dtype(m.cfg), len(x)/2, 2)
	graph.SetFloat64s(v, x)
	return v
}

func (m *curve) build(rng *rand.Rand) error {
	m.Params = graph.NewParams(model.Dtype(m.cfg))
	first, err := layers.NewDense(m.Params, "dynamics.1", 2, hidden, ops.Tanh, rng)
	if err != nil {
		return err
	}
	second, err := layers.NewDense(m.Params, "dynamics.2", hidden, 2, ops.Identity, rng)
	if err != nil {
		return err
	}
	m.dynamics = layers.Chain{layers.Cube{}, first, second}
	if m.node, err = m.neuralODE(m.times); err != nil {
		return err
	}
	u0 := spiral.Start()
	m.start, m.target = m.matrix(u0[:]), m.matrix(m.data)
	return m.compile()
}

// neuralODE returns the solution of the dynamics at the given times.
func (m *curve) neuralODE(times []float64) (*layers.NeuralODE, error) {
	method, err := model.Method(m.cfg)
	if err != nil {
		return nil, err
	}
	set := m.SolverSettings(m.cfg, m.penalties)
	set.SaveAt = times
	return layers.NewNeuralODE(m.Params, m.dynamics, 0, spiral.End, method, set)
}

func (m *curve) compile() error {
	inputs := []graph.Input{
		{Name: "u0", Dtype: model.Dtype(m.cfg), Shape: m.start.Shape()},
		{Name: "data", Dtype: model.Dtype(m.cfg), Shape: m.target.Shape()},
	}
	loss := func(s *graph.Scope, in gorgonia.Nodes) (pred, loss *gorgonia.Node, err error) {
		if pred, err = m.node.Forward(s, in[0]); err != nil {
			return nil, nil, err
		}
		loss, err = losses.SumSquaredError(pred, in[1])
		return pred, loss, err
	}
	var err error
	m.predictor, err = graph.NewPredictor(m.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		pred, l, err := loss(s, in)
		return gorgonia.Nodes{pred, l}, err
	})
	if err != nil {
		return err
	}
	inputs = append(inputs, m.penalties.Inputs(model.Dtype(m.cfg))...)
	m.objective, err = graph.NewObjective(m.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		_, l, err := loss(s, in)
		if err != nil {
			return nil, err
		}
		return m.penalties.Add(s, l, in[2:])
	}, nil)
	return err
}

// Examples returns the number of iterations of an epoch.
func (m *curve) Examples() int { return perEpoch }

// Iterate does one iteration on the trajectory.
func (m *curve) Iterate(it trainer.Iteration) (trainer.Result, error) {
	in := append([]gorgonia.Value{m.start, m.target}, m.penalties.Values(model.Dtype(m.cfg), it)...)
	r, err := m.Trained.Iterate(m.objective, in)
	if err != nil {
		return r, err
	}
	model.Observe(&r, m.node.Solver, ops.Sum, ops.Sum)
	return r, nil
}

// Evaluate compares with the data, which is all there is to test on.
func (m *curve) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	var err error
	r.Prediction, err = m.Predict()
	if err != nil {
		return r, err
	}
	out, err := m.predictor.Predict(m.start, m.target)
	if err != nil {
		return r, err
	}
	r.TestLoss = graph.Float64s(out[1])[0]
	return r, nil
}

// Predict solves once.
func (m *curve) Predict() (trainer.Prediction, error) {
	return model.Timed(m.node.Solver, func() error {
		_, err := m.predictor.Predict(m.start, m.target)
		return err
	})
}

// fit draws the data and the trajectory in the plane.
func fit(tm trainer.Model, v trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*curve)
	smooth, err := m.trajectory()
	if err != nil {
		return nil, err
	}
	return []figure.Panel{{XLabel: "u₁", YLabel: "u₂", Series: []figure.Series{
		planar(string(v), smooth, false), planar("data", m.data, true),
	}}}, nil
}

// planar returns the series of points in the plane.
func planar(name string, u []float64, points bool) figure.Series {
	s := figure.Series{Name: name, Points: points}
	for i := 0; i < len(u); i += 2 {
		s.X, s.Y = append(s.X, u[i]), append(s.Y, u[i+1])
	}
	return s
}

// trajectory returns the solution at times close enough to draw a curve.
func (m *curve) trajectory() ([]float64, error) {
	const n = 400
	times := make([]float64, n+1)
	for i := range times {
		times[i] = spiral.End * float64(i) / n
	}
	node, err := m.neuralODE(times)
	if err != nil {
		return nil, err
	}
	sol, err := node.Predict(m.start)
	if err != nil {
		return nil, err
	}
	return graph.Float64s(sol.Z), nil
}

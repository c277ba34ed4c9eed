package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/spiralsde"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const (
	hidden = 50 // units of the drift
	// perEpoch is the number of iterations between two evaluations: trajectories
	// are drawn anew in every iteration, so an epoch is what we say it is.
	perEpoch = 10
	// draws is the number of evaluations with noise of their own whose mean is
	// the test loss. That of 100 trajectories varies by half its size, more than
	// the models differ.
	draws = 10
	// end is a little after the last save time, as in the official code.
	end = spiralsde.End + 0x1p-23
)

// process is one variant in training:
//
//	dz = (tanh(z³·W1 + b1)·W2 + b2) dt + (z·W3 + b3) ⊙ dW
//
// from (2, 0), whose trajectories, one a row, take common steps. Their means and
// variances at 30 times in [0, 1] are compared with those of the data.
type process struct {
	model.Trained
	cfg       trainer.Config
	seed      uint64
	data      *spiralsde.Moments
	node      *layers.NeuralSDE
	penalties model.Penalties

	inputs    []gorgonia.Value // start, means and variances of the data
	objective *graph.Objective
	predictor *graph.Predictor
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if cfg.Batch < 2 {
		return errors.Errorf("-batch is %d, want at least 2 trajectories for their variance", cfg.Batch)
	}
	return model.CheckSDE(cfg, v)
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &process{cfg: cfg, seed: seed, penalties: model.SDEPenalties(cfg, v, ops.Sum)}
	var err error
	if m.data, err = load(cfg.Data); err != nil {
		return nil, err
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
		return nil, err
	}
	if err := m.compile(); err != nil {
		return nil, err
	}
	m.Optimizer, err = optim.New(optim.AdaBelief{}, &optim.Settings{LearnRate: cfg.LearnRate})
	return m, err
}

// load reads moments.csv in a folder, or returns the moments in the binary.
func load(dir string) (*spiralsde.Moments, error) {
	if dir == "" {
		return spiralsde.Load()
	}
	f, err := os.Open(filepath.Join(dir, "moments.csv"))
	if err != nil {
		return nil, errors.Wrap(err, "cannot read the moments")
	}
	defer f.Close()
	m, err := spiralsde.Read(f)
	return m, errors.Wrap(err, f.Name())
}

func (m *process) build(rng *rand.Rand) error {
	m.Params = graph.NewParams(model.Dtype(m.cfg))
	first, err := layers.NewDense(m.Params, "drift.1", 2, hidden, ops.Tanh, rng)
	if err != nil {
		return err
	}
	second, err := layers.NewDense(m.Params, "drift.2", hidden, 2, ops.Identity, rng)
	if err != nil {
		return err
	}
	diffusion, err := layers.NewDense(m.Params, "diffusion", 2, 2, ops.Identity, rng)
	if err != nil {
		return err
	}
	method, err := model.SDEMethod(m.cfg)
	if err != nil {
		return err
	}
	set := m.SolverSettings(m.cfg, m.penalties)
	set.SaveAt = spiralsde.Times()
	noise := &integrators.Noise{Grid: -1} // the least work
	m.node, err = layers.NewNeuralSDE(m.Params, layers.Chain{layers.Cube{}, first, second}, diffusion, 0, end, noise, method, set)
	return err
}

// matrix returns x, row-major, as a matrix of two columns.
func (m *process) matrix(x []float64) gorgonia.Value {
	v := graph.NewValue(model.Dtype(m.cfg), len(x)/2, 2)
	graph.SetFloat64s(v, x)
	return v
}

// starts returns u(0) for every trajectory.
func (m *process) starts() gorgonia.Value {
	u0 := spiralsde.Start()
	var u []float64
	for range m.cfg.Batch {
		u = append(u, u0[:]...)
	}
	return m.matrix(u)
}

func (m *process) compile() error {
	dtype := model.Dtype(m.cfg)
	m.inputs = []gorgonia.Value{m.starts(), m.matrix(m.data.Mean), m.matrix(m.data.Variance)}
	var inputs []graph.Input
	for i, name := range []string{"u0", "means", "variances"} {
		inputs = append(inputs, graph.Input{Name: name, Dtype: dtype, Shape: m.inputs[i].Shape()})
	}
	loss := func(s *graph.Scope, in gorgonia.Nodes) (states, loss *gorgonia.Node, err error) {
		if states, err = m.node.Forward(s, in[0]); err != nil {
			return nil, nil, err
		}
		loss, err = losses.MeanMomentError(states, m.cfg.Batch, in[1], in[2])
		return states, loss, err
	}
	var err error
	m.predictor, err = graph.NewPredictor(m.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		states, l, err := loss(s, in)
		return gorgonia.Nodes{states, l}, err
	})
	if err != nil {
		return err
	}
	m.objective, err = graph.NewObjective(m.Params, append(inputs, m.penalties.Inputs(dtype)...), func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		_, l, err := loss(s, in)
		if err != nil {
			return nil, err
		}
		return m.penalties.Add(s, l, in[3:])
	}, nil)
	return err
}

// Examples returns the number of trajectories of an epoch.
func (m *process) Examples() int { return perEpoch * m.cfg.Batch }

// Iterate does one iteration on trajectories with noise of their own.
func (m *process) Iterate(it trainer.Iteration) (trainer.Result, error) {
	m.node.SetSeed(model.NoiseSeed(m.seed, it.Number))
	in := append(m.inputs[:3:3], m.penalties.Values(model.Dtype(m.cfg), it)...)
	r, err := m.Trained.Iterate(m.objective, in)
	if err != nil {
		return r, err
	}
	model.Observe(&r, m.node.Solver, ops.Sum, ops.Sum)
	return r, nil
}

// forward returns the states at the save times, and the loss, with the noise of
// one of the draws 1, 2, ….
func (m *process) forward(draw int) (states gorgonia.Value, loss float64, err error) {
	m.node.SetSeed(model.NoiseSeed(m.seed, -draw))
	out, err := m.predictor.Predict(m.inputs...)
	if err != nil {
		return nil, 0, err
	}
	return out[0], graph.Float64s(out[1])[0], nil
}

// Evaluate compares with the data, which is all there is to test on.
func (m *process) Evaluate(int) (trainer.Metrics, error) {
	var r trainer.Metrics
	for d := range draws {
		_, loss, err := m.forward(d + 1)
		if err != nil {
			return r, err
		}
		r.TestLoss += loss / draws
	}
	var err error
	r.Prediction, err = m.Predict()
	return r, err
}

// Predict solves once for as many trajectories as in training.
func (m *process) Predict() (trainer.Prediction, error) {
	return model.Timed(m.node.Solver, func() error {
		_, _, err := m.forward(1)
		return err
	})
}

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
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

const (
	// perEpoch is the number of iterations between two evaluations: trajectories
	// are drawn anew in every iteration, so an epoch is what we say it is.
	perEpoch = 10
	// draws is the number of evaluations with noise of their own whose mean is
	// the test loss. That of 100 trajectories varies by half its size, more than
	// the models differ.
	draws = 10
)

// process is one variant in training, see networks.SpiralSDE, from (2, 0), whose
// trajectories, one a row, take common steps. Their means and variances at 30 times in
// [0, 1] are compared with those of the data.
type process struct {
	model.Model
	data   *spiralsde.Moments
	node   *layers.NeuralSDE
	inputs []gorgonia.Value // start, means and variances of the data
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	if cfg.Batch < 2 {
		return errors.Errorf("-batch is %d, expected at least 2 trajectories for their variance", cfg.Batch)
	}
	return model.CheckSDE(cfg, v)
}

func newModel(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
	m := &process{Model: model.New(cfg, v, seed, model.Aggregations{Errors: integrators.Sum, Stiffness: integrators.Sum})}
	var err error
	if m.data, err = load(cfg.Data); err != nil {
		return nil, err
	}
	if err := m.build(rand.New(rand.NewPCG(seed, 0))); err != nil {
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
	net, err := networks.NewSpiralSDE(m.Params, rng)
	if err != nil {
		return err
	}
	method, err := model.SDEMethod(m.Config)
	if err != nil {
		return err
	}
	set := m.SolverSettings()
	set.SaveAt = spiralsde.Times()
	if m.node, err = net.Solve(m.Params, method, set); err != nil {
		return err
	}
	m.Solver = m.node.Solver
	m.inputs = []gorgonia.Value{m.starts(), m.Matrix(m.data.Mean, len(m.data.Mean)/2, 2), m.Matrix(m.data.Variance, len(m.data.Variance)/2, 2)}
	return m.Compile(m.output, m.output)
}

// starts returns u(0) for every trajectory.
func (m *process) starts() gorgonia.Value {
	u0 := spiralsde.Start()
	var u []float64
	for range m.Config.Batch {
		u = append(u, u0[:]...)
	}
	return m.Matrix(u, m.Config.Batch, 2)
}

// output adds the states at the save times, and the error of their moments.
func (m *process) output(s *graph.Scope, in gorgonia.Nodes) (states, loss *gorgonia.Node, err error) {
	if states, err = m.node.Forward(s, in[0]); err != nil {
		return nil, nil, err
	}
	loss, err = losses.MeanMomentError(states, m.Config.Batch, in[1], in[2])
	return states, loss, err
}

// Examples returns the number of trajectories of an epoch.
func (m *process) Examples() int { return perEpoch * m.Config.Batch }

// Iterate does one iteration on trajectories with noise of their own.
func (m *process) Iterate(it trainer.Iteration) (trainer.Result, error) {
	m.node.SetSeed(m.NoiseSeed(it.Number))
	return m.Step(it, m.inputs...)
}

// forward returns the states at the save times, and the loss, with the noise of
// one of the draws 1, 2, ….
func (m *process) forward(draw int) (states gorgonia.Value, loss float64, err error) {
	m.node.SetSeed(m.NoiseSeed(-draw))
	return m.Forward(m.inputs...)
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
	m.node.SetSeed(m.NoiseSeed(-1))
	return m.Timed(m.inputs...)
}

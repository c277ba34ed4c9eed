package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// patients holds what works on batches of one size.
type patients struct {
	size      int
	read      gorgonia.Value   // by the recognition network, (49·size, 75)
	noise     gorgonia.Value   // of the initial states, (size, latent)
	data      gorgonia.Value   // (49·size, 37)
	mask      gorgonia.Value   // likewise
	lambda    gorgonia.Value   // weight of the KL divergence
	objective *graph.Objective // nil until needed
	predictor *graph.Predictor // nil until needed
}

// patients returns the batch for the given number of patients, filled with them.
// The times are those between which the recognition network takes the gaps.
func (m *latentODE) patients(set *physionet.Set, idx []int, times []float64, draw int) (*patients, error) {
	n, dtype := len(idx), model.Dtype(m.cfg)
	p, ok := m.batches[n]
	if !ok {
		rows := physionet.Times * n
		p = &patients{
			size:   n,
			read:   graph.NewValue(dtype, rows, physionet.Inputs),
			noise:  graph.NewValue(dtype, n, latent),
			data:   graph.NewValue(dtype, rows, physionet.Channels),
			mask:   graph.NewValue(dtype, rows, physionet.Channels),
			lambda: graph.NewValue(dtype),
		}
		m.batches[n] = p
	}
	gaps, rng := physionet.Gaps(times), m.rng(draw, initialStates)
	if x, ok := p.data.Data().([]float64); ok {
		return p, fill(p, x, set, idx, gaps, rng)
	}
	return p, fill(p, p.data.Data().([]float32), set, idx, gaps, rng)
}

// fill writes the patients to the batch p, whose data are x.
func fill[T float32 | float64](p *patients, x []T, set *physionet.Set, idx []int, gaps []float64, rng *rand.Rand) error {
	noise := p.noise.Data().([]T)
	for i := range noise {
		noise[i] = T(rng.NormFloat64())
	}
	var errs [2]error
	graph.Parallel(2, 1, func(k, _ int) {
		if k == 0 {
			errs[0] = physionet.FillInputs(set, idx, gaps, p.read.Data().([]T))
		} else {
			errs[1] = physionet.Fill(set, idx, x, p.mask.Data().([]T))
		}
	})
	if errs[0] != nil {
		return errs[0]
	}
	return errs[1]
}

// values returns the inputs of predictions, which are the first of the objective.
func (p *patients) values() []gorgonia.Value {
	return []gorgonia.Value{p.read, p.noise, p.data, p.mask}
}

// inputs describes them.
func (p *patients) inputs() []graph.Input {
	var in []graph.Input
	names := []string{"record", "noise", "data", "mask"}
	for i, v := range p.values() {
		in = append(in, graph.Input{Name: names[i], Dtype: v.Dtype(), Shape: v.Shape()})
	}
	return in
}

// step trains on a batch.
func (m *latentODE) step(p *patients, it trainer.Iteration) (trainer.Result, error) {
	var r trainer.Result
	if p.objective == nil {
		if err := m.compile(p); err != nil {
			return r, err
		}
	}
	graph.SetScalar(p.lambda, losses.PhysioNetKL.At(it.Epoch))
	in := append(p.values(), p.lambda)
	r, err := m.Trained.Iterate(p.objective, append(in, m.penalties.Values(model.Dtype(m.cfg), it)...))
	if err != nil {
		return r, err
	}
	r.Loss = graph.Float64s(p.objective.Recorded(layers.SquaredErrorRecord)[0])[0] / unit
	return r, nil
}

// compile makes the training objective of a batch: the negative evidence lower
// bound and the penalties.
func (m *latentODE) compile(p *patients) (err error) {
	inputs := append(p.inputs(), graph.Input{Name: "weight of the KL divergence", Dtype: p.lambda.Dtype()})
	inputs = append(inputs, m.penalties.Inputs(p.lambda.Dtype())...)
	p.objective, err = graph.NewObjective(m.Params, inputs, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		loss, err := m.net.Loss(s, in[0], in[1], in[2], in[3], in[4])
		if err != nil {
			return nil, err
		}
		return m.penalties.Add(s, loss, in[5:])
	}, nil)
	return err
}

// forward predicts the variables of a batch, (49·size, 37), and their mean squared
// error.
func (m *latentODE) forward(p *patients) (y gorgonia.Value, loss float64, err error) {
	if p.predictor == nil {
		p.predictor, err = graph.NewPredictor(m.Params, p.inputs(), func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, _, err := m.net.Reconstruct(s, in[0], in[1])
			if err != nil {
				return nil, err
			}
			squares, err := losses.MaskedSquaredError(y, in[2], in[3], p.size)
			return gorgonia.Nodes{y, squares}, err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	out, err := p.predictor.Predict(p.values()...)
	if err != nil {
		return nil, 0, err
	}
	return out[0], graph.Float64s(out[1])[0] / unit, nil
}

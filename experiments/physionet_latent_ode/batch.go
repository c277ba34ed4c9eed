package main

import (
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/parallel"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// patients returns some patients of a set as inputs: what the recognition network
// reads, (49·batch, 75), the noise of the initial states, (batch, latent), and data
// and mask, (49·batch, 37) each. The times are those between which the recognition
// network takes the gaps.
func (m *latentODE) patients(set *physionet.Set, idx []int, times []float64, draw int) ([]gorgonia.Value, error) {
	rows := physionet.Times * len(idx)
	in := []gorgonia.Value{
		m.Zeros(rows, physionet.Inputs), m.Zeros(len(idx), latent),
		m.Zeros(rows, physionet.Channels), m.Zeros(rows, physionet.Channels),
	}
	gaps, rng := physionet.Gaps(times), m.rng(draw, initialStates)
	if _, ok := in[0].Data().([]float64); ok {
		return in, fill[float64](in, set, idx, gaps, rng)
	}
	return in, fill[float32](in, set, idx, gaps, rng)
}

// fill writes the patients to the inputs, whose element type is T.
func fill[T float32 | float64](in []gorgonia.Value, set *physionet.Set, idx []int, gaps []float64, rng *rand.Rand) error {
	data := func(i int) []T { return in[i].Data().([]T) }
	for i := range data(1) {
		data(1)[i] = T(rng.NormFloat64())
	}
	var errs [2]error
	parallel.For(2, 1, func(k, _ int) {
		if k == 0 {
			errs[0] = physionet.FillInputs(set, idx, gaps, data(0))
		} else {
			errs[1] = physionet.Fill(set, idx, data(2), data(3))
		}
	})
	if errs[0] != nil {
		return errs[0]
	}
	return errs[1]
}

// training adds the negative evidence lower bound, for the inputs and the weight of
// the KL divergence.
func (m *latentODE) training(s *graph.Scope, in gorgonia.Nodes) (y, loss *gorgonia.Node, err error) {
	if loss, err = m.net.Loss(s, in[0], in[1], in[2], in[3], in[4]); err != nil {
		return nil, nil, err
	}
	return s.Recorded(layers.ReconstructionRecord)[0], loss, nil
}

// prediction adds the variables of a batch, (49·batch, 37), and their mean squared
// error.
func (m *latentODE) prediction(s *graph.Scope, in gorgonia.Nodes) (y, loss *gorgonia.Node, err error) {
	if y, _, err = m.net.Reconstruct(s, in[0], in[1]); err != nil {
		return nil, nil, err
	}
	loss, err = losses.MaskedSquaredError(y, in[2], in[3], in[1].Shape()[0])
	return y, loss, err
}

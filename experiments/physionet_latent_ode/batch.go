package main

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// patients returns some patients of a set as inputs: what the recognition network
// reads, (49·batch, 75), the noise of the initial states, (batch, latent), and data
// and mask, (49·batch, 37) each. The times are those between which the recognition
// network takes the gaps. The patients are those from row first of a batch on.
func (m *latentODE) patients(set *physionet.Set, idx []int, times []float64, draw, first int) ([]gorgonia.Value, error) {
	rows := physionet.Times * len(idx)
	in := []gorgonia.Value{
		m.Zeros(rows, 2*physionet.Channels+1), m.Zeros(len(idx), latent),
		m.Zeros(rows, physionet.Channels), m.Zeros(rows, physionet.Channels),
	}
	value.SetFloat64s(in[1], model.Normals(m.rng(draw, initialStates), first, len(idx), latent))
	var err error
	if x, ok := in[2].Data().([]float64); ok {
		err = physionet.Fill(set, idx, x, in[3].Data().([]float64))
	} else {
		err = physionet.Fill(set, idx, in[2].Data().([]float32), in[3].Data().([]float32))
	}
	if err != nil {
		return nil, err
	}
	return in, layers.RecognitionInput(in[0], in[2], in[3], times)
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

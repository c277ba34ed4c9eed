package main

import (
	"math/rand/v2"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
)

// The values of the option that chooses what is learnt of the kinetics.
const (
	robertsonNetwork = "robertson-network"
	robertsonRates   = "robertson-rates"
)

var problem = trainer.Option{
	Name:   "problem",
	Usage:  "`what` is learnt of the kinetics",
	Values: []string{robertsonNetwork, robertsonRates},
}

// dynamics make the right-hand side of each problem, for states in units of the ranges
// and times in seconds.
var dynamics = map[string]func(p *graph.Params, seed uint64, rng *rand.Rand) (layers.Layer, error){
	robertsonNetwork: func(p *graph.Params, _ uint64, rng *rand.Rand) (layers.Layer, error) {
		return robertson.NewNetwork(p, rng)
	},
	robertsonRates: func(p *graph.Params, seed uint64, _ *rand.Rand) (layers.Layer, error) {
		return robertson.NewLearntRates(p, robertson.Guess(seed))
	},
}

// dim is the number of species.
const dim = robertson.Dim

// start is the initial state in units of the ranges.
var start = robertson.Start()

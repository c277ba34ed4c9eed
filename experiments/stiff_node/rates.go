package main

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/layers"
)

// learntRates are the kinetics of Robertson with rates that are learnt, in log space:
// those before training times the exponentials of the parameters, which are in units of
// logUnit.
type learntRates struct {
	guess [dim]float64 // rates before training
	logs  *graph.Param // parameters (1, 3)
}

const (
	// doubt is the factor up to which the rates before training are too large or too
	// small.
	doubt = 5
	// logUnit makes the learning rate of a network right for the rates, which have a
	// longer way to go.
	logUnit = 20
)

// newLearntRates draws the rates before training.
func newLearntRates(p *graph.Params, rng *rand.Rand) (layers.Layer, error) {
	l := &learntRates{guess: trueRates}
	for i := range l.guess {
		l.guess[i] *= math.Pow(doubt, 2*rng.Float64()-1)
	}
	var err error
	l.logs, err = p.Add("log-rates", nil, 1, dim)
	return l, err
}

// Forward adds the slope of the state u (1, 3).
func (l *learntRates) Forward(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
	logs, err := s.Param(l.logs)
	if err != nil {
		return nil, err
	}
	if logs, err = ops.LinComb([]ops.Term{{X: logs, C: logUnit}}, nil, nil); err != nil {
		return nil, err
	}
	return kinetics(s, u, logs, l.guess)
}

// measure returns the rates as they are learnt.
func (l *learntRates) measure(p *graph.Params) []trainer.Measurement {
	x := p.Float64s()
	k := func(i int) float64 { return l.guess[i] * math.Exp(logUnit*x[i]) }
	return []trainer.Measurement{{Name: "k₁", Value: k(0)}, {Name: "k₂", Value: k(1)}, {Name: "k₃", Value: k(2)}}
}

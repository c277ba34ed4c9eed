package robertson

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// LearntRates are the kinetics of Robertson with rates that are learnt, in log space:
// those before training times the exponentials of the parameters, which are in units of
// logUnit.
type LearntRates struct {
	guess [Dim]float64 // rates before training
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

// Guess returns the rates before training of a run of stiff_node with a seed: it draws them
// after the noise of the observations, which are 50.
func Guess(seed uint64) [Dim]float64 {
	const observations = 50
	rng := rand.New(rand.NewPCG(seed, 0))
	for range observations * Dim {
		rng.NormFloat64()
	}
	guess := Rates()
	for i := range guess {
		guess[i] *= math.Pow(doubt, 2*rng.Float64()-1)
	}
	return guess
}

// NewLearntRates declares the parameters "log-rates", which are 0 for the guess.
func NewLearntRates(p *graph.Params, guess [Dim]float64) (*LearntRates, error) {
	logs, err := p.Add("log-rates", nil, 1, Dim)
	return &LearntRates{guess, logs}, err
}

// Forward adds the slope of the state u (1, 3).
func (l *LearntRates) Forward(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
	logs, err := s.Param(l.logs)
	if err != nil {
		return nil, err
	}
	if logs, err = ops.LinComb([]ops.Term{{X: logs, C: logUnit}}, nil, nil); err != nil {
		return nil, err
	}
	return kinetics(s, u, logs, l.guess)
}

// Rates returns the rates as they are learnt.
func (l *LearntRates) Rates(p *graph.Params) [Dim]float64 {
	x, k := p.Float64s()[l.logs.Offset:], l.guess
	for i := range k {
		k[i] *= math.Exp(logUnit * x[i])
	}
	return k
}

package main

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// The kinetics of Robertson, "The solution of a set of reaction rate equations"
// (1966), are three reactions of three species,
//
//	A → B            at the rate k₁ a
//	B + B → C + B    at the rate k₂ b²
//	B + C → A + C    at the rate k₃ b c
//
// from a = 1, b = c = 0. Within milliseconds b rises to 4·10⁻⁵, and then a turns into
// c for longer than a day, at a rate that falls by five decades.

// dim is the number of species.
const dim = 3

// trueRates are k₁, k₂ and k₃ per second.
var trueRates = [dim]float64{0.04, 3e7, 1e4}

// ranges are the largest values of the species up to t = 10⁵ s. States are in units of
// them, so that one tolerance and one loss are right for all.
var ranges = [dim]float64{1, 3.65e-5, 1}

// start is the initial state in units of the ranges.
var start = []float64{1, 0, 0}

// stoichiometry has what each reaction adds to each species.
var stoichiometry = [dim][dim]float64{
	{-1, 1, 0},
	{0, -1, 1},
	{1, -1, 0},
}

// changes returns the stoichiometric matrix (reaction, species), row-major, times the
// rates, for states in units of the ranges: monomials u₁, u₂² and u₂u₃ times it are
// the slope of the state.
func changes(rates [dim]float64) []float64 {
	units := [dim]float64{ranges[0], ranges[1] * ranges[1], ranges[1] * ranges[2]}
	m := make([]float64, 0, dim*dim)
	for i, row := range stoichiometry {
		for j, n := range row {
			m = append(m, n*rates[i]*units[i]/ranges[j])
		}
	}
	return m
}

// kinetics adds the slope of the state u (1, 3) where rates are those given times the
// exponentials of logs (1, 3), or those given if logs is nil.
func kinetics(s *graph.Scope, u, logs *gorgonia.Node, rates [dim]float64) (*gorgonia.Node, error) {
	var c [dim]*gorgonia.Node
	for j := range c {
		var err error
		if c[j], err = ops.Block(u, 0, 1, j, j+1); err != nil {
			return nil, err
		}
	}
	square, err := gorgonia.HadamardProd(c[1], c[1])
	if err != nil {
		return nil, err
	}
	product, err := gorgonia.HadamardProd(c[1], c[2])
	if err != nil {
		return nil, err
	}
	r, err := ops.Beside(c[0], square, product)
	if err != nil {
		return nil, err
	}
	if logs != nil {
		factors, err := ops.Activate(ops.Exp, logs)
		if err != nil {
			return nil, err
		}
		if r, err = gorgonia.HadamardProd(r, factors); err != nil {
			return nil, err
		}
	}
	m := value.New(u.Dtype(), dim, dim)
	value.SetFloat64s(m, changes(rates))
	by, err := s.Data(m)
	if err != nil {
		return nil, err
	}
	return ops.MatMul(r, by, false, false)
}

// trueKinetics are the kinetics with the true rates.
func trueKinetics(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
	return kinetics(s, u, nil, trueRates)
}

// The observations are at times evenly spaced in log t.
const (
	observations = 50
	first, end   = 1e-5, 1e5 // times of the first and the last in s
)

// logSpaced returns n times from lo to hi, evenly spaced in log t.
func logSpaced(lo, hi float64, n int) []float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = lo * math.Pow(hi/lo, float64(i)/float64(n-1))
	}
	times[n-1] = hi
	return times
}

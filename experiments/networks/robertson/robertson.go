// Package robertson has the kinetics of Robertson, "The solution of a set of reaction rate
// equations" (1966), three reactions of three species,
//
//	A → B            at the rate k₁ a
//	B + B → C + B    at the rate k₂ b²
//	B + C → A + C    at the rate k₃ b c
//
// from a = 1, b = c = 0, and what stiff_node learns of them: a network in their place, or
// their rates. Within milliseconds b rises to 4·10⁻⁵, and then a turns into c for longer
// than a day, at a rate that falls by five decades.
package robertson

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// Dim is the number of species.
const Dim = 3

// Rates are k₁, k₂ and k₃ per second.
func Rates() [Dim]float64 { return [Dim]float64{0.04, 3e7, 1e4} }

// Ranges are the largest values of the species up to t = 10⁵ s. States are in units of
// them, so that one tolerance and one loss are right for all.
func Ranges() [Dim]float64 { return [Dim]float64{1, 3.65e-5, 1} }

// Start returns the initial state in units of the ranges.
func Start() []float64 { return []float64{1, 0, 0} }

// stoichiometry has what each reaction adds to each species.
var stoichiometry = [Dim][Dim]float64{
	{-1, 1, 0},
	{0, -1, 1},
	{1, -1, 0},
}

// changes returns the stoichiometric matrix (reaction, species), row-major, times the
// rates, for states in units of the ranges: monomials u₁, u₂² and u₂u₃ times it are
// the slope of the state.
func changes(rates [Dim]float64) []float64 {
	ranges := Ranges()
	units := [Dim]float64{ranges[0], ranges[1] * ranges[1], ranges[1] * ranges[2]}
	m := make([]float64, 0, Dim*Dim)
	for i, row := range stoichiometry {
		for j, n := range row {
			m = append(m, n*rates[i]*units[i]/ranges[j])
		}
	}
	return m
}

// kinetics adds the slope of the state u (1, 3) where rates are those given times the
// exponentials of logs (1, 3), or those given if logs is nil.
func kinetics(s *graph.Scope, u, logs *gorgonia.Node, rates [Dim]float64) (*gorgonia.Node, error) {
	var c [Dim]*gorgonia.Node
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
	m := value.New(u.Dtype(), Dim, Dim)
	value.SetFloat64s(m, changes(rates))
	by, err := s.Data(m)
	if err != nil {
		return nil, err
	}
	return ops.MatMul(r, by, false, false)
}

// Kinetics adds the slope of the state u (1, 3) per second.
func Kinetics(s *graph.Scope, u *gorgonia.Node) (*gorgonia.Node, error) {
	return kinetics(s, u, nil, Rates())
}

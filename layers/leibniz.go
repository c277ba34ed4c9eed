package layers

import (
	"gonum.org/v1/gonum/stat/combin"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// leibniz returns c times the n-th derivative of u·v,
//
//	(u·v)⁽ⁿ⁾ = Σ_j C(n, j) u⁽ʲ⁾ v⁽ⁿ⁻ʲ⁾,
//
// as terms of a sum, where u and v list the derivatives 0 to n.
func leibniz(c float64, u, v gorgonia.Nodes) []ops.Product {
	n := len(u) - 1
	var terms []ops.Product
	for j := range u {
		terms = append(terms, ops.Product{C: c * binomial(n, j), X: u[j], Y: v[n-j]})
	}
	return terms
}

// square is leibniz for u = v, in half as many terms.
func square(c float64, u gorgonia.Nodes) []ops.Product {
	n := len(u) - 1
	var terms []ops.Product
	for j := 0; 2*j <= n; j++ {
		w := c * binomial(n, j)
		if 2*j < n {
			w *= 2
		}
		terms = append(terms, ops.Product{C: w, X: u[j], Y: u[n-j]})
	}
	return terms
}

func binomial(n, k int) float64 { return float64(combin.Binomial(n, k)) }

// extend appends the value of a sum to the derivatives in u.
func extend(u *gorgonia.Nodes, terms []ops.Product) error {
	n, err := ops.ProductSum(terms)
	*u = append(*u, n)
	return err
}

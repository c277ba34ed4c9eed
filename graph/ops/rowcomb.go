package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// byRows reports whether n is a matrix: a scale, a step size or a time that is one has
// a row for each row of the states.
func byRows(n *gorgonia.Node) bool { return n != nil && len(n.Shape()) == 2 }

// ByRow says which factors of a linear combination have a row for each row of its terms.
type ByRow struct {
	Scale   bool
	Weights int // number of weights in a row, 0 where all rows have the same
}

// rowFactors returns which of a scale and weights, nil where there is none, are by rows.
func rowFactors(scale, weights *gorgonia.Node) ByRow {
	r := ByRow{Scale: byRows(scale)}
	if byRows(weights) {
		r.Weights = weights.Shape()[1]
	}
	return r
}

// ByRow returns which of the term's factors are by rows.
func (t Term) ByRow(scale, weights *gorgonia.Node) ByRow {
	return rowFactors(used(t.Scaled, scale), used(t.Weight > 0, weights))
}

// Coefficient returns what multiplies the rows of the term's X.
func (r ByRow) Coefficient(t Term, scale, weights raw.Array) kernel.RowCoefficient {
	k := kernel.RowCoefficient{C: t.C}
	if t.Scaled && r.Scale {
		k.Scale = raw.Slice[float64](scale)
	} else if t.Scaled {
		k.C *= scale.Float64()
	}
	if t.Weight > 0 {
		w := raw.Slice[float64](weights)
		if r.Weights > 0 {
			k.Weights, k.Stride = w[t.Weight-1:], r.Weights
		} else {
			k.C *= w[t.Weight-1]
		}
	}
	return k
}

// combineRows is combine for scales or weights by rows.
func combineRows[T raw.Float](c *combination, accumulate bool) operation.Kernel {
	var sum kernel.RowComb[T]
	return func(dst raw.Array, in []raw.Array) error {
		scale, weights := c.factors(in)
		sum.Bind(raw.Slice[T](dst), c.width, accumulate)
		for i, t := range c.terms {
			sum.Add(c.byRow.Coefficient(t, scale, weights), raw.Slice[T](in[i]))
		}
		sum.All()
		return nil
	}
}

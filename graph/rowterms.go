package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/ops"
)

// spec returns the term as that of a linear combination, and which of its factors are
// by rows.
func (t *term) spec(nodes []*gorgonia.Node) (ops.Term, ops.ByRow) {
	spec := ops.Term{C: t.c, Scaled: t.scale >= 0}
	var scale, weights *gorgonia.Node
	if t.scale >= 0 {
		scale = nodes[t.scale]
	}
	if t.weights >= 0 {
		weights, spec.Weight = nodes[t.weights], t.weight+1
	}
	return spec, spec.ByRow(scale, weights)
}

// byRows reports whether a term has a coefficient for each row.
func byRows(terms []term, nodes []*gorgonia.Node) bool {
	for i := range terms {
		if _, byRow := terms[i].spec(nodes); byRow != (ops.ByRow{}) {
			return true
		}
	}
	return false
}

// rowTerms is a weighted sum whose coefficients may differ from row to row.
type rowTerms[T raw.Float] struct {
	sum   kernel.RowComb[T]
	specs []ops.Term
	byRow []ops.ByRow
	width int
	add   bool
	// constant says that all coefficients are constants, or constants times one and the
	// same column, so that they need not be looked at again once they are bound.
	constant, bound bool
}

func newRowTerms(terms []term, add bool, nodes []*gorgonia.Node, n *gorgonia.Node) summation {
	if n.Dtype() == tensor.Float32 {
		return newRowTermsOf[float32](terms, add, nodes, n.Shape())
	}
	return newRowTermsOf[float64](terms, add, nodes, n.Shape())
}

func newRowTermsOf[T raw.Float](terms []term, add bool, nodes []*gorgonia.Node, shape tensor.Shape) *rowTerms[T] {
	t := &rowTerms[T]{width: shape[1], add: add, constant: true}
	column := -1
	for i := range terms {
		spec, byRow := terms[i].spec(nodes)
		t.specs, t.byRow = append(t.specs, spec), append(t.byRow, byRow)
		if byRow.Scale && column < 0 {
			column = terms[i].scale
		}
		one := terms[i].scale < 0 || terms[i].scale == column
		t.constant = t.constant && one && terms[i].weights < 0
	}
	return t
}

func (t *rowTerms[T]) bind(dst raw.Array, r []raw.Array, terms []term) {
	if t.bound {
		t.rebind(dst, r, terms)
		return
	}
	t.sum.Bind(raw.Slice[T](dst), t.width, t.add)
	for i := range terms {
		var scale, weights raw.Array
		if s := terms[i].scale; s >= 0 {
			scale = r[s]
		}
		if w := terms[i].weights; w >= 0 {
			weights = r[w]
		}
		t.sum.Add(t.byRow[i].Coefficient(t.specs[i], scale, weights), raw.Slice[T](r[terms[i].x]))
	}
	t.bound = t.constant
}

// rebind is bind for coefficients that are constant.
func (t *rowTerms[T]) rebind(dst raw.Array, r []raw.Array, terms []term) {
	t.sum.Rebind(raw.Slice[T](dst))
	for i := range terms {
		var column []float64
		if s := terms[i].scale; s >= 0 {
			column = raw.Slice[float64](r[s])
		}
		t.sum.Move(i, raw.Slice[T](r[terms[i].x]), column)
	}
}

func (t *rowTerms[T]) all() { t.sum.All() }

func (t *rowTerms[T]) rows(lo, hi int) { t.sum.Rows(lo, hi) }

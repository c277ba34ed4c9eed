package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// perRow reports whether norms and times are columns, a number for each row.
func (b *stepBuilder) perRow() bool { return b.solver.settings.Steps == PerRow }

// counted returns the columns of matrices (batch, dim) that count in norms, see
// Settings.ErrorColumns. What is nil stays so.
func (b *stepBuilder) counted(all ...*gorgonia.Node) (gorgonia.Nodes, error) {
	n := b.solver.settings.ErrorColumns
	if n == 0 {
		return all, nil
	}
	columns := make(gorgonia.Nodes, len(all))
	for i, x := range all {
		if x == nil {
			continue
		}
		var err error
		if columns[i], err = ops.Block(x, 0, x.Shape()[0], 0, n); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// scaledNorm adds RMS((x - y)/sk) with the scale sk of the tolerances at z, or
// RMS(x/sk) without y.
func (b *stepBuilder) scaledNorm(x, y, z *gorgonia.Node) (*gorgonia.Node, error) {
	c, err := b.counted(x, y, z)
	if err != nil {
		return nil, err
	}
	if b.perRow() {
		return ops.RowScaledRMS(c[0], c[1], c[2], b.solver.settings.AbsTol, b.solver.settings.RelTol)
	}
	return ops.ScaledRMS(c[0], c[1], c[2], b.solver.settings.AbsTol, b.solver.settings.RelTol)
}

// errorNorm adds the scaled error E of a step from z to z1 (Eq. 5 of the paper), whose
// error estimate is Σ weights_i k_i, times h if there is one.
func (b *stepBuilder) errorNorm(z, z1, h *gorgonia.Node, k gorgonia.Nodes, weights []float64) (*gorgonia.Node, error) {
	k = slices.Clone(k)
	for i, w := range weights {
		if w == 0 {
			k[i] = nil
		}
	}
	if b.solver.settings.RoundedEstimate && len(k) > 1 {
		u, err := roundedSum(k, weights)
		if err != nil {
			return nil, err
		}
		k, weights = gorgonia.Nodes{u}, []float64{1}
	}
	c, err := b.counted(append(k, z, z1)...)
	if err != nil {
		return nil, err
	}
	n := len(k)
	if b.perRow() {
		return ops.RowErrorNorm(c[n], c[n+1], h, c[:n], weights, b.solver.settings.AbsTol, b.solver.settings.RelTol)
	}
	return ops.ErrorNorm(c[n], c[n+1], h, c[:n], weights, b.solver.settings.AbsTol, b.solver.settings.RelTol)
}

// roundedSum adds Σ weights_i k_i over the stages that are not nil, in their element type.
func roundedSum(k gorgonia.Nodes, weights []float64) (*gorgonia.Node, error) {
	var terms []ops.Term
	for i, x := range k {
		if x != nil {
			terms = append(terms, ops.Term{X: x, C: weights[i]})
		}
	}
	return ops.LinComb(terms, nil, nil)
}

// stiffness adds the estimate S of a step (Eq. 8 of the paper) of a pair of stages k
// with arguments y; none if the two are one.
func (b *stepBuilder) stiffness(pair [2]int, k, y gorgonia.Nodes) (*gorgonia.Node, error) {
	i, j := pair[0], pair[1]
	if i == j {
		return nil, nil
	}
	c, err := b.counted(k[i], k[j], y[i], y[j])
	if err != nil {
		return nil, err
	}
	if b.perRow() {
		return ops.RowNormRatio(c[0], c[1], c[2], c[3])
	}
	return ops.NormRatio(c[0], c[1], c[2], c[3])
}

// meanSquare adds the mean of the squares of a slope.
func (b *stepBuilder) meanSquare(k *gorgonia.Node) (*gorgonia.Node, error) {
	c, err := b.counted(k)
	if err != nil {
		return nil, err
	}
	if b.perRow() {
		return ops.RowMeanSquare(c[0])
	}
	return ops.MeanSquare(c[0])
}

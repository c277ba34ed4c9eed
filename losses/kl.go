package losses

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// KLDivergence returns the divergence ½ Σ (σ² + μ² − 1 − log σ²) of diagonal
// Gaussians from the standard normal, averaged over the batch. q (batch, 2·dim)
// holds μ and log σ² side by side.
func KLDivergence(q *gorgonia.Node) (*gorgonia.Node, error) {
	if err := gaussians(q); err != nil {
		return nil, err
	}
	return ops.KLDivergence(q, 1/float64(q.Shape()[0]))
}

// MeanKLDivergence returns KLDivergence divided by the dimension, as the official
// code of Pal et al. has it.
func MeanKLDivergence(q *gorgonia.Node) (*gorgonia.Node, error) {
	if err := gaussians(q); err != nil {
		return nil, err
	}
	return ops.KLDivergence(q, 1/float64(q.Shape()[0])*(2/float64(q.Shape()[1])))
}

// KLDivergenceFrom returns the divergence of diagonal Gaussians q (batch, 2·dim) from one
// of the given mean and log variance (dim), averaged over the batch:
//
//	½ Σ (exp(log σ² − log σ₀²) + (μ − μ₀)²/σ₀² − 1 − log σ² + log σ₀²)
func KLDivergenceFrom(q, mean, logVariance *gorgonia.Node) (*gorgonia.Node, error) {
	if err := gaussians(q); err != nil {
		return nil, err
	}
	if mean == nil || logVariance == nil {
		return nil, errors.Errorf("KL divergence from mean %v and log variance %v, expected vectors (dim)", mean, logVariance)
	}
	// With (μ − μ₀)/σ₀ and σ/σ₀ it is that from the standard normal.
	m, n := q.Shape()[0], q.Shape()[1]/2
	var err error
	do := func(f func() (*gorgonia.Node, error)) (x *gorgonia.Node) {
		if err == nil {
			x, err = f()
		}
		return x
	}
	scaled := func(x *gorgonia.Node, c float64) *gorgonia.Node {
		return do(func() (*gorgonia.Node, error) { return ops.LinComb([]ops.Term{{X: x, C: c}}, nil, nil) })
	}
	half := scaled(logVariance, -0.5)
	over := do(func() (*gorgonia.Node, error) { return ops.Activate(ops.Exp, half) })
	at := do(func() (*gorgonia.Node, error) {
		return ops.ProductSum([]ops.Product{{C: -1, X: mean, Y: over}})
	})
	means := do(func() (*gorgonia.Node, error) { return ops.Block(q, 0, m, 0, n) })
	means = do(func() (*gorgonia.Node, error) { return ops.Squash(means, over, at) })
	variances := do(func() (*gorgonia.Node, error) { return ops.Block(q, 0, m, n, 2*n) })
	none := scaled(logVariance, 0)
	one := do(func() (*gorgonia.Node, error) { return ops.Activate(ops.Exp, none) })
	less := scaled(logVariance, -1)
	variances = do(func() (*gorgonia.Node, error) { return ops.Squash(variances, one, less) })
	both := do(func() (*gorgonia.Node, error) { return ops.Beside(means, variances) })
	if err != nil {
		return nil, errors.Wrap(err, "KL divergence")
	}
	return KLDivergence(both)
}

func gaussians(q *gorgonia.Node) error {
	if q == nil || len(q.Shape()) != 2 {
		return errors.Errorf("KL divergence of %v, expected a matrix (batch, 2·dim)", q)
	}
	return nil
}

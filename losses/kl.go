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

func gaussians(q *gorgonia.Node) error {
	if q == nil || len(q.Shape()) != 2 {
		return errors.Errorf("KL divergence of %v, expected a matrix (batch, 2·dim)", q)
	}
	return nil
}

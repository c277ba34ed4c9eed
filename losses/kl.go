package losses

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// KLDivergence returns the divergence ½(σ² + μ² − 1 − log σ²) of diagonal
// Gaussians from the standard normal, averaged over the batch. q (batch, 2·dim)
// holds μ and log σ² side by side. Over the dimensions it is summed (ops.Sum),
// which is the divergence proper, or averaged (ops.Mean), as the official code
// of Pal et al. does.
func KLDivergence(q *gorgonia.Node, over ops.Aggregation) (*gorgonia.Node, error) {
	if q == nil || len(q.Shape()) != 2 {
		return nil, errors.Errorf("KL divergence of %v, expected a matrix (batch, 2·dim)", q)
	}
	c := 1 / float64(q.Shape()[0])
	switch over {
	case ops.Sum:
	case ops.Mean:
		c *= 2 / float64(q.Shape()[1])
	default:
		return nil, errors.Errorf("KL divergence with the %v over dimensions, expected the sum or mean", over)
	}
	return ops.KLDivergence(q, c)
}

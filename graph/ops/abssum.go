package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// AbsSum returns Σ c_i·|x_i|, elementwise, over matrices of one shape: the
// larger of |a + b| and |a − b| is |a| + |b|, which bounds the slope of a
// stochastic equation with noise of either sign. It serves the choice of the
// first step and has no derivative.
func AbsSum(x gorgonia.Nodes, c []float64) (*gorgonia.Node, error) {
	const name = "sum of absolute values"
	if len(x) == 0 || len(c) != len(x) {
		return nil, errors.Errorf("%s of %d terms with %d coefficients, expected as many as terms", name, len(x), len(c))
	}
	dt, m, n, err := matrix(name, "term 0", x[0])
	if err != nil {
		return nil, err
	}
	for _, xi := range x {
		if err := expect(name, "a term", xi, dt, m, n); err != nil {
			return nil, err
		}
	}
	o := newOp(name, dt, x[0].Shape(), x...)
	o.run = pick(dt, absSumRun[float32](c), absSumRun[float64](c))
	return o.apply(x...)
}

func absSumRun[T raw.Float](c []float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		y := raw.Slice[T](dst)
		clear(y)
		for i, v := range in {
			for j, x := range raw.Slice[T](v) {
				y[j] += T(c[i] * math.Abs(float64(x)))
			}
		}
		return nil
	}
}

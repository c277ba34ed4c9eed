package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Power returns x^r, elementwise, for a matrix x and a fixed finite exponent r. As with
// math.Pow, the power of a negative number is NaN unless r is whole.
func Power(x *gorgonia.Node, r float64) (*gorgonia.Node, error) {
	const name = "power"
	dt, _, _, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return nil, errors.Errorf("%s: exponent %v, expected a finite number", name, r)
	}
	o := newOp(name, dt, x.Shape(), x)
	o.byRows(gorgonia.Nodes{x}, powerRows[float32](r), powerRows[float64](r))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		if r == 0 { // r·x^(r−1) is 0·∞ at zero
			d, err := LinComb([]Term{{X: g, C: 0}}, nil, nil)
			return gorgonia.Nodes{d}, err
		}
		slope, err := Power(in[0], r-1)
		if err != nil {
			return nil, err
		}
		d, err := ProductSum([]Product{{C: r, X: g, Y: slope}})
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func powerRows[T raw.Float](r float64) rowFunc[T] {
	return func(dst, x, _, _ []T, _ int) {
		for i, v := range x {
			dst[i] = T(math.Pow(float64(v), r))
		}
	}
}

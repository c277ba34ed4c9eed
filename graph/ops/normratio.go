package ops

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// NormRatio returns ‖a − b‖ / ‖c − d‖ over all entries of matrices of one
// shape: with stages k7, k6 and their arguments u1, g6 it is the stiffness
// estimate of a step (Eq. 8 of Pal et al., 2021; Shampine, 1977), an estimate
// of |λ| without a factor h.
//
// Where the ratio is 0, 0/0, NaN or infinite it is 0 with zero gradient, as in
// the official code; an infinite gradient counts as zero too.
func NormRatio(a, b, c, d *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "norm ratio"
	in, err := ratioOperands(name, a, b, c, d)
	if err != nil {
		return nil, err
	}
	dt := a.Dtype()
	o := newOp(name, dt, tensor.ScalarShape(), in...)
	o.run = pick(dt, normRatioRun[float32], normRatioRun[float64])
	o.wrt = []int{0, 1, 2, 3}
	o.diff = ratioDiff("norm ratio reverse", func(o *op, side int) {
		o.run = pick(dt, normRatioGradRun[float32](side), normRatioGradRun[float64](side))
	})
	return o.apply(in...)
}

// ratioOperands returns the operands of a norm ratio, after checking them.
func ratioOperands(name string, a, b, c, d *gorgonia.Node) (gorgonia.Nodes, error) {
	dt, m, n, err := matrix(name, "a", a)
	if err != nil {
		return nil, err
	}
	for _, x := range []*gorgonia.Node{b, c, d} {
		if err := expect(name, "an argument", x, dt, m, n); err != nil {
			return nil, err
		}
	}
	return gorgonia.Nodes{a, b, c, d}, nil
}

// norms returns ‖a − b‖ and ‖c − d‖.
func norms[T raw.Float](in []raw.Array) (num, den float64) {
	num = kernel.DiffSumSq(raw.Slice[T](in[0]), raw.Slice[T](in[1]))
	den = kernel.DiffSumSq(raw.Slice[T](in[2]), raw.Slice[T](in[3]))
	return math.Sqrt(num), math.Sqrt(den)
}

// usable returns x in element type T, 0 if it is NaN or infinite there.
func usable[T raw.Float](x float64) T {
	y := T(x)
	if y-y != 0 {
		return 0
	}
	return y
}

func normRatioRun[T raw.Float](dst raw.Array, in []raw.Array) error {
	num, den := norms[T](in)
	raw.Slice[T](dst)[0] = usable[T](num / den)
	return nil
}

// ratioDiff is the derivative of a norm ratio, of which implement writes what computes
// the gradient of a side.
func ratioDiff(name string, implement func(o *op, side int)) func(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	return func(in gorgonia.Nodes, _, grad *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		args := append(append(gorgonia.Nodes{}, in...), grad)
		d := make(gorgonia.Nodes, 4)
		for side := range 2 {
			o := newOp(name, in[0].Dtype(), in[0].Shape(), args...)
			implement(o, side)
			o.linear = []int{4}
			g, err := o.apply(args...)
			if err != nil {
				return nil, err
			}
			d[2*side] = g
			if d[2*side+1], err = LinComb([]Term{{X: g, C: -1}}, nil, nil); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
}

// ratioFactor returns the factor of a − b (side 0) or c − d (side 1) in the gradient, given
// that of the ratio; 0 where the ratio or the factor is not usable.
func ratioFactor[T raw.Float](side int, num, den, grad float64) T {
	if side == 0 {
		grad *= 1 / num / den
	} else {
		grad *= -num / den / den / den
	}
	if usable[T](num/den) == 0 {
		return 0
	}
	return usable[T](grad)
}

// normRatioGradRun writes the gradient of the ratio with respect to a (side 0),
// (a−b)/(num·den), or c (side 1), −num·(c−d)/den³.
func normRatioGradRun[T raw.Float](side int) func(raw.Array, []raw.Array) error {
	coef := make([]T, 2)
	xs := make([][]T, 2)
	return func(dst raw.Array, in []raw.Array) error {
		num, den := norms[T](in)
		coef[0] = ratioFactor[T](side, num, den, in[4].Float64())
		if coef[0] == 0 {
			clear(raw.Slice[T](dst))
			return nil
		}
		coef[1] = -coef[0]
		xs[0], xs[1] = raw.Slice[T](in[2*side]), raw.Slice[T](in[2*side+1])
		kernel.LinComb(raw.Slice[T](dst), coef, xs, false)
		return nil
	}
}

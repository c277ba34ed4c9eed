package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// GroupNorm returns the group normalization of Wu and He (ECCV 2018),
//
//	y = γ·(x − mean)/√(variance + ε) + β
//
// for rows x (batch, channels·pixels) of channels that lie one after the other.
// Mean and variance, that with division by the number of entries, are those of
// each row over a group of neighbouring channels, of which there are as many in
// every group. The scale γ and the shift β (channels) are those of the channel.
// With one group, and channels of one pixel, it is the layer normalization of Ba,
// Kiros and Hinton (2016).
//
// ε > 0 keeps values and gradients finite where all entries of a group are equal.
// Rows do not influence each other, and no state is kept between evaluations,
// unlike with batch normalization: it suits the dynamics of a differential
// equation.
func GroupNorm(x, scale, shift *gorgonia.Node, groups int, epsilon float64) (*gorgonia.Node, error) {
	const name = "group norm"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if _, err := floats(name, "the scale", scale); err != nil {
		return nil, err
	}
	channels := scale.Shape().TotalSize()
	if err := expect(name, "the scale", scale, dt, channels); err != nil {
		return nil, err
	}
	if err := expect(name, "the shift", shift, dt, channels); err != nil {
		return nil, err
	}
	if n%channels != 0 {
		return nil, errors.Errorf("%s: %d columns in %d channels, expected a multiple", name, n, channels)
	}
	if groups <= 0 || channels%groups != 0 {
		return nil, errors.Errorf("%s: %d channels in %d groups, expected a divisor", name, channels, groups)
	}
	if !(epsilon > 0) || math.IsInf(epsilon, 0) {
		return nil, errors.Errorf("%s: epsilon %v, expected a positive number", name, epsilon)
	}
	g := kernel.Groups{Count: groups, Channels: channels, Pixels: n / channels, Epsilon: epsilon}
	in := gorgonia.Nodes{x, scale, shift}
	o := newOp(name, dt, tensor.Shape{m, n}, in...)
	o.byLeadingRows(1, in, groupNormRows[float32](g), groupNormRows[float64](g))
	o.wrt = []int{0, 1, 2}
	o.diff = func(in gorgonia.Nodes, _, dy *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		return groupNormDiff(g, in, dy)
	}
	return o.apply(in...)
}

func groupNormDiff(g kernel.Groups, in gorgonia.Nodes, dy *gorgonia.Node) (gorgonia.Nodes, error) {
	const name = "group norm reverse"
	dt, rows := dy.Dtype(), dy.Shape()[0]
	d := make(gorgonia.Nodes, 3)

	args := gorgonia.Nodes{in[0], dy, in[1]}
	dx := newOp(name, dt, dy.Shape(), args...)
	dx.byLeadingRows(2, args, groupNormGradRows[float32](g), groupNormGradRows[float64](g))
	dx.linear = []int{1, 2}
	var err error
	if d[0], err = dx.apply(args...); err != nil {
		return nil, err
	}

	args = gorgonia.Nodes{in[0], dy}
	dot := newOp(name+" of the scale", dt, tensor.Shape{rows, g.Channels}, args...)
	dot.byRows(args, groupNormDotRows[float32](g), groupNormDotRows[float64](g))
	dot.linear = []int{1}
	ofRows, err := dot.apply(args...)
	if err != nil {
		return nil, err
	}
	if d[1], err = colSum(ofRows); err != nil {
		return nil, err
	}

	d[2], err = channelSum(dy, g.Channels)
	return d, err
}

// channelSum returns the sum of x (batch, channels·pixels) over rows and pixels,
// a vector (channels): the gradient of what is added to a channel.
func channelSum(x *gorgonia.Node, channels int) (*gorgonia.Node, error) {
	if x.Shape()[1] > channels {
		o := newOp("channel sum", x.Dtype(), tensor.Shape{x.Shape()[0], channels}, x)
		o.byRows(gorgonia.Nodes{x}, segmentSumRows[float32], segmentSumRows[float64])
		o.linear = []int{0}
		var err error
		if x, err = o.apply(x); err != nil {
			return nil, err
		}
	}
	return colSum(x)
}

func groupNormRows[T raw.Float](g kernel.Groups) rowFunc[T] {
	return func(dst, x, scale, shift []T, _ int) { kernel.GroupNorm(dst, x, scale, shift, g) }
}

func groupNormGradRows[T raw.Float](g kernel.Groups) rowFunc[T] {
	return func(dst, x, dy, scale []T, _ int) { kernel.GroupNormGrad(dst, x, dy, scale, g) }
}

func groupNormDotRows[T raw.Float](g kernel.Groups) rowFunc[T] {
	return func(dst, x, dy, _ []T, _ int) { kernel.GroupNormDot(dst, x, dy, g) }
}

func segmentSumRows[T raw.Float](dst, x, _, _ []T, _ int) { kernel.SegmentSums(dst, x) }

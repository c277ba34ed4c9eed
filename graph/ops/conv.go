package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Window says how the kernel of a convolution moves over an image.
type Window struct {
	Height, Width int // size of the image in pixels
	Stride        int // pixels from one place to the next, at least 1
	Padding       int // zeros on every side of the image, fewer than the kernel has pixels
}

// Conv returns the convolution of images, as neural networks have it: without
// turning the kernel round. The rows of x (batch, channels·height·width) are
// images, channel by channel and row by row. With weights w (out, channels, kernel
// height, kernel width) and a bias b (out), which may be nil,
//
//	y[o, r, s] = b[o] + Σ_{c,i,j} w[o, c, i, j]·x[c, r·stride + i − padding, s·stride + j − padding]
//
// where x is 0 outside of the image. The result is (batch, out·rows·columns), the
// images of all places of the kernel, (height + 2·padding − kernel height)/stride
// + 1 of them from top to bottom. Images do not influence each other.
func Conv(x, w, b *gorgonia.Node, window Window) (*gorgonia.Node, error) {
	const name = "convolution"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if _, err := floats(name, "w", w); err != nil {
		return nil, err
	}
	s := w.Shape()
	if len(s) != 4 || w.Dtype() != dt {
		return nil, errors.Errorf("%s: w is %v of %v, expected (out, channels, kernel height, kernel width) of %v", name, s, w.Dtype(), dt)
	}
	c := conv{batch: m, out: s[0], window: kernel.Window{
		Channels: s[1], Height: window.Height, Width: window.Width, KernelHeight: s[2], KernelWidth: s[3],
		Stride: window.Stride, Padding: window.Padding,
	}}
	if window.Height <= 0 || window.Width <= 0 || window.Stride <= 0 || window.Padding < 0 {
		return nil, errors.Errorf("%s: window %+v, expected positive sizes and no negative padding", name, window)
	}
	if most := max(s[2], s[3]); window.Padding >= most {
		return nil, errors.Errorf("%s: a padding of %d for a kernel %v, expected less than %d", name, window.Padding, s[2:], most)
	}
	if n != s[1]*window.Height*window.Width {
		return nil, errors.Errorf("%s: x has %d columns, expected %d·%d·%d of an image", name, n, s[1], window.Height, window.Width)
	}
	if window.Height+2*window.Padding < s[2] || window.Width+2*window.Padding < s[3] {
		return nil, errors.Errorf("%s: kernel %v, expected one that fits into images (%d, %d) with a padding of %d", name, s[2:], window.Height, window.Width, window.Padding)
	}
	in := gorgonia.Nodes{x, w}
	if b != nil {
		if err := expect(name, "b", b, dt, c.out); err != nil {
			return nil, err
		}
		in = append(in, b)
	}
	o := newOp(name, dt, tensor.Shape{m, c.out * c.places()}, in...)
	o.run = pick(dt, convRun[float32](c), convRun[float64](c))
	if b == nil {
		o.linear = []int{0, 1}
	}
	for i := range in {
		o.wrt = append(o.wrt, i)
	}
	o.diff = c.diff
	return o.apply(in...)
}

// conv is the shape of a convolution.
//
// An image is multiplied by the weights as a matrix of what the window sees. That
// is work enough to be shared out image by image: in a phase, which takes many
// rows at a time, some processors would find none.
type conv struct {
	batch, out int
	window     kernel.Window
}

// places returns the number of places of the window.
func (c conv) places() int {
	rows, cols := c.window.Places()
	return rows * cols
}

// image returns the number of elements of an image.
func (c conv) image() int { return c.window.Channels * c.window.Height * c.window.Width }

func (c conv) diff(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
	dt, d := g.Dtype(), make(gorgonia.Nodes, len(in))
	var err error

	dx := newOp("convolution reverse", dt, in[0].Shape(), g, in[1])
	dx.run = pick(dt, convGradRun[float32](c), convGradRun[float64](c))
	dx.linear = []int{0, 1}
	if d[0], err = dx.apply(g, in[1]); err != nil {
		return nil, err
	}

	dw := newOp("convolution reverse of the weights", dt, in[1].Shape(), in[0], g)
	dw.run = pick(dt, convWeightsRun[float32](c, false), convWeightsRun[float64](c, false))
	dw.add = pick(dt, convWeightsRun[float32](c, true), convWeightsRun[float64](c, true))
	dw.linear = []int{0, 1}
	if d[1], err = dw.apply(in[0], g); err != nil {
		return nil, err
	}

	if len(in) == 3 {
		d[2], err = channelSum(g, c.out)
	}
	return d, err
}

// convRun computes y = W·cols + b image by image.
func convRun[T raw.Float](c conv) func(raw.Array, []raw.Array) error {
	var x, w, b, y []T
	scratch := newScratch[T](c.window.Weights() * c.places())
	places, weights, size := c.places(), c.window.Weights(), c.image()
	task := func(lo, hi int) {
		cols := scratch.take()
		for i := lo; i < hi; i++ {
			kernel.Im2Col(cols, x[i*size:(i+1)*size], c.window)
			dst := y[i*c.out*places : (i+1)*c.out*places]
			for o, v := range b {
				for j := range places {
					dst[o*places+j] = v
				}
			}
			gemm(false, false, c.out, places, weights, w, cols, b != nil, dst)
		}
		scratch.give(cols)
	}
	return func(dst raw.Array, in []raw.Array) error {
		x, w, y = raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		if len(in) == 3 {
			b = raw.Slice[T](in[2])
		}
		kernel.Parallel(c.batch, 1, task)
		return nil
	}
}

// convGradRun computes the gradient by the images: what Wᵀ·g is to each pixel
// that the window sees.
func convGradRun[T raw.Float](c conv) func(raw.Array, []raw.Array) error {
	var g, w, dx []T
	scratch := newScratch[T](c.window.Weights() * c.places())
	places, weights, size := c.places(), c.window.Weights(), c.image()
	task := func(lo, hi int) {
		cols := scratch.take()
		for i := lo; i < hi; i++ {
			gemm(true, false, weights, places, c.out, w, g[i*c.out*places:(i+1)*c.out*places], false, cols)
			image := dx[i*size : (i+1)*size]
			clear(image)
			kernel.Col2Im(image, cols, c.window)
		}
		scratch.give(cols)
	}
	return func(dst raw.Array, in []raw.Array) error {
		g, w, dx = raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		kernel.Parallel(c.batch, 1, task)
		return nil
	}
}

// convParts is the number of parts in which the images are summed up for the
// gradient by the weights: the same for any number of processors.
const convParts = 8

// convWeightsRun computes the gradient by the weights, the sum of g·colsᵀ over the
// images, in parts that are added up in order.
func convWeightsRun[T raw.Float](c conv, accumulate bool) func(raw.Array, []raw.Array) error {
	var x, g []T
	scratch := newScratch[T](c.window.Weights() * c.places())
	places, weights, size := c.places(), c.window.Weights(), c.image()
	parts := min(convParts, c.batch)
	sums, ones := make([][]T, parts), make([]T, parts)
	task := func(lo, hi int) {
		cols := scratch.take()
		for part := lo; part < hi; part++ {
			first := part * c.batch / parts
			for i := first; i < (part+1)*c.batch/parts; i++ {
				kernel.Im2Col(cols, x[i*size:(i+1)*size], c.window)
				gemm(false, true, c.out, weights, places, g[i*c.out*places:(i+1)*c.out*places], cols, i > first, sums[part])
			}
		}
		scratch.give(cols)
	}
	return func(dst raw.Array, in []raw.Array) error {
		x, g = raw.Slice[T](in[0]), raw.Slice[T](in[1])
		if sums[0] == nil {
			for i := range sums {
				sums[i], ones[i] = make([]T, c.out*weights), 1
			}
		}
		kernel.Parallel(parts, 1, task)
		kernel.LinComb(raw.Slice[T](dst), ones, sums, accumulate)
		return nil
	}
}

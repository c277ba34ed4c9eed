package layers

import (
	"cmp"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/ops"
)

// Image is the shape of images that are rows of a matrix (batch,
// Channels·Height·Width), channel by channel and row by row.
type Image struct{ Channels, Height, Width int }

// Size returns the number of columns, Channels·Height·Width.
func (i Image) Size() int { return i.Channels * i.Height * i.Width }

// Conv is a convolution of images, act(w ∗ x + b), see ops.Conv.
type Conv struct {
	name    string
	in, out Image
	set     ConvSettings
	window  ops.Window
	w, b    *graph.Param
}

var _ Taylor = (*Conv)(nil)

// ConvSettings are those of a convolution. nil or a zero field means the default.
type ConvSettings struct {
	// Kernel is the height and the width of the kernel; 3 if zero.
	Kernel int
	// Stride is the number of pixels from one place of the kernel to the next; 1 if
	// zero.
	Stride int
	// Valid keeps the kernel within the image. Otherwise there are (Kernel − 1)/2
	// zeros on every side, so that with a stride of 1 and an odd kernel the result
	// has the size of the image.
	Valid bool
	// Activation is applied to the result; Identity if zero.
	Activation Activation
	// Time adds the time as one more channel, the same in every pixel: the layer can
	// then be used in dynamics only, where there is a time.
	Time bool
}

// NewConv declares a convolution from images in to images of so many channels,
// with parameters "name.w" (channels, in.Channels, Kernel, Kernel), where with Time
// there is one channel more in, Glorot uniform from rng, and "name.b" (channels), 0.
func NewConv(p *graph.Params, name string, in Image, channels int, rng *rand.Rand, settings *ConvSettings) (*Conv, error) {
	var set ConvSettings
	if settings != nil {
		set = *settings
	}
	set.Kernel, set.Stride = cmp.Or(set.Kernel, 3), cmp.Or(set.Stride, 1)
	switch {
	case p == nil:
		return nil, errors.Errorf("convolution %q without parameters to add to", name)
	case rng == nil:
		return nil, errors.Errorf("convolution %q without a random generator", name)
	case in.Channels <= 0 || in.Height <= 0 || in.Width <= 0 || channels <= 0:
		return nil, errors.Errorf("convolution %q of images %+v to %d channels, expected positive sizes", name, in, channels)
	case set.Kernel < 0 || set.Stride < 0:
		return nil, errors.Errorf("convolution %q with a kernel of %d and a stride of %d, expected positive sizes", name, set.Kernel, set.Stride)
	}
	c := &Conv{name: name, in: in, set: set, window: ops.Window{Height: in.Height, Width: in.Width, Stride: set.Stride}}
	if !set.Valid {
		c.window.Padding = (set.Kernel - 1) / 2
	}
	places := func(size int) int { return (size+2*c.window.Padding-set.Kernel)/set.Stride + 1 }
	if min(in.Height, in.Width)+2*c.window.Padding < set.Kernel {
		return nil, errors.Errorf("convolution %q: a kernel of %d does not fit into images %+v", name, set.Kernel, in)
	}
	c.out = Image{channels, places(in.Height), places(in.Width)}
	for _, i := range []Image{in, c.out} {
		if _, err := extent.Of(i.Channels, i.Height, i.Width); err != nil {
			return nil, errors.Wrapf(err, "convolution %q of images %+v", name, in)
		}
	}
	from := in.Channels
	if set.Time {
		from++
	}
	var err error
	area := set.Kernel * set.Kernel
	if c.w, err = p.Add(name+".w", GlorotUniform(rng, from*area, channels*area), channels, from, set.Kernel, set.Kernel); err != nil {
		return nil, err
	}
	if c.b, err = p.Add(name+".b", nil, channels); err != nil {
		return nil, err
	}
	return c, nil
}

// Out returns the shape of the result, whose rows are images, too.
func (c *Conv) Out() Image { return c.out }

// Forward applies the layer to x (batch, in.Size()). The result is (batch,
// Out().Size()).
func (c *Conv) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := c.forward(s, x)
	return y, errors.Wrapf(err, "convolution %q of %+v", c.name, c.in)
}

func (c *Conv) forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if c.set.Time {
		t, err := s.Time()
		if err != nil {
			return nil, err
		}
		if x, err = ops.Augment(x, c.in.Height*c.in.Width, t); err != nil {
			return nil, err
		}
	}
	b, err := s.Param(c.b)
	if err != nil {
		return nil, err
	}
	y, err := c.convolve(s, x, b)
	if err != nil || c.set.Activation == Identity {
		return y, err
	}
	return ops.Activate(ops.Activation(c.set.Activation), y)
}

func (c *Conv) convolve(s *graph.Scope, x, b *gorgonia.Node) (*gorgonia.Node, error) {
	w, err := s.Param(c.w)
	if err != nil {
		return nil, err
	}
	return ops.Conv(x, w, b, c.window)
}

// Series expands the layer, which is linear up to the activation: the derivatives
// of the channel of the time are 1, 0, 0, …. A ReLU has no derivatives.
func (c *Conv) Series() (Series, error) {
	if err := smooth(ops.Activation(c.set.Activation)); err != nil {
		return nil, errors.Wrapf(err, "convolution %q", c.name)
	}
	y := activated{act: ops.Activation(c.set.Activation)}
	k := -1
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if k++; k == 0 {
			first, err := c.Forward(s, x)
			y.y = gorgonia.Nodes{first}
			return first, err
		}
		u, err := c.slope(s, x, k)
		if err == nil {
			u, err = y.next(u)
		}
		return u, errors.Wrapf(err, "convolution %q of %+v", c.name, c.in)
	}, nil
}

// slope adds the k-th derivative of the convolution, k ≥ 1.
func (c *Conv) slope(s *graph.Scope, dx *gorgonia.Node, k int) (*gorgonia.Node, error) {
	if c.set.Time {
		var dt *gorgonia.Node // zeros if nil
		if k == 1 {
			t, err := s.Time()
			if err != nil {
				return nil, err
			}
			if dt, err = one(t); err != nil {
				return nil, err
			}
		}
		var err error
		if dx, err = ops.Augment(dx, c.in.Height*c.in.Width, dt); err != nil {
			return nil, err
		}
	}
	return c.convolve(s, dx, nil)
}

// one returns exp(0·t), since a graph has no constants.
func one(t *gorgonia.Node) (*gorgonia.Node, error) {
	zero, err := ops.LinComb([]ops.Term{{X: t, C: 0}}, nil, nil)
	if err != nil {
		return nil, err
	}
	return ops.Activate(ops.Exp, zero)
}

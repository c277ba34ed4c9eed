package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// View returns the entries from off on of the vector v as a matrix or vector
// of the given shape: one named parameter out of a flat vector of them.
func View(v *gorgonia.Node, off int, shape ...int) (*gorgonia.Node, error) {
	if v == nil || len(v.Shape()) != 1 {
		return nil, errors.New("view: expected a vector")
	}
	total, s := v.Shape()[0], tensor.Shape(shape)
	dt, err := floats("view", "v", v)
	if err != nil {
		return nil, err
	}
	if len(s) == 0 || slices.Min(s) <= 0 {
		return nil, errors.Errorf("view of shape %v, expected positive dimensions", s)
	}
	n, err := extent.Of(shape...)
	if err != nil {
		return nil, errors.Wrap(err, "view")
	}
	if off < 0 || off > total-n {
		return nil, errors.Errorf("view: entries [%d, %d), expected some of a vector of %d", off, off+n, total)
	}
	o := newOp("view", dt, s, v)
	o.run = pick(dt, viewRun[float32](off), viewRun[float64](off))
	o.shared, o.first = true, off
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := scatter(g, off, total)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(v)
}

func viewRun[T raw.Float](off int) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d := raw.Slice[T](dst)
		copy(d, raw.Slice[T](in[0])[off:])
		return nil
	}
}

// scatter returns a vector of n zeros with g put in from off on: the gradient
// of a view.
func scatter(g *gorgonia.Node, off, n int) (*gorgonia.Node, error) {
	dt := g.Dtype()
	o := newOp("scatter", dt, tensor.Shape{n}, g)
	o.run = pick(dt, scatterRun[float32](off, false), scatterRun[float64](off, false))
	o.add = pick(dt, scatterRun[float32](off, true), scatterRun[float64](off, true))
	o.linear = []int{0}
	o.scatter = &operation.Scatter{Offset: off, Shape: g.Shape()}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := View(p, off, in[0].Shape()...)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(g)
}

// Scatters returns the target of a scatter operation, nil for any other.
// Machines use it to accumulate a parameter's gradient in place.
func (o *op) Scatters() *operation.Scatter { return o.scatter }

func scatterRun[T raw.Float](off int, accumulate bool) func(raw.Array, []raw.Array) error {
	coef, xs := []T{1}, make([][]T, 1)
	return func(dst raw.Array, in []raw.Array) error {
		d, g := raw.Slice[T](dst), raw.Slice[T](in[0])
		if accumulate {
			xs[0] = g
			kernel.LinComb(d[off:off+len(g)], coef, xs, true)
			return nil
		}
		clear(d)
		copy(d[off:], g)
		return nil
	}
}

package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// sum returns the sum of all entries of x, a scalar.
func sum(x *gorgonia.Node) (*gorgonia.Node, error) {
	dt, err := floats("sum", "x", x)
	if err != nil {
		return nil, err
	}
	o := newOp("sum", dt, tensor.ScalarShape(), x)
	o.run = pick(dt, sumRun[float32], sumRun[float64])
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := fill(g, in[0].Shape())
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

// fill returns a value of the given shape whose entries are all the scalar c.
func fill(c *gorgonia.Node, shape tensor.Shape) (*gorgonia.Node, error) {
	dt := c.Dtype()
	o := newOp("fill", dt, shape, c)
	o.run = pick(dt, fillRun[float32], fillRun[float64])
	o.linear = []int{0}
	o.wrt = []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := sum(g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(c)
}

// inner returns Σ x⊙y over all entries of two nodes of one shape, a scalar.
func inner(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	p, err := ProductSum([]Product{{C: 1, X: x, Y: y}})
	if err != nil {
		return nil, err
	}
	return sum(p)
}

func sumRun[T raw.Float](dst raw.Array, in []raw.Array) error {
	var total T
	for _, x := range raw.Slice[T](in[0]) {
		total += x
	}
	raw.Slice[T](dst)[0] = total
	return nil
}

func fillRun[T raw.Float](dst raw.Array, in []raw.Array) error {
	c, d := raw.Slice[T](in[0])[0], raw.Slice[T](dst)
	for i := range d {
		d[i] = c
	}
	return nil
}

package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Cube returns x³, elementwise: the first layer of the paper's spiral models.
func Cube(x *gorgonia.Node) (*gorgonia.Node, error) {
	dt, err := floats("cube", "x", x)
	if err != nil {
		return nil, err
	}
	o := newOp("cube", dt, x.Shape(), x)
	o.run = pick(dt, cubeRun[float32], cubeRun[float64])
	o.rows = rowwise{1, pick(dt, newElementwise(width(x), cubeRows[float32]), newElementwise(width(x), cubeRows[float64]))}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		r := newOp("cube reverse", dt, in[0].Shape(), in[0], g)
		r.run = pick(dt, cubeGradRun[float32], cubeGradRun[float64])
		r.rows = rowwise{2, pick(dt, newElementwise(width(x), kernel.CubeGrad[float32]), newElementwise(width(x), kernel.CubeGrad[float64]))}
		r.linear = []int{1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

func cubeRun[T raw.Float](dst gorgonia.Value, in []gorgonia.Value) error {
	kernel.Cube(raw.Slice[T](dst), raw.Slice[T](in[0]))
	return nil
}

func cubeRows[T raw.Float](dst, x, _ []T) { kernel.Cube(dst, x) }

func cubeGradRun[T raw.Float](dst gorgonia.Value, in []gorgonia.Value) error {
	kernel.CubeGrad(raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1]))
	return nil
}

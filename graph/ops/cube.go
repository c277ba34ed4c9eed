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
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := cubeGrad(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(x)
}

// cubeGrad returns 3x² ⊙ g.
func cubeGrad(x, g *gorgonia.Node) (*gorgonia.Node, error) {
	dt := x.Dtype()
	o := newOp("cube reverse", dt, x.Shape(), x, g)
	o.run = pick(dt, cubeGradRun[float32], cubeGradRun[float64])
	o.rows = rowwise{2, pick(dt, newElementwise(width(x), kernel.CubeGrad[float32]), newElementwise(width(x), kernel.CubeGrad[float64]))}
	o.linear = []int{1}
	o.wrt = []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			q, err := ProductSum([]Product{{C: 1, X: in[1], Y: p}})
			if err != nil {
				return nil, err
			}
			if d[0], err = ProductSum([]Product{{C: 6, X: in[0], Y: q}}); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = cubeGrad(in[0], p)
		}
		return d, err
	}
	return o.apply(x, g)
}

func cubeRun[T raw.Float](dst raw.Array, in []raw.Array) error {
	kernel.Cube(raw.Slice[T](dst), raw.Slice[T](in[0]))
	return nil
}

func cubeRows[T raw.Float](dst, x, _ []T) { kernel.Cube(dst, x) }

func cubeGradRun[T raw.Float](dst raw.Array, in []raw.Array) error {
	kernel.CubeGrad(raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1]))
	return nil
}

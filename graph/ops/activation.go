package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Activation is an elementwise function whose derivative is a function of its
// result.
type Activation = kernel.Activation

// The activations of affine layers.
const (
	Identity = kernel.Identity
	Tanh     = kernel.Tanh
	Sigmoid  = kernel.Sigmoid
	Softplus = kernel.Softplus
	ReLU     = kernel.ReLU
	Exp      = kernel.Exp
)

// known fails unless act is one of the activations.
func known(act Activation) error {
	if act > Exp {
		return errors.Errorf("activation %d, expected one from Identity to Exp", act)
	}
	return nil
}

// Activate returns act(x), elementwise, for x of any shape.
func Activate(act Activation, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := known(act); err != nil {
		return nil, err
	}
	dt, err := floats(act.String(), "x", x)
	if err != nil {
		return nil, err
	}
	o := newOp(act.String(), dt, x.Shape(), x)
	o.run = pick(dt, activateRun[float32](act), activateRun[float64](act))
	o.rows = rowwise{1, pick(dt, activateRows[float32](act, x), activateRows[float64](act, x))}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, out, grad *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		g, err := activationGrad(act, out, grad)
		return gorgonia.Nodes{g}, err
	}
	return o.apply(x)
}

func activateRun[T raw.Float](act Activation) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		kernel.Activate(act, raw.Slice[T](dst), raw.Slice[T](in[0]))
		return nil
	}
}

func activateRows[T raw.Float](act Activation, x *gorgonia.Node) func(bool) operation.Rowwise {
	return newElementwise(width(x), func(dst, x, _ []T) { kernel.Activate(act, dst, x) })
}

// activationGrad returns dy ⊙ act'(x), written in y = act(x).
func activationGrad(act Activation, y, dy *gorgonia.Node) (*gorgonia.Node, error) {
	if act == Identity {
		return dy, nil
	}
	dt := y.Dtype()
	o := newOp(act.String()+" reverse", dt, y.Shape(), y, dy)
	o.run = pick(dt, activationGradRun[float32](act), activationGradRun[float64](act))
	o.rows = rowwise{2, pick(dt, activationGradRows[float32](act, y), activationGradRows[float64](act, y))}
	o.linear = []int{1}
	if act != ReLU { // whose derivative jumps
		o.wrt = []int{0, 1}
		o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
			d = make(gorgonia.Nodes, 2)
			if want[0] {
				if d[0], err = activationCurvature(act, in[0], in[1], g); err != nil {
					return nil, err
				}
			}
			if want[1] {
				d[1], err = activationGrad(act, in[0], g)
			}
			return d, err
		}
	}
	return o.apply(y, dy)
}

// activationCurvature returns dy ⊙ g ⊙ r'(y) where act'(x) = r(y) for y = act(x).
func activationCurvature(act Activation, y, dy, g *gorgonia.Node) (*gorgonia.Node, error) {
	p, err := ProductSum([]Product{{C: 1, X: dy, Y: g}})
	if err != nil {
		return nil, err
	}
	switch act {
	case Tanh: // r = 1 - y²
		return ProductSum([]Product{{C: -2, X: y, Y: p}})
	case Sigmoid: // r = y - y²
		return ProductSum([]Product{{C: 1, X: p}, {C: -2, X: y, Y: p}})
	case Softplus: // r = 1 - exp(-y), so r' = 1 - r
		q, err := activationGrad(act, y, p)
		if err != nil {
			return nil, err
		}
		return LinComb([]Term{{X: p, C: 1}, {X: q, C: -1}}, nil, nil)
	case Exp: // r = y
		return p, nil
	}
	return nil, errors.Errorf("%v has no second derivative, expected a smooth activation", act)
}

func activationGradRun[T raw.Float](act Activation) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		kernel.ActivateGrad(act, raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1]))
		return nil
	}
}

func activationGradRows[T raw.Float](act Activation, y *gorgonia.Node) func(bool) operation.Rowwise {
	return newElementwise(width(y), func(dst, y, dy []T) { kernel.ActivateGrad(act, dst, y, dy) })
}

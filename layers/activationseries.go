package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// activated expands y = act(u) from its value on, of which the derivatives of
// the activation are functions: that of u is not needed, so that y can be the
// result of a fused layer. The recursions are those of y' = u'·act'(u),
// differentiated by Leibniz' rule.
type activated struct {
	act ops.Activation
	y   gorgonia.Nodes // y, y', …
	du  gorgonia.Nodes // u', u'', …
	w   gorgonia.Nodes // the derivatives of a function of y, as said in next
}

// smooth fails unless the activation has derivatives of all orders.
func smooth(act ops.Activation) error {
	switch act {
	case ops.Identity, ops.Tanh, ops.Sigmoid, ops.Softplus, ops.Exp:
		return nil
	}
	return errors.Wrapf(ErrNoSeries, "activation %v", act)
}

// next returns the next derivative of y, given that of u.
func (a *activated) next(du *gorgonia.Node) (*gorgonia.Node, error) {
	if a.act == ops.Identity {
		return du, nil
	}
	a.du = append(a.du, du)
	var dy []ops.Product
	var err error
	switch a.act {
	case ops.Tanh: // y' = u'·(1 − w), w = y²
		if err = extend(&a.w, square(1, a.y)); err == nil {
			dy = append(leibniz(-1, a.du, a.w), ops.Product{C: 1, X: du})
		}
	case ops.Sigmoid: // y' = u'·w, w = y − y²
		if err = extend(&a.w, append(square(-1, a.y), ops.Product{C: 1, X: a.y[len(a.y)-1]})); err == nil {
			dy = leibniz(1, a.du, a.w)
		}
	case ops.Softplus: // y' = u'·(1 − w), w = exp(−y), w' = −w·y'
		if len(a.w) == 0 {
			err = a.startSoftplus()
		} else {
			err = extend(&a.w, leibniz(-1, a.w, a.y[1:]))
		}
		if err == nil {
			dy = append(leibniz(-1, a.du, a.w), ops.Product{C: 1, X: du})
		}
	case ops.Exp: // y' = u'·y
		dy = leibniz(1, a.du, a.y)
	default:
		err = smooth(a.act)
	}
	if err != nil {
		return nil, err
	}
	if err := extend(&a.y, dy); err != nil {
		return nil, err
	}
	return a.y[len(a.y)-1], nil
}

func (a *activated) startSoftplus() error {
	minus, err := ops.LinComb([]ops.Term{{X: a.y[0], C: -1}}, nil, nil)
	if err != nil {
		return err
	}
	w, err := ops.Activate(ops.Exp, minus)
	a.w = gorgonia.Nodes{w}
	return err
}

// Series expands the function. A ReLU has no derivatives.
func (a Activation) Series() (Series, error) {
	if err := smooth(ops.Activation(a)); err != nil {
		return nil, err
	}
	y := activated{act: ops.Activation(a)}
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if y.y == nil {
			first, err := a.Forward(s, x)
			y.y = gorgonia.Nodes{first}
			return first, err
		}
		return y.next(x)
	}, nil
}

// Series expands the layer: y⁽ᵏ⁾ of the affine map is x⁽ᵏ⁾·W for k ≥ 1, plus w_t
// in y'. A ReLU has no derivatives.
func (d *Dense) Series() (Series, error) {
	if err := smooth(ops.Activation(d.act)); err != nil {
		return nil, errors.Wrapf(err, "dense layer %q (%d to %d)", d.name, d.in, d.out)
	}
	y := activated{act: ops.Activation(d.act)}
	k := -1
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if k++; k == 0 {
			first, err := d.Forward(s, x)
			y.y = gorgonia.Nodes{first}
			return first, err
		}
		u, err := d.slope(s, x, k)
		if err == nil {
			u, err = y.next(u)
		}
		return u, errors.Wrapf(err, "dense layer %q (%d to %d)", d.name, d.in, d.out)
	}, nil
}

// slope adds the k-th derivative of the affine map, k ≥ 1.
func (d *Dense) slope(s *graph.Scope, dx *gorgonia.Node, k int) (*gorgonia.Node, error) {
	w, err := s.Param(d.w)
	if err != nil {
		return nil, err
	}
	if d.wt == nil || k > 1 {
		return ops.MatMul(dx, w, false, false)
	}
	wt, err := s.Param(d.wt)
	if err != nil {
		return nil, err
	}
	return ops.Affine(ops.Identity, dx, w, wt, nil, nil) // the derivative of t is 1
}

var _, _, _ Taylor = Chain(nil), (*Dense)(nil), Tanh

package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Product is the layer U(x) ⊙ V(x), elementwise, of two layers of one shape. An
// empty Chain is the identity: Product{Chain{}, V} is x ⊙ V(x).
type Product struct{ U, V Layer }

// Quotient is the layer U(x) / V(x), elementwise, of two layers of one shape.
type Quotient struct{ U, V Layer }

var _, _ Taylor = Product{}, Quotient{}

// Forward applies both layers to x and multiplies the results.
func (p Product) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	u, v, err := both("product", p.U, p.V, s, x)
	if err != nil {
		return nil, err
	}
	return ops.ProductSum([]ops.Product{{C: 1, X: u, Y: v}})
}

// Forward applies both layers to x and divides the results.
func (q Quotient) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	u, v, err := both("quotient", q.U, q.V, s, x)
	if err != nil {
		return nil, err
	}
	return ops.Quotient(u, v)
}

func both(name string, first, second Layer, s *graph.Scope, x *gorgonia.Node) (u, v *gorgonia.Node, err error) {
	if first == nil || second == nil {
		return nil, nil, errors.Errorf("%s of a layer that is nil", name)
	}
	if u, err = first.Forward(s, x); err != nil {
		return nil, nil, errors.Wrapf(err, "first layer of a %s", name)
	}
	v, err = second.Forward(s, x)
	return u, v, errors.Wrapf(err, "second layer of a %s", name)
}

// Series expands the product by Leibniz' rule.
func (p Product) Series() (Series, error) {
	c, err := expandBoth("product", p.U, p.V)
	if err != nil {
		return nil, err
	}
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if err := c.next(s, x); err != nil {
			return nil, err
		}
		return ops.ProductSum(leibniz(1, c.u, c.v))
	}, nil
}

// Series expands y = u/v by Leibniz' rule for y·v = u, solved for the highest
// derivative of y.
func (q Quotient) Series() (Series, error) {
	c, err := expandBoth("quotient", q.U, q.V)
	if err != nil {
		return nil, err
	}
	var y gorgonia.Nodes
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if err := c.next(s, x); err != nil {
			return nil, err
		}
		n := len(y)
		rest := c.u[n]
		if n > 0 {
			terms := []ops.Product{{C: 1, X: rest}}
			for j := range y {
				terms = append(terms, ops.Product{C: -binomial(n, j), X: y[j], Y: c.v[n-j]})
			}
			var err error
			if rest, err = ops.ProductSum(terms); err != nil {
				return nil, err
			}
		}
		d, err := ops.Quotient(rest, c.v[0])
		y = append(y, d)
		return d, err
	}, nil
}

// couple expands two layers on one argument.
type couple struct {
	name          string
	first, second Series
	u, v          gorgonia.Nodes
}

func expandBoth(name string, first, second Layer) (*couple, error) {
	c := &couple{name: name}
	var err error
	if c.first, err = Expand(first); err != nil {
		return nil, errors.Wrapf(err, "first layer of a %s", name)
	}
	if c.second, err = Expand(second); err != nil {
		return nil, errors.Wrapf(err, "second layer of a %s", name)
	}
	return c, nil
}

func (c *couple) next(s *graph.Scope, x *gorgonia.Node) error {
	u, err := c.first(s, x)
	if err != nil {
		return errors.Wrapf(err, "first layer of a %s", c.name)
	}
	v, err := c.second(s, x)
	c.u, c.v = append(c.u, u), append(c.v, v)
	return errors.Wrapf(err, "second layer of a %s", c.name)
}

package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// VJP adds the products of a cotangent v, of the form of y, with the Jacobians of y,
// vᵀ·∂y/∂x_j, one for each x and of its form; zeros where y does not depend on it.
// The x are independent variables, whatever they are computed from.
//
// The products are expressions like any other: what is made of them can be
// differentiated, by the reverse pass of a solver or by another product. So an
// operation on the way from x to y has to have a derivative by all arguments that
// depend on x (hazard.ErrNoDerivative), and everything that a product is made of
// has to be differentiable in turn (hazard.ErrNoSecondDerivative): the operations
// that second derivatives were checked for, see docs/design.md. Functions with a
// kink, such as ReLU, are not among them, since their second derivative is zero but
// for a point that decides the integral of it.
func (s *Scope) VJP(y, v *gorgonia.Node, x ...*gorgonia.Node) (gorgonia.Nodes, error) {
	if err := s.differentiable(y, x); err != nil {
		return nil, errors.Wrap(err, "VJP")
	}
	if err := s.like("cotangent", v, y); err != nil {
		return nil, errors.Wrap(err, "VJP")
	}
	d, err := s.products(gorgonia.Nodes{y}, gorgonia.Nodes{v}, x)
	if err != nil {
		return nil, errors.Wrapf(err, "VJP of %v", y)
	}
	for i, n := range d {
		if n != nil {
			continue
		}
		if d[i], err = s.zeros(x[i]); err != nil {
			return nil, errors.Wrap(err, "VJP")
		}
	}
	return d, nil
}

// JVP adds the product of the Jacobians of y with directions dx_j, of the form of the
// x_j each: Σ ∂y/∂x_j·dx_j, of the form of y. What is said of VJP holds.
func (s *Scope) JVP(y *gorgonia.Node, x, dx gorgonia.Nodes) (*gorgonia.Node, error) {
	along, err := s.Linearize(y, x...)
	if err != nil {
		return nil, err
	}
	return along(dx...)
}

// Linearize returns what adds the products of the Jacobians of y with directions, as
// JVP does: one differentiation for any number of directions.
//
// The product vᵀ·J is linear in v, so its own product by v is J·dx. This takes no
// rules beyond those of the reverse pass.
func (s *Scope) Linearize(y *gorgonia.Node, x ...*gorgonia.Node) (func(dx ...*gorgonia.Node) (*gorgonia.Node, error), error) {
	if err := s.differentiable(y, x); err != nil {
		return nil, errors.Wrap(err, "linearize")
	}
	// One of its own, or a derivative of a derivative would take it for a variable.
	v, err := s.zeros(y)
	if err != nil {
		return nil, errors.Wrap(err, "linearize")
	}
	transposed, err := s.products(gorgonia.Nodes{y}, gorgonia.Nodes{v}, x)
	if err != nil {
		return nil, errors.Wrapf(err, "linearize %v", y)
	}
	return func(dx ...*gorgonia.Node) (*gorgonia.Node, error) {
		if len(dx) != len(x) {
			return nil, errors.Errorf("JVP along %d directions, expected %d, one for each variable", len(dx), len(x))
		}
		var of, along gorgonia.Nodes
		for i, n := range transposed {
			if err := s.like("direction", dx[i], x[i]); err != nil {
				return nil, errors.Wrap(err, "JVP")
			}
			if n != nil {
				of, along = append(of, n), append(along, dx[i])
			}
		}
		if len(of) == 0 {
			return s.zeros(y)
		}
		d, err := s.products(of, along, gorgonia.Nodes{v})
		if err != nil {
			return nil, errors.Wrapf(err, "JVP of %v", y)
		}
		return d[0], errors.Wrapf(s.independent(d[0], v), "JVP of %v", y)
	}, nil
}

// products adds Σ v_iᵀ·∂y_i/∂x_j for each x, nil where no y depends on it.
func (s *Scope) products(y, v, x gorgonia.Nodes) (gorgonia.Nodes, error) {
	var t table
	t.extend(s.g)
	depends, err := t.path(x, y)
	if err != nil {
		return nil, err
	}
	var results, cotangents, wrt, order gorgonia.Nodes
	for i, n := range y {
		if depends[n.ID()] {
			results, cotangents = append(results, n), append(cotangents, v[i])
		}
	}
	for _, n := range x {
		if depends[n.ID()] {
			wrt = append(wrt, n)
		}
	}
	for id, n := range slices.Backward(t.nodes) {
		if depends[id] {
			order = append(order, n)
		}
	}
	reserve(s.g, 8*len(order)+64)
	before := len(t.nodes)
	grads, err := t.backpropagate(order, depends, results, cotangents, wrt)
	if err != nil {
		return nil, err
	}
	t.extend(s.g)
	if err := t.closed(before, grads); err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(x))
	for i, n := range x {
		if j := slices.Index(wrt, n); j >= 0 {
			d[i] = grads[j]
		}
	}
	return d, nil
}

// differentiable fails unless y and x are nodes of the graph that can be
// differentiated.
func (s *Scope) differentiable(y *gorgonia.Node, x gorgonia.Nodes) error {
	if s == nil {
		return errNoScope
	}
	if err := inGraph(s.g, y); err != nil {
		return errors.Wrap(err, "result")
	}
	for i, n := range x {
		if err := inGraph(s.g, n); err != nil {
			return errors.Wrapf(err, "variable %d", i)
		}
	}
	return nil
}

// like fails unless n is a node of the graph, of the form of another one.
func (s *Scope) like(what string, n, other *gorgonia.Node) error {
	if err := inGraph(s.g, n); err != nil {
		return errors.Wrap(err, what)
	}
	if !sameForm(n, other) {
		return errors.Errorf("%s is %v of %v, expected %v of %v", what, n.Shape(), n.Dtype(), other.Shape(), other.Dtype())
	}
	return nil
}

// zeros adds zeros of the form of n.
func (s *Scope) zeros(n *gorgonia.Node) (*gorgonia.Node, error) {
	return s.Data(value.New(n.Dtype(), n.Shape()...))
}

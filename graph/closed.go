package graph

import (
	"gorgonia.org/gorgonia"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/operation"
)

// twice lists the stock operations whose derivatives are right and made of listed
// operations: by the type, and by the String of those that are not all right.
var twice = map[[2]string]bool{
	{"elemBinOp", "+ false"}: true, {"elemBinOp", "- false"}: true, {"elemBinOp", "⊙ false"}: true,
	{"elemBinOp", "÷ false"}: true, {"elemBinOp", "^ false"}: true,

	{"elemUnaryOp", "sin"}: true, {"elemUnaryOp", "cos"}: true, {"elemUnaryOp", "exp"}: true, {"elemUnaryOp", "ln"}: true,
	{"elemUnaryOp", "neg"}: true, {"elemUnaryOp", "square"}: true, {"elemUnaryOp", "sqrt"}: true, {"elemUnaryOp", "inv"}: true,
	{"elemUnaryOp", "cube"}: true, {"elemUnaryOp", "tanh"}: true, {"elemUnaryOp", "sigmoid"}: true,
	{"elemUnaryOp", "log1p"}: true, {"elemUnaryOp", "expm1"}: true, {"elemUnaryOp", "softplus"}: true,

	{"linAlgBinOp", "A × B"}: true, {"linAlgBinOp", "Aᵀ × B"}: true, {"linAlgBinOp", "A × Bᵀ"}: true, {"linAlgBinOp", "Aᵀ × Bᵀ"}: true,
	{"linAlgBinOp", "a ⋅ b"}: true,
	{"transposeOp", ""}:      true, {"reshapeOp", ""}: true,
	{"sumOp", ""}: true, {"repeatOp", ""}: true, {"sizeOp", ""}: true,
}

// closed reports whether a node of a product with a Jacobian can be differentiated
// in turn, rightly.
func closed(n *gorgonia.Node) bool {
	switch op := n.Op().(type) {
	case nil, *gradientSum:
		return true
	case operation.Op:
		return op.Differentiable()
	}
	kind := kindOf(n.Op())
	return isConstant(n) || twice[[2]string{kind, ""}] || twice[[2]string{kind, n.Op().String()}]
}

// path marks the nodes on the way from x to y. It fails where one is not
// differentiated in an argument on the way.
func (t *table) path(x, y gorgonia.Nodes) (on []bool, err error) {
	depends := t.computedFrom(x)
	variable := make([]bool, len(t.nodes))
	for _, n := range x {
		variable[n.ID()] = true
	}
	on = make([]bool, len(t.nodes))
	for _, n := range y {
		on[n.ID()] = depends[n.ID()]
	}
	for id := len(t.nodes) - 1; id >= 0; id-- {
		if !on[id] || variable[id] {
			continue
		}
		op, ok := t.nodes[id].Op().(gorgonia.SDOp)
		if !ok {
			return nil, errors.Wrapf(hazard.ErrNoDerivative, "%v, a %T", t.nodes[id].Op(), t.nodes[id].Op())
		}
		to := differentiatedIn(op, len(t.args[id]))
		for i, a := range t.args[id] {
			if !depends[a] {
				continue
			}
			if i >= len(to) || !to[i] {
				return nil, errors.Wrapf(hazard.ErrNoDerivative, "%v by its argument %d (%v), which depends on the variables", op, i, t.nodes[a])
			}
			on[a] = true
		}
	}
	return on, nil
}

// computedFrom marks the nodes whose values depend on x, and x. The size of a
// dimension does not depend on what is in it.
func (t *table) computedFrom(x gorgonia.Nodes) []bool {
	depends := make([]bool, len(t.nodes))
	for _, n := range x {
		depends[n.ID()] = true
	}
	for id, args := range t.args {
		for _, a := range args {
			depends[id] = depends[id] || depends[a] && kindOf(t.nodes[id].Op()) != "sizeOp"
		}
	}
	return depends
}

// closed fails unless all nodes from an ID on that the results depend on can be
// differentiated.
func (t *table) closed(from int, results gorgonia.Nodes) error {
	needed := make([]bool, len(t.nodes))
	for _, n := range results {
		needed[n.ID()] = true
	}
	for id := len(t.nodes) - 1; id >= from; id-- {
		if !needed[id] {
			continue
		}
		if n := t.nodes[id]; !closed(n) {
			return errors.Wrapf(hazard.ErrNoSecondDerivative, "%v", n.Op())
		}
		for _, a := range t.args[id] {
			needed[a] = true
		}
	}
	return nil
}

// independent fails if n is computed from v.
func (s *Scope) independent(n, v *gorgonia.Node) error {
	var t table
	t.extend(s.g)
	if t.computedFrom(gorgonia.Nodes{v})[n.ID()] {
		return errors.Errorf("%v has a reverse pass that is not linear in its cotangent", n)
	}
	return nil
}

// Depends reports whether the value of y depends on x: whether y is computed from it,
// by operations of any kind but those that take the size of it.
func (s *Scope) Depends(y, x *gorgonia.Node) (bool, error) {
	if s == nil {
		return false, errNoScope
	}
	for _, n := range []*gorgonia.Node{y, x} {
		if err := inGraph(s.g, n); err != nil {
			return false, errors.Wrap(err, "dependence")
		}
	}
	var t table
	t.extend(s.g)
	return t.computedFrom(gorgonia.Nodes{x})[y.ID()], nil
}

package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/hazard"
)

// Differentiate returns the gradients of the scalar loss, as gorgonia.Grad
// does, after checking that no node of the graph has a derivative already.
func Differentiate(loss *gorgonia.Node, wrt ...*gorgonia.Node) (gorgonia.Nodes, error) {
	if loss == nil {
		return nil, errors.New("differentiate: the loss is nil, expected a node")
	}
	if i := slices.Index(wrt, nil); i >= 0 {
		return nil, errors.Errorf("differentiate: node %d to differentiate with respect to is nil, expected a node", i)
	}
	g := loss.Graph()
	if err := undifferentiated(g); err != nil {
		return nil, err
	}
	var t table
	t.extend(g)
	if _, err := t.between(g.AllNodes(), gorgonia.Nodes{loss}); err != nil { // Gorgonia looks at all
		return nil, errors.Wrap(err, "differentiate")
	}
	reserve(g, 4*len(t.nodes)+256)
	d, err := gorgonia.Grad(loss, wrt...)
	if err != nil {
		return nil, errors.Wrap(err, "differentiate")
	}
	return d, nil
}

// undifferentiated fails if a node of g has a derivative already.
func undifferentiated(g *gorgonia.ExprGraph) error {
	for _, n := range g.AllNodes() {
		if n.Deriv() != nil {
			return errors.Wrapf(hazard.ErrDifferentiated, "node %d (%s)", n.ID(), n.Name())
		}
	}
	return nil
}

// between marks the nodes through which the gradients of results come to wrt, both
// of the table. It fails if one of them is computed by an operation without a
// derivative; an operation of data alone needs none.
func (t *table) between(wrt, results gorgonia.Nodes) (active []bool, err error) {
	depends := make([]bool, len(t.nodes)) // on wrt, differentiably or not
	for _, n := range wrt {
		depends[n.ID()] = true
	}
	for id, args := range t.args {
		for _, a := range args {
			depends[id] = depends[id] || depends[a]
		}
	}
	affects, from := make([]bool, len(t.nodes)), make([][]int, len(t.nodes))
	for _, n := range results {
		affects[n.ID()] = depends[n.ID()]
	}
	for id := len(t.nodes) - 1; id >= 0; id-- {
		if !affects[id] {
			continue
		}
		if from[id], err = t.differentiated(id); err != nil {
			return nil, err
		}
		for _, a := range from[id] {
			affects[a] = depends[a]
		}
	}
	active = make([]bool, len(t.nodes))
	for _, n := range wrt {
		active[n.ID()] = affects[n.ID()]
	}
	for id, args := range from {
		for _, a := range args {
			active[id] = active[id] || active[a]
		}
	}
	return active, nil
}

// differentiated returns the arguments that a node can be differentiated by. An
// operation that says with DiffWRT that an argument is not differentiated is in
// order: its derivative is taken for zero.
func (t *table) differentiated(id int) (ids []int, err error) {
	n, args := t.nodes[id], t.args[id]
	if n.Op() == nil || n.Op().Arity() == 0 {
		return nil, nil
	}
	if r, ok := n.Op().(*result); ok && r.c.f.noGradient != nil {
		return nil, r.c.f.noGradient
	}
	op, ok := n.Op().(gorgonia.SDOp)
	if !ok {
		return nil, errors.Wrapf(hazard.ErrNoDerivative, "%v, a %T, expected a gorgonia.SDOp", n.Op(), n.Op())
	}
	wrt := op.DiffWRT(len(args))
	if len(wrt) < len(args) {
		return nil, errors.Wrapf(hazard.ErrNoDerivative, "DiffWRT of %v tells of %d arguments, expected %d", op, len(wrt), len(args))
	}
	for i, a := range args {
		if wrt[i] {
			ids = append(ids, a)
		}
	}
	return ids, nil
}

package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/hazard"
)

// checkGraph fails if g has nodes that Gorgonia merges or may merge by mistake,
// constants other than scalars, slices of long dimensions, or nodes of equal
// hash, or operations that Gorgonia computes wrongly. The time is linear in the
// nodes.
func checkGraph(g *gorgonia.ExprGraph) error {
	if err := checkOperations(g); err != nil {
		return err
	}
	seen := make(map[uint32]*gorgonia.Node, len(g.AllNodes()))
	for _, n := range g.AllNodes() {
		h := n.Hashcode()
		if m, ok := seen[h]; ok {
			return errors.Wrapf(hazard.ErrHashCollision, "%v and %v", m, n)
		}
		seen[h] = n
	}
	return nil
}

// checkRandom fails if g has a random source. Dropout has one inside, and in
// Gorgonia v0.9.18 a derivative that divides by the probability to drop an entry
// where its value divides by that to keep it.
func checkRandom(g *gorgonia.ExprGraph) error {
	for _, n := range g.AllNodes() {
		if n.Op() != nil && (isDropout(n.Op()) || n.Op().Arity() == 0 && !isConstant(n) && readTarget(n.Op()) == nil) {
			return errors.Wrapf(hazard.ErrRandomNode, "node %d (%v)", n.ID(), n.Op())
		}
	}
	return nil
}

// checkCalls fails if g calls a function.
func checkCalls(g *gorgonia.ExprGraph) error {
	for _, n := range g.AllNodes() {
		if call, ok := n.Op().(*forwardCall); ok {
			return errors.Wrap(hazard.ErrNestedCall, call.String())
		}
	}
	return nil
}

// checkOperations fails if g has an operation whose hash does not tell it from
// others, or one that Gorgonia computes wrongly.
func checkOperations(g *gorgonia.ExprGraph) error {
	for _, n := range g.AllNodes() {
		if _, err := extent.Of(n.Shape()...); err != nil {
			return errors.Wrapf(err, "node %d (%v)", n.ID(), n.Op())
		}
		if _, tensorial := n.Value().(tensor.Tensor); tensorial && isConstant(n) {
			return errors.Wrapf(hazard.ErrUnnamedConstant, "node %d, shape %v", n.ID(), n.Shape())
		}
		if d := slicedDimension(n); d > 256 {
			return errors.Wrapf(hazard.ErrLongSlice, "node %d, of a dimension of %d", n.ID(), d)
		}
		if err := checkWrong(n); err != nil {
			return err
		}
	}
	return nil
}

// sameStructure fails unless two graphs built by one builder have the same
// nodes with the same children. The graphs are built with different input
// names, hence with different hashes, so a merge by collision shows as a
// difference.
func sameStructure(a, b *gorgonia.ExprGraph) error {
	an, bn := a.AllNodes(), b.AllNodes()
	if len(an) != len(bn) {
		return errors.Wrapf(hazard.ErrHashCollision, "%d nodes, %d when built again under other names", len(an), len(bn))
	}
	for i, n := range an {
		if isConstant(n) && isConstant(bn[i]) && !gorgonia.ValueEq(n.Value(), bn[i].Value()) {
			return errors.Wrapf(hazard.ErrBuilder, "node %d is the constant %v, %v when built again", i, n.Value(), bn[i].Value())
		}
		ac, bc := children(n), children(bn[i])
		if len(ac) != len(bc) {
			return errors.Wrapf(hazard.ErrHashCollision, "node %d has %d children, %d when built again", i, len(ac), len(bc))
		}
		for j := range ac {
			if ac[j].ID() != bc[j].ID() {
				return errors.Wrapf(hazard.ErrHashCollision, "child %d of node %d is node %d, %d when built again", j, i, ac[j].ID(), bc[j].ID())
			}
		}
	}
	return nil
}

// sameResults fails unless the builder returned the same nodes both times.
func sameResults(a, b gorgonia.Nodes) error {
	if len(a) != len(b) {
		return errors.Wrapf(hazard.ErrBuilder, "%d results, %d when built again", len(a), len(b))
	}
	for i := range a {
		if a[i].ID() != b[i].ID() {
			return errors.Wrapf(hazard.ErrBuilder, "result %d is node %d (%v), node %d (%v) when built again", i, a[i].ID(), a[i], b[i].ID(), b[i])
		}
	}
	return nil
}

// inGraph fails unless n is a node of g.
func inGraph(g *gorgonia.ExprGraph, n *gorgonia.Node) error {
	switch {
	case n == nil:
		return errors.New("nil, expected a node")
	case n.Graph() != g:
		return errors.Errorf("%v is a node of another graph, expected one of the scope's", n)
	}
	return nil
}

// children returns the arguments of n in order, duplicates kept.
func children(n *gorgonia.Node) gorgonia.Nodes {
	it := n.Graph().From(n.ID())
	if it == nil {
		return nil
	}
	out := make(gorgonia.Nodes, 0, it.Len())
	for it.Next() {
		out = append(out, it.Node().(*gorgonia.Node))
	}
	return out
}

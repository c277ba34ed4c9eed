package graph

import (
	"reflect"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/operation"
)

// A table knows the nodes of a growing expression graph by ID: what each is
// and which nodes it reads. IDs serve as register numbers.
type table struct {
	nodes []*gorgonia.Node // nodes, nil where Gorgonia removed one
	args  [][]int
	kind  []kind
	read  []bool // whether another node reads the node

	// probes is the number of executions in which a stock operation is looked at for
	// state.
	probes int
	// objects has the number of nodes of each stock operation that is an object.
	objects map[gorgonia.Op]int
	// stateful says whether a stock operation keeps state.
	stateful bool
	// exact says that a row has the same bits whatever the number of rows.
	exact bool
	// valued says that registers have values: there are instructions that read them.
	valued bool
}

// kind classifies a node by how a plan treats it.
type kind uint8

const (
	leaf     kind = iota // an input or a constant
	addition             // elementwise addition of two values of one shape
	lincomb              // ops.LinComb
	scatter              // the gradient of a view of a vector
	fused                // another operation of package ops that can accumulate
	plain                // another operation of package ops
	shared               // a result in the memory of its input
	native               // an operation of this package, with its own instruction
	gradient             // a result of a reverse call
	stock                // any other operation
)

// extend reads the nodes added to g since the last time.
func (t *table) extend(g *gorgonia.ExprGraph) {
	reserve(g, 0) // finds the nodes again if some were removed
	all := g.AllNodes()
	first := len(all)
	for first > 0 && int(all[first-1].ID()) >= len(t.nodes) {
		first--
	}
	for _, n := range all[first:] {
		id := int(n.ID())
		for len(t.nodes) <= id {
			t.nodes = append(t.nodes, nil)
			t.args = append(t.args, nil)
			t.kind = append(t.kind, leaf)
			t.read = append(t.read, false)
		}
		c := children(n)
		args := make([]int, len(c))
		for i := range c {
			args[i] = int(c[i].ID())
			t.read[args[i]] = true
		}
		t.nodes[id], t.args[id], t.kind[id] = n, args, classify(n, c)
		t.valued = t.valued || t.kind[id] == stock || t.kind[id] == native
		if op := n.Op(); t.kind[id] == stock && isObject(op) {
			if t.objects == nil {
				t.objects = map[gorgonia.Op]int{}
			}
			t.objects[op]++
		}
	}
}

// op returns the operation of a node of package ops.
func (t *table) op(id int) operation.Op {
	op := t.nodes[id].Op().(operation.Op)
	if t.exact {
		return op.RowExact()
	}
	return op
}

func isObject(op gorgonia.Op) bool { return reflect.TypeOf(op).Kind() == reflect.Pointer }

func classify(n *gorgonia.Node, children gorgonia.Nodes) kind {
	switch op := n.Op().(type) {
	case nil:
		return leaf
	case operation.Op:
		_, aliases := op.Aliases()
		switch {
		case aliases:
			return shared
		case op.Scatters() != nil:
			return scatter
		case op.IsLinComb():
			return lincomb
		case op.Accumulates():
			return fused
		}
		return plain
	case *inputGradient:
		return gradient
	case *gradientSum:
		return addition
	case nativeOp:
		return native
	}
	if isConstant(n) {
		return leaf
	}
	if isAddition(n, children) {
		return addition
	}
	return stock
}

func sameForm(a, b *gorgonia.Node) bool {
	return a.Dtype() == b.Dtype() && slices.Equal(a.Shape(), b.Shape())
}

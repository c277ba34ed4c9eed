package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/value"
)

// backpropagate returns the gradients of the inputs wrt of g, given those of the
// results, through the active nodes, see between. It adds the nodes of gorgonia.Backpropagate in their order, but for the
// sums of gradients, which have an identity: Gorgonia tells its own additions apart
// by a 32-bit hash, and among the sums of tens of thousands of calls two share one.
func (t *table) backpropagate(g *gorgonia.ExprGraph, active []bool, results, cotangents, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	sorted, err := gorgonia.Sort(g) // a node comes before its arguments
	if err != nil {
		return nil, err
	}
	terms := make([]gorgonia.Nodes, len(active))
	for i, n := range results {
		if !active[n.ID()] {
			return nil, errors.Errorf("%v depends on nothing that it is differentiated by, expected a result that does", n)
		}
		terms[n.ID()] = gorgonia.Nodes{cotangents[i]}
	}
	for _, n := range sorted {
		id := n.ID()
		if int(id) >= len(active) || !active[id] { // or a cotangent
			continue
		}
		grad, err := addGradients(terms[id])
		if err != nil {
			return nil, err
		}
		terms[id] = gorgonia.Nodes{grad}
		if n.Op() == nil {
			continue
		}
		args := t.arguments(int(id))
		op := n.Op().(gorgonia.SDOp)
		d, err := op.SymDiff(args, n, grad)
		if err != nil {
			return nil, errors.Wrapf(err, "derivative of %v", op)
		}
		for i, to := range op.DiffWRT(len(args)) {
			if i >= len(args) || !to || !active[args[i].ID()] {
				continue
			}
			if i >= len(d) || d[i] == nil {
				return nil, errors.Errorf("derivative of %v: nothing for argument %d, expected a node since DiffWRT says so", op, i)
			}
			if got, want := d[i].Shape(), args[i].Shape(); !got.Eq(want) {
				return nil, errors.Errorf("derivative of %v: %v for argument %d, expected %v", op, got, i, want)
			}
			a := args[i].ID()
			terms[a] = append(terms[a], d[i])
		}
	}
	grads := make(gorgonia.Nodes, len(wrt))
	for i, n := range wrt {
		if len(terms[n.ID()]) == 0 {
			return nil, errors.Errorf("no result depends on %s, expected one that does", n.Name())
		}
		grads[i] = terms[n.ID()][0]
	}
	return grads, nil
}

// arguments returns the arguments of a node in order.
func (t *table) arguments(id int) gorgonia.Nodes {
	args := make(gorgonia.Nodes, len(t.args[id]))
	for i, a := range t.args[id] {
		args[i] = t.nodes[a]
	}
	return args
}

func one(dt tensor.Dtype) *gorgonia.Node {
	if dt == tensor.Float32 {
		return gorgonia.NewConstant(float32(1))
	}
	return gorgonia.NewConstant(1.0)
}

// addGradients returns the sum of the gradients of one node, two at a time in
// their order.
func addGradients(terms gorgonia.Nodes) (sum *gorgonia.Node, err error) {
	for i, x := range terms {
		if i == 0 {
			sum = x
			continue
		}
		if !sameForm(sum, x) {
			return nil, errors.Errorf("gradients %v of %v, %v and %v of %v, %v of one node, expected one shape", sum, sum.Shape(), sum.Dtype(), x, x.Shape(), x.Dtype())
		}
		op := &gradientSum{operation.New("sum of gradients", x.Dtype(), x.Shape(), sum, x)}
		if sum, err = operation.Apply(op, &op.Signature, sum, x); err != nil {
			return nil, err
		}
	}
	return sum, nil
}

// gradientSum adds two gradients of one node.
type gradientSum struct{ operation.Signature }

// Do returns the sum. Plans have instructions of their own for additions.
func (o *gradientSum) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	sum := raw.New(o.Dtype(), o.Shape())
	return sum, recovered(o.String(), func() error {
		value.AddRows(sum, 0, in[0])
		value.AddRows(sum, 0, in[1])
		return nil
	})
}

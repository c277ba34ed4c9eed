package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/value"
)

// backpropagate returns the gradients of wrt, given those of the results, through
// the active nodes, in an order in which a node comes before its arguments. The
// nodes that it adds are those of gorgonia.Backpropagate but for the gradients that
// nothing needs, and for the sums of gradients, which have an identity: Gorgonia
// tells its own additions apart by a 32-bit hash, and among the sums of tens of
// thousands of calls two share one. No node keeps a derivative, so what it returns
// can be differentiated again.
func (t *table) backpropagate(order gorgonia.Nodes, active []bool, results, cotangents, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	terms := make([]gorgonia.Nodes, len(active))
	for i, n := range results {
		if !active[n.ID()] {
			return nil, errors.Errorf("%v depends on nothing that it is differentiated by, expected a result that does", n)
		}
		terms[n.ID()] = append(terms[n.ID()], cotangents[i])
	}
	for _, n := range order {
		id := n.ID()
		if int(id) >= len(active) || !active[id] { // or a cotangent
			continue
		}
		grad, err := addGradients(terms[id])
		if err != nil {
			return nil, err
		}
		terms[id] = gorgonia.Nodes{grad}
		if n.Op() == nil || slices.Contains(wrt, n) {
			continue
		}
		args := t.arguments(int(id))
		op := n.Op().(gorgonia.SDOp)
		want := differentiatedIn(op, len(args))[:len(args)]
		for i, a := range args {
			want[i] = want[i] && active[a.ID()]
		}
		d, err := gradients(op, args, n, grad, want)
		if err != nil {
			return nil, errors.Wrapf(err, "derivative of %v", op)
		}
		for i := range args {
			if !want[i] {
				continue
			}
			if i >= len(d) || d[i] == nil {
				return nil, errors.Errorf("derivative of %v: nothing for argument %d, expected a node since DiffWRT says so", op, i)
			}
			if got, want := d[i].Shape(), args[i].Shape(); !slices.Equal(got, want) {
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

// differentiatedIn says in which of its arguments an operation can be
// differentiated, times included.
func differentiatedIn(op gorgonia.SDOp, args int) []bool {
	if o, ok := op.(operation.Op); ok {
		return o.DiffWithin(args)
	}
	return op.DiffWRT(args)
}

// gradients returns those of the arguments that are wanted, and maybe others.
func gradients(op gorgonia.SDOp, args gorgonia.Nodes, n, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	if o, ok := op.(operation.Op); ok {
		return o.Gradients(args, n, grad, want)
	}
	switch kindOf(op) {
	case "reshapeOp":
		d, err := reshaped(grad, args[0].Shape())
		return gorgonia.Nodes{d}, err
	case "repeatOp": // Gorgonia's gradient may lack a dimension of length one
		d, err := op.SymDiff(args, n, grad)
		if err == nil {
			d[0], err = reshaped(d[0], args[0].Shape())
		}
		return d, err
	}
	return op.SymDiff(args, n, grad)
}

// reshaped returns n in another shape. Gorgonia's Reshape does not make scalars.
func reshaped(n *gorgonia.Node, shape tensor.Shape) (*gorgonia.Node, error) {
	switch {
	case slices.Equal(n.Shape(), shape):
		return n, nil
	case len(shape) == 0:
		return gorgonia.Sum(n)
	}
	return gorgonia.Reshape(n, shape.Clone())
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

var _ gorgonia.SDOp = (*gradientSum)(nil)

// DiffWRT says that the sum is differentiated in both terms.
func (o *gradientSum) DiffWRT(n int) []bool { return slices.Repeat([]bool{true}, n) }

// SymDiff returns the gradient of the sum as that of both terms.
func (o *gradientSum) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{grad, grad}, nil
}

// Do returns the sum. Plans have instructions of their own for additions.
func (o *gradientSum) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	sum := raw.New(o.Dtype(), o.Shape())
	return sum, recovered(o.String(), func() error {
		value.AddRows(sum, 0, in[0])
		value.AddRows(sum, 0, in[1])
		return nil
	})
}

package graph

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/hazard"
)

// differentiate takes the vector–Jacobian product of the expression, with a
// cotangent input for every result, on the same graph.
//
// An expression without a gradient can still be evaluated, so why there is none is
// kept for whoever asks for one.
func (f *Function) differentiate(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) {
	f.noGradient = recovered("differentiate", func() error {
		var wrt gorgonia.Nodes
		for i, n := range in {
			if !f.inputs[i].Data {
				wrt = append(wrt, n)
			}
		}
		if err := checkDerivatives(f.dependent(out), dependents(g, wrt)); err != nil {
			return err
		}
		return f.addReverse(g, in, out)
	})
	if f.noGradient == nil {
		return
	}
	f.noGradient = errors.Wrapf(f.noGradient, "gradient of function %s", f.name)
	for i := range f.cotangents {
		f.cotangents[i] = -1
	}
}

func (f *Function) addReverse(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) error {
	wrt, of := f.dependencies(in, out)
	var outs, cots, vars gorgonia.Nodes
	for i, n := range out {
		if of[i] {
			c, err := Spec{Name: fmt.Sprintf("cotangent %d", i), Dtype: n.Dtype(), Shape: n.Shape()}.node(g, "")
			if err != nil {
				return err
			}
			f.cotangents[i] = int(c.ID())
			outs, cots = append(outs, n), append(cots, c)
		}
	}
	for i, n := range in {
		if wrt[i] {
			vars = append(vars, n)
		}
	}
	if len(vars) == 0 {
		return nil
	}
	reserve(g, 8*f.forwardEnd+256)
	d, err := f.backpropagate(g, outs, cots, vars)
	if err != nil {
		return err
	}
	for j, n := range d {
		if !sameForm(n, vars[j]) {
			return errors.Errorf("the gradient of %v is %v of %v, expected %v of %v: an operation that reads it has a wrong derivative",
				vars[j], n.Shape(), n.Dtype(), vars[j].Shape(), vars[j].Dtype())
		}
	}
	f.extend(g)
	j := 0
	for i := range in {
		if wrt[i] {
			f.grads[i] = int(d[j].ID())
			j++
		}
	}
	return nil
}

// differentiates reports whether a gradient may go to the i-th input. Without one,
// it would, and is refused.
func (f *Function) differentiates(i int) bool {
	return f.grads[i] >= 0 || f.noGradient != nil && !f.inputs[i].Data
}

// dependent returns the results that depend on an input that is not Data, whether
// or not that can be differentiated.
func (f *Function) dependent(out gorgonia.Nodes) (some gorgonia.Nodes) {
	depends := make([]bool, f.forwardEnd)
	for i, id := range f.in {
		depends[id] = !f.inputs[i].Data
	}
	for id, args := range f.args[:f.forwardEnd] {
		for _, a := range args {
			depends[id] = depends[id] || depends[a]
		}
	}
	for _, n := range out {
		if depends[n.ID()] {
			some = append(some, n)
		}
	}
	return some
}

// dependents returns the nodes of g that depend on one of wrt, these included.
func dependents(g *gorgonia.ExprGraph, wrt gorgonia.Nodes) map[*gorgonia.Node]bool {
	some := map[*gorgonia.Node]bool{}
	for _, n := range g.AllNodes() { // children come first
		some[n] = slices.Contains(wrt, n) || slices.ContainsFunc(children(n), func(c *gorgonia.Node) bool { return some[c] })
	}
	return some
}

// checkDerivatives fails if a result is computed by an operation without a
// derivative, at which Gorgonia panics. One that says with DiffWRT that an argument
// is not differentiated is in order: its derivative is taken for zero. So is one of
// data alone: only nodes in some are looked at, all if it is nil.
func checkDerivatives(out gorgonia.Nodes, some map[*gorgonia.Node]bool) error {
	seen := map[*gorgonia.Node]bool{}
	for todo := slices.Clone(out); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] || n.Op() == nil || n.Op().Arity() == 0 || some != nil && !some[n] {
			continue
		}
		seen[n] = true
		if r, ok := n.Op().(*result); ok && r.c.f.noGradient != nil {
			return r.c.f.noGradient
		}
		op, ok := n.Op().(gorgonia.SDOp)
		if !ok {
			return errors.Wrapf(hazard.ErrNoDerivative, "%v, a %T, expected a gorgonia.SDOp", n.Op(), n.Op())
		}
		args := children(n)
		wrt := op.DiffWRT(len(args))
		if len(wrt) < len(args) {
			return errors.Wrapf(hazard.ErrNoDerivative, "DiffWRT of %v tells of %d arguments, expected %d", op, len(wrt), len(args))
		}
		for i, a := range args {
			if wrt[i] {
				todo = append(todo, a)
			}
		}
	}
	return nil
}

// dependencies says which inputs influence a result differentiably, and which
// results are so influenced.
func (f *Function) dependencies(in, out gorgonia.Nodes) (wrt, of []bool) {
	influenced := make([]bool, f.forwardEnd)
	for i, n := range in {
		influenced[n.ID()] = !f.inputs[i].Data
	}
	influences := make([]bool, f.forwardEnd)
	for id := range f.nodes {
		for _, a := range f.differentiated(f.nodes[id]) {
			influenced[id] = influenced[id] || influenced[a]
		}
	}
	for _, n := range out {
		influences[n.ID()] = influenced[n.ID()]
	}
	for id := f.forwardEnd - 1; id >= 0; id-- {
		if !influences[id] {
			continue
		}
		for _, a := range f.differentiated(f.nodes[id]) {
			influences[a] = influences[a] || influenced[a]
		}
	}
	for _, n := range in {
		wrt = append(wrt, influenced[n.ID()] && influences[n.ID()])
	}
	for _, n := range out {
		of = append(of, influenced[n.ID()])
	}
	return wrt, of
}

package graph

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// differentiate takes the vector–Jacobian product of the expression, with a
// cotangent input for every result, on the same graph.
func (f *Function) differentiate(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) error {
	wrt, of := f.dependencies(in, out)
	var outs, cots, vars gorgonia.Nodes
	for i, n := range out {
		if of[i] {
			c, err := Input{Name: fmt.Sprintf("cotangent %d", i), Dtype: n.Dtype(), Shape: n.Shape()}.node(g, "")
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
	Reserve(g, 8*f.forwardEnd+256)
	d, err := gorgonia.Backpropagate(outs, cots, vars)
	if err != nil {
		return errors.Wrap(err, "differentiate")
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

// dependencies says which inputs influence a result differentiably, and which
// results are so influenced.
func (f *Function) dependencies(in, out gorgonia.Nodes) (wrt, of []bool) {
	differentiable := func(id int) []bool {
		op, ok := f.nodes[id].Op().(gorgonia.SDOp)
		if !ok {
			return nil
		}
		return op.DiffWRT(len(f.args[id]))
	}
	influenced := make([]bool, f.forwardEnd)
	for i, n := range in {
		influenced[n.ID()] = !f.inputs[i].Data
	}
	influences := make([]bool, f.forwardEnd)
	for id := range f.nodes {
		for j, d := range differentiable(id) {
			influenced[id] = influenced[id] || d && influenced[f.args[id][j]]
		}
	}
	for _, n := range out {
		influences[n.ID()] = influenced[n.ID()]
	}
	for id := f.forwardEnd - 1; id >= 0; id-- {
		if !influences[id] {
			continue
		}
		for j, d := range differentiable(id) {
			if d && influenced[f.args[id][j]] {
				influences[f.args[id][j]] = true
			}
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

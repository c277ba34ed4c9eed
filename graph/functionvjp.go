package graph

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// differentiate takes the vector–Jacobian product of the expression, with a
// cotangent input for every result, on the same graph.
//
// An expression without a gradient can still be evaluated, so why there is none is
// kept for whoever asks for one.
func (f *Function) differentiate(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) {
	f.noGradient = recovered("differentiate", func() error { return f.addReverse(g, in, out) })
	if f.noGradient == nil {
		return
	}
	f.noGradient = errors.Wrapf(f.noGradient, "gradient of function %s", f.name)
	for i := range f.cotangents {
		f.cotangents[i] = -1
	}
}

// addReverse adds the reverse pass: the cotangents of the results that depend on an
// input, and the gradients of the inputs that a result depends on.
func (f *Function) addReverse(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) error {
	var inputs gorgonia.Nodes // inputs to differentiate by
	for i, n := range in {
		if !f.inputs[i].Data {
			inputs = append(inputs, n)
		}
	}
	active, err := f.between(inputs, out)
	if err != nil {
		return err
	}
	var outs, cots, vars gorgonia.Nodes
	for i, n := range out {
		if active[n.ID()] {
			c, err := Spec{Name: fmt.Sprintf("cotangent %d", i), Dtype: n.Dtype(), Shape: n.Shape()}.node(g, "")
			if err != nil {
				return err
			}
			f.cotangents[i] = int(c.ID())
			outs, cots = append(outs, n), append(cots, c)
		}
	}
	for _, n := range inputs {
		if active[n.ID()] {
			vars = append(vars, n)
		}
	}
	if len(vars) == 0 {
		return nil
	}
	reserve(g, 8*f.forwardEnd+256)
	order, err := gorgonia.Sort(g) // as Gorgonia's own derivatives
	if err != nil {
		return err
	}
	d, err := f.backpropagate(order, active, outs, cots, vars)
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
	for i, n := range in {
		if j < len(vars) && n == vars[j] {
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

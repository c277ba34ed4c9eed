package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
)

// nativeOp is an operation that brings its own instruction.
type nativeOp interface {
	gorgonia.SDOp
	emit(p *plan, id int)
}

var _, _, _, _ nativeOp = (*forwardCall)(nil), (*result)(nil), (*cotangent)(nil), (*reverseCall)(nil)

// forwardCall executes the function. Its result is a token.
type forwardCall struct {
	operation.Signature
	c      *Call
	inputs []int // input of the function that each child is, by position
}

func (o *forwardCall) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	// Copies, but for the parameters: Gorgonia's machines reuse the memory of a
	// value nobody reads, and the execution refers to it until its reverse pass.
	args := make([]gorgonia.Value, len(in))
	for j, i := range o.inputs {
		if i < o.c.f.firstInput() {
			args[j] = in[j]
			continue
		}
		var err error
		if args[j], err = gorgonia.CloneValue(in[j]); err != nil {
			return nil, errors.Wrap(err, o.String())
		}
	}
	return gorgonia.NewF64(0), recovered(o.String(), func() error { return o.c.forward(o.inputs, args) })
}

func (o *forwardCall) DiffWRT(int) []bool {
	d := make([]bool, len(o.inputs))
	for j, i := range o.inputs {
		d[j] = o.c.f.differentiates(i)
	}
	return d
}

func (o *forwardCall) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if o.c.f.noGradient != nil {
		return nil, o.c.f.noGradient
	}
	r := &reverseCall{reverseOp: newReverseOp("reverse of "+o.c.f.name, tensor.Float64, nil, grad), c: o.c}
	t, err := operation.Apply(r, &r.Signature, grad)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	for j, i := range o.inputs {
		if o.c.f.grads[i] < 0 {
			continue
		}
		a := o.c.f.inputs[i]
		g := &inputGradient{reverseOp: newReverseOp("gradient of "+a.Name+" of "+o.c.f.name, a.Dtype, a.Shape, t), c: o.c, i: i}
		if d[j], err = operation.Apply(g, &g.Signature, t); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (o *forwardCall) emit(p *plan, id int) {
	p.at(id).floating = true
	p.push(&callInstruction{op: o, args: p.args[id], in: make([]gorgonia.Value, len(p.args[id])), dst: id}, p.args[id], id)
}

type callInstruction struct {
	args []int
	in   []gorgonia.Value
	op   *forwardCall
	dst  int
}

func (i *callInstruction) run(r *registers) error {
	r.set(i.dst, token)
	for j, a := range i.args {
		i.in[j] = r.values[a]
	}
	return i.op.c.forward(i.op.inputs, i.in)
}

func (i *callInstruction) String() string { return i.op.String() }

// result reads one result from the execution.
type result struct {
	operation.Signature
	c *Call
	i int
}

func (o *result) Do(...gorgonia.Value) (gorgonia.Value, error) {
	return gorgonia.CloneValue(o.c.exec.Out(o.i))
}

func (o *result) DiffWRT(int) []bool {
	return []bool{o.c.f.cotangents[o.i] >= 0 || o.c.f.noGradient != nil}
}

func (o *result) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if o.c.f.noGradient != nil {
		return nil, o.c.f.noGradient
	}
	c := &cotangent{reverseOp: newReverseOp("cotangent of "+o.String(), tensor.Float64, nil, grad), c: o.c, i: o.i}
	t, err := operation.Apply(c, &c.Signature, grad)
	if err != nil {
		return nil, err
	}
	o.c.cotangents = append(o.c.cotangents, cotangentNode{output: o.i, arg: int(grad.ID())})
	return gorgonia.Nodes{t}, nil
}

func (o *result) emit(p *plan, id int) {
	p.at(id).floating = true
	p.push(&resultInstruction{op: o, dst: id}, p.args[id], id)
}

type resultInstruction struct {
	op  *result
	dst int
}

func (i *resultInstruction) run(r *registers) error {
	r.set(i.dst, i.op.c.exec.Out(i.op.i))
	return nil
}

func (i *resultInstruction) String() string { return i.op.String() }

// recovered turns a panic into an error: Gorgonia's tape machine runs
// operations in a goroutine where nobody could recover it.
func recovered(name string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Wrap(panicked(r), name)
		}
	}()
	return f()
}

// panicked returns the error of a panic: the one that it was raised with, as by
// gorgonia.Must, so that its cause can be found.
func panicked(r any) error {
	if err, ok := r.(error); ok {
		return err
	}
	return errors.Errorf("%v", r)
}

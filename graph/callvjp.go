package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// reverseOp is what the operations of a reverse pass share: one argument, and
// no derivative.
type reverseOp struct{ operation.Signature }

func newReverseOp(name string, dt tensor.Dtype, shape tensor.Shape, in *gorgonia.Node) reverseOp {
	return reverseOp{operation.New(name, dt, shape, in)}
}

func (o *reverseOp) DiffWRT(int) []bool { return []bool{false} }

func (o *reverseOp) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.Errorf("%v has no derivative, expected an operation with one", o)
}

// cotangent hands over the gradient of one result.
type cotangent struct {
	reverseOp
	c *Call
	i int
}

func (o *cotangent) Do(in ...gorgonia.Value) (v gorgonia.Value, err error) {
	// A copy: Gorgonia's machines reuse the memory of a value nobody reads.
	o.c.cots[o.i], err = gorgonia.CloneValue(in[0])
	return gorgonia.NewF64(0), err
}

func (o *cotangent) emit(p *plan, id int) { emitToken(o, p, id) }

// emitToken appends the instruction of an operation that does nothing on a
// machine where values pass by reference.
func emitToken(op gorgonia.Op, p *plan, id int) {
	p.at(id).floating = true
	p.push(&tokenInstruction{op: op, dst: id}, p.args[id], id)
}

type tokenInstruction struct {
	op  gorgonia.Op
	dst int
}

func (i *tokenInstruction) run(r *registers) error {
	r.set(i.dst, token)
	return nil
}

func (i *tokenInstruction) String() string { return i.op.String() }

// reverseCall runs the reverse pass of the execution. Its result is a token.
type reverseCall struct {
	reverseOp
	c *Call
}

func (o *reverseCall) Do(...gorgonia.Value) (gorgonia.Value, error) {
	for i, id := range o.c.f.grads {
		if id >= 0 {
			o.c.grads[i] = raw.New(o.c.f.inputs[i].Dtype, o.c.f.inputs[i].Shape)
		}
	}
	return gorgonia.NewF64(0), recovered(o.String(), func() error { return o.c.exec.Accumulate(o.c.cots, o.c.grads, nil) })
}

func (o *reverseCall) emit(p *plan, id int) {
	p.at(id).floating = true
	i := &reverseInstruction{reverseCall: o, dst: id, cots: make([]gorgonia.Value, len(o.c.cots)),
		grads: make([]gorgonia.Value, len(o.c.f.in)), add: make([]bool, len(o.c.f.in))}
	// The cotangents are read here, not where they are handed over.
	reads := append([]int{}, p.args[id]...)
	for _, c := range o.c.cotangents {
		reads = append(reads, c.arg)
	}
	// A gradient that is only summed accumulates in the sum, unless another one
	// of the same call does.
	var left []int
	for _, g := range p.at(id).gradients {
		reg := g
		if root := p.at(g).into; root != 0 {
			if slices.Contains(i.gradients, root) {
				left = append(left, g)
			} else {
				reg = root
			}
		}
		input := p.nodes[g].Op().(*inputGradient).i
		i.gradients, i.inputs = append(i.gradients, reg), append(i.inputs, input)
		i.add[input] = p.at(reg).started
		p.at(reg).started = true
	}
	p.push(i, reads, append([]int{id}, i.gradients...)...)
	for _, g := range left {
		root := p.at(g).into
		p.push(newSum([]term{{x: g, c: 1, scale: -1, weights: -1}}, root, true, p.nodes), []int{g}, root)
	}
}

type reverseInstruction struct {
	*reverseCall
	dst       int
	gradients []int // registers of the gradients
	inputs    []int // input of the function that each gradient belongs to
	cots      []gorgonia.Value
	grads     []gorgonia.Value
	add       []bool // whether the gradient of an input is added to what its register holds
}

func (i *reverseInstruction) run(r *registers) error {
	r.set(i.dst, token)
	for _, c := range i.c.cotangents {
		i.cots[c.output] = r.values[c.arg]
	}
	for j, g := range i.gradients {
		i.grads[i.inputs[j]] = r.values[g]
	}
	return i.c.exec.Accumulate(i.cots, i.grads, i.add)
}

// inputGradient reads the gradient of one input after the reverse call.
type inputGradient struct {
	reverseOp
	c *Call
	i int
}

var _ gorgonia.SDOp = (*inputGradient)(nil)

func (o *inputGradient) Do(...gorgonia.Value) (gorgonia.Value, error) { return o.c.grads[o.i], nil }

package graph

import (
	"encoding/binary"
	"fmt"
	"hash"
	"sync/atomic"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/value"
)

// A Called is one call of a Function in an outer graph.
//
// Gorgonia's operations return one value, so the call node returns a token,
// from which one node for each result reads the frame. In reverse, one node for
// each result hands its cotangent over and returns a token; the sum of those
// tokens is what the reverse call waits for, and the gradients of the inputs
// are read from its token in turn. All are ordinary differentiable operations.
type Called struct {
	f     *Function
	frame *Frame
	token *gorgonia.Node
	out   []*gorgonia.Node

	cotangents []cotangentNode // of the results that take part in the reverse
	// What Gorgonia's own machines hand from one operation to the next.
	cots  []gorgonia.Value
	grads []gorgonia.Value
}

type cotangentNode struct{ output, arg int }

// Call adds a call of f to the graph of s with the given arguments: one for
// each input that is not Data. Data inputs are set on the frame given to Bind;
// a function without any needs no Bind, and gets a frame of its own.
func (f *Function) Call(s *Scope, args ...*gorgonia.Node) (*Called, error) {
	if s.params != f.params && f.firstInput() > 0 {
		return nil, errors.Errorf("call of %s: the graph has another set of parameters", f.name)
	}
	index(s.g, 256)
	c := &Called{f: f, out: make([]*gorgonia.Node, len(f.out)), cots: make([]gorgonia.Value, len(f.out)), grads: make([]gorgonia.Value, len(f.in))}
	var in gorgonia.Nodes
	var inputs []int
	if f.firstInput() > 0 {
		in, inputs = append(in, s.theta), append(inputs, 0)
	}
	for i := f.firstInput(); i < len(f.inputs); i++ {
		if f.inputs[i].Data {
			continue
		}
		if len(args) == 0 {
			return nil, errors.Errorf("call of %s: no argument for input %q", f.name, f.inputs[i].Name)
		}
		a := args[0]
		args = args[1:]
		if a == nil || a.Dtype() != f.inputs[i].Dtype || !sameShape(a.Shape(), f.inputs[i].Shape) {
			return nil, errors.Errorf("call of %s: argument %v for input %q, expected %v of %v", f.name, a, f.inputs[i].Name, f.inputs[i].Shape, f.inputs[i].Dtype)
		}
		in, inputs = append(in, a), append(inputs, i)
	}
	if len(args) > 0 {
		return nil, errors.Errorf("call of %s: %d arguments too many", f.name, len(args))
	}
	op := &forwardCall{signature: newSignature("call "+f.name, tensor.Float64, nil, in...), c: c, inputs: inputs}
	var err error
	c.token, err = op.apply(op, in...)
	return c, err
}

func sameShape(a, b tensor.Shape) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Bind sets the frame in which the call is executed. A frame whose Forward has
// just run is taken as it is.
func (c *Called) Bind(fr *Frame) { c.frame = fr }

// Out returns the node of the i-th result.
func (c *Called) Out(i int) (*gorgonia.Node, error) {
	if c.out[i] == nil {
		o := c.f.outputs[i]
		op := &result{signature: newSignature(fmt.Sprintf("result %d of %s", i, c.f.name), o.Dtype, o.Shape, c.token), c: c, i: i}
		n, err := op.apply(op, c.token)
		if err != nil {
			return nil, err
		}
		c.out[i] = n
	}
	return c.out[i], nil
}

// forward executes the call on the given argument values.
func (c *Called) forward(inputs []int, args []gorgonia.Value) error {
	if c.frame == nil {
		c.frame = c.f.NewFrame()
	}
	fr := c.frame
	for j, i := range inputs {
		if fr.in[i] == args[j] {
			continue
		}
		if err := c.f.fits(i, args[j]); err != nil {
			return err
		}
		fr.in[i] = args[j]
	}
	if fr.evaluated {
		fr.evaluated = false
		return nil
	}
	err := fr.Forward()
	fr.evaluated = false
	return err
}

// token is the value that orders calls. Tokens are never written, but summed.
var token gorgonia.Value = gorgonia.NewF64(0)

// signature is what the operations of a call share: types fixed when they are
// made, and an identity that is never used twice, so that Gorgonia never takes
// one for another.
type signature struct {
	name  string
	id    uint32
	in    []hm.Type
	dtype tensor.Dtype
	shape tensor.Shape
}

var identities atomic.Uint32

func newSignature(name string, dt tensor.Dtype, shape tensor.Shape, in ...*gorgonia.Node) signature {
	types := make([]hm.Type, len(in))
	for i, n := range in {
		types[i] = n.Type()
	}
	return signature{name: name, id: identities.Add(1), in: types, dtype: dt, shape: shape}
}

func (s *signature) apply(op gorgonia.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	n, err := gorgonia.ApplyOp(op, in...)
	if err != nil {
		return nil, errors.Wrap(err, s.name)
	}
	if n.Op() != op {
		return nil, errors.Wrapf(ErrHashCollision, "%s and node %d (%v)", s.name, n.ID(), n.Op())
	}
	return n, nil
}

func (s *signature) Arity() int { return len(s.in) }

func (s *signature) Type() hm.Type {
	t := append(make([]hm.Type, 0, len(s.in)+1), s.in...)
	if len(s.shape) == 0 {
		return hm.NewFnType(append(t, s.dtype)...)
	}
	return hm.NewFnType(append(t, gorgonia.TensorType{Dims: len(s.shape), Of: s.dtype})...)
}

func (s *signature) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.shape.Clone(), nil
}
func (s *signature) ReturnsPtr() bool     { return true }
func (s *signature) CallsExtern() bool    { return false }
func (s *signature) OverwritesInput() int { return -1 }
func (s *signature) Hashcode() uint32     { return s.id }
func (s *signature) String() string       { return s.name }

func (s *signature) WriteHash(h hash.Hash) {
	var w [5]byte
	w[0] = 'c'
	binary.LittleEndian.PutUint32(w[1:], s.id)
	h.Write(w[:])
}

// nativeOp is an operation that brings its own instruction.
type nativeOp interface {
	gorgonia.SDOp
	emit(p *plan, id int)
}

var _, _, _, _ nativeOp = (*forwardCall)(nil), (*result)(nil), (*cotangent)(nil), (*reverseCall)(nil)

// forwardCall executes the function. Its result is a token.
type forwardCall struct {
	signature
	c      *Called
	inputs []int // the input of the function that each child is
}

func (o *forwardCall) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	// Copies, but for the parameters: Gorgonia's machines reuse the memory of a
	// value nobody reads, and the frame refers to it until its reverse pass.
	args := make([]gorgonia.Value, len(in))
	for j, i := range o.inputs {
		if i < o.c.f.firstInput() {
			args[j] = in[j]
			continue
		}
		var err error
		if args[j], err = gorgonia.CloneValue(in[j]); err != nil {
			return nil, errors.Wrap(err, o.name)
		}
	}
	return gorgonia.NewF64(0), recovered(o.name, func() error { return o.c.forward(o.inputs, args) })
}

func (o *forwardCall) DiffWRT(int) []bool {
	d := make([]bool, len(o.inputs))
	for j, i := range o.inputs {
		d[j] = o.c.f.grads[i] >= 0
	}
	return d
}

func (o *forwardCall) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	r := &reverseCall{signature: newSignature("reverse of "+o.c.f.name, tensor.Float64, nil, grad), c: o.c}
	t, err := r.apply(r, grad)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	for j, i := range o.inputs {
		if o.c.f.grads[i] < 0 {
			continue
		}
		a := o.c.f.inputs[i]
		g := &inputGradient{signature: newSignature("gradient of "+a.Name+" of "+o.c.f.name, a.Dtype, a.Shape, t), c: o.c, i: i}
		if d[j], err = g.apply(g, t); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (o *forwardCall) emit(p *plan, id int) {
	p.at(id).floating = true
	p.push(&callInstruction{op: o, operands: newOperands(p.args[id]), dst: id}, p.args[id], id)
}

type callInstruction struct {
	operands
	op  *forwardCall
	dst int
}

func (i *callInstruction) run(r []gorgonia.Value) error {
	r[i.dst] = token
	return i.op.c.forward(i.op.inputs, i.gather(r))
}

// result reads one result from the frame.
type result struct {
	signature
	c *Called
	i int
}

func (o *result) Do(...gorgonia.Value) (gorgonia.Value, error) {
	return gorgonia.CloneValue(o.c.frame.out[o.i])
}

func (o *result) DiffWRT(int) []bool { return []bool{o.c.f.cotangents[o.i] >= 0} }

func (o *result) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	c := &cotangent{signature: newSignature("cotangent of "+o.name, tensor.Float64, nil, grad), c: o.c, i: o.i}
	t, err := c.apply(c, grad)
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

func (i *resultInstruction) run(r []gorgonia.Value) error {
	r[i.dst] = i.op.c.frame.out[i.op.i]
	return nil
}

// cotangent hands over the gradient of one result.
type cotangent struct {
	signature
	c *Called
	i int
}

func (o *cotangent) Do(in ...gorgonia.Value) (v gorgonia.Value, err error) {
	// A copy: Gorgonia's machines reuse the memory of a value nobody reads.
	o.c.cots[o.i], err = gorgonia.CloneValue(in[0])
	return gorgonia.NewF64(0), err
}

func (o *cotangent) DiffWRT(int) []bool { return []bool{false} }

func (o *cotangent) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.Errorf("%s has no derivative", o.name)
}

func (o *cotangent) emit(p *plan, id int) {
	p.at(id).floating = true
	p.push(&tokenInstruction{dst: id}, p.args[id], id)
}

type tokenInstruction struct{ dst int }

func (i *tokenInstruction) run(r []gorgonia.Value) error {
	r[i.dst] = token
	return nil
}

// reverseCall runs the reverse pass of the frame. Its result is a token.
type reverseCall struct {
	signature
	c *Called
}

func (o *reverseCall) Do(...gorgonia.Value) (gorgonia.Value, error) {
	for i, id := range o.c.f.grads {
		if id >= 0 {
			o.c.grads[i] = value.New(o.c.f.inputs[i].Dtype, o.c.f.inputs[i].Shape)
		}
	}
	return gorgonia.NewF64(0), recovered(o.name, func() error { return o.c.frame.Reverse(o.c.cots, o.c.grads) })
}

func (o *reverseCall) DiffWRT(int) []bool { return []bool{false} }

func (o *reverseCall) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.Errorf("%s has no derivative", o.name)
}

func (o *reverseCall) emit(p *plan, id int) {
	p.at(id).floating = true
	i := &reverseInstruction{c: o.c, dst: id, cots: make([]gorgonia.Value, len(o.c.f.out)), grads: make([]gorgonia.Value, len(o.c.f.in))}
	i.gradients = append(i.gradients, p.at(id).gradients...)
	// The cotangents are read here, not where they are handed over.
	reads := append([]int{}, p.args[id]...)
	for _, c := range o.c.cotangents {
		reads = append(reads, c.arg)
	}
	for _, g := range i.gradients {
		i.inputs = append(i.inputs, p.nodes[g].Op().(*inputGradient).i)
	}
	p.push(i, reads, append([]int{id}, i.gradients...)...)
}

type reverseInstruction struct {
	c         *Called
	dst       int
	gradients []int // registers
	inputs    []int // the input of the function that each belongs to
	cots      []gorgonia.Value
	grads     []gorgonia.Value
}

func (i *reverseInstruction) run(r []gorgonia.Value) error {
	r[i.dst] = token
	for _, c := range i.c.cotangents {
		i.cots[c.output] = r[c.arg]
	}
	for j, g := range i.gradients {
		i.grads[i.inputs[j]] = r[g]
	}
	return i.c.frame.Reverse(i.cots, i.grads)
}

// inputGradient reads the gradient of one input after the reverse call.
type inputGradient struct {
	signature
	c *Called
	i int
}

var _ gorgonia.SDOp = (*inputGradient)(nil)

func (o *inputGradient) Do(...gorgonia.Value) (gorgonia.Value, error) { return o.c.grads[o.i], nil }

func (o *inputGradient) DiffWRT(int) []bool { return []bool{false} }

func (o *inputGradient) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, errors.Errorf("%s has no derivative", o.name)
}

// recovered turns a panic into an error: Gorgonia's tape machine runs
// operations in a goroutine where nobody could recover it.
func recovered(name string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%s: %v", name, r)
		}
	}()
	return f()
}

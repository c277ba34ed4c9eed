package graph

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
)

// An Execution is what a call executes: a Frame of the called function, or
// whatever takes its place. Inputs are those of the function, the parameters
// first.
type Execution interface {
	// Execute computes the results from the values of the inputs, nil for those
	// that are Data. What has just been computed, by a numeric solve, is taken
	// as it is.
	Execute(in []gorgonia.Value) error
	// Out returns the i-th result. It belongs to the execution, or is an input.
	Out(i int) gorgonia.Value
	// Accumulate computes the vector–Jacobian product as Frame.Accumulate does.
	// The cotangent of the part, if the call has one, comes last.
	Accumulate(cotangents, grads []gorgonia.Value, add []bool) error
	// AddPart adds the part that the execution contributes to a sum of parts.
	AddPart(sum gorgonia.Value) error
}

// A Call is one call of a Function in an outer graph.
//
// Gorgonia's operations return one value, so the call node returns a token,
// from which one node for each result reads the execution. In reverse, one node
// for each result hands its cotangent over and returns a token; the sum of
// those tokens is what the reverse call waits for, and the gradients of the
// inputs are read from its token in turn. All are ordinary differentiable
// operations.
type Call struct {
	f     *Function
	exec  Execution
	own   *Frame // frame taken from the pool if nothing was bound to the call, else nil
	token *gorgonia.Node
	out   []*gorgonia.Node
	part  bool             // whether the call takes part in a sum of parts
	in    []gorgonia.Value // values of the inputs, nil for Data

	cotangents []cotangentNode // cotangents of the results that the reverse pass comes through
	// What Gorgonia's own machines hand from one operation to the next.
	cots  []gorgonia.Value
	grads []gorgonia.Value
}

type cotangentNode struct{ output, arg int }

// Call adds a call of f to the graph of s with the given arguments: one for
// each input that is not Data. Data inputs are set on the frame given to Bind;
// a function without any needs no Bind, and gets a frame of its own.
func (f *Function) Call(s *Scope, args ...*gorgonia.Node) (*Call, error) {
	if s == nil {
		return nil, errors.Errorf("call of %s: the scope is nil, expected that of the graph", f.name)
	}
	if s.params.root() != f.params.root() && f.firstInput() > 0 {
		return nil, errors.Errorf("call of %s: the graph has another set of parameters, expected the function's", f.name)
	}
	reserve(s.g, 256)
	c := &Call{f: f, out: make([]*gorgonia.Node, len(f.out)), in: make([]gorgonia.Value, len(f.in)),
		cots: make([]gorgonia.Value, len(f.out)), grads: make([]gorgonia.Value, len(f.in))}
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
			return nil, errors.Errorf("call of %s: no argument for input %q, expected a node", f.name, f.inputs[i].Name)
		}
		a := args[0]
		args = args[1:]
		if a == nil {
			return nil, errors.Errorf("call of %s: the argument for input %q is nil, expected a node", f.name, f.inputs[i].Name)
		}
		if a.Dtype() != f.inputs[i].Dtype || !slices.Equal(a.Shape(), f.inputs[i].Shape) {
			return nil, errors.Errorf("call of %s: argument %v for input %q, expected %v of %v", f.name, a, f.inputs[i].Name, f.inputs[i].Shape, f.inputs[i].Dtype)
		}
		in, inputs = append(in, a), append(inputs, i)
	}
	if len(args) > 0 {
		return nil, errors.Errorf("call of %s: %d arguments too many, expected one for each input that is not data", f.name, len(args))
	}
	op := &forwardCall{Signature: operation.New("call "+f.name, tensor.Float64, nil, in...), c: c, inputs: inputs}
	var err error
	if c.token, err = operation.Apply(op, &op.Signature, in...); err != nil {
		return nil, err
	}
	if s.outer != nil {
		s.outer.calls = append(s.outer.calls, c)
	}
	return c, nil
}

// Bind sets what the call executes, in most cases a Frame.
func (c *Call) Bind(x Execution) {
	c.release()
	c.exec = x
}

// release gives a frame of the call's own back to the pool.
func (c *Call) release() {
	if c.own != nil {
		c.own.Release()
		c.exec, c.own = nil, nil
	}
}

// Out returns the node of the i-th result.
func (c *Call) Out(i int) (*gorgonia.Node, error) {
	if i < 0 || i >= len(c.out) {
		return nil, errors.Errorf("result %d of %s, expected one of %d", i, c.f.name, len(c.out))
	}
	if c.out[i] == nil {
		o := c.f.outputs[i]
		op := &result{Signature: operation.New(fmt.Sprintf("result %d of %s", i, c.f.name), o.Dtype, o.Shape, c.token), c: c, i: i}
		n, err := operation.Apply(op, &op.Signature, c.token)
		if err != nil {
			return nil, err
		}
		c.out[i] = n
	}
	return c.out[i], nil
}

// forward executes the call on the given argument values.
func (c *Call) forward(inputs []int, args []gorgonia.Value) error {
	if c.exec == nil {
		c.own = c.f.NewFrame()
		c.exec = c.own
	}
	for j, i := range inputs {
		c.in[i] = args[j]
	}
	return c.exec.Execute(c.in)
}

var _ Execution = (*Frame)(nil)

// Execute implements Execution: if Forward has just run, its results are taken
// as they are.
func (fr *Frame) Execute(in []gorgonia.Value) error {
	for i, v := range in {
		if v == nil || fr.in[i] == v {
			continue
		}
		if err := fr.set(i, v); err != nil {
			return err
		}
	}
	if fr.evaluated {
		fr.evaluated = false
		return nil
	}
	return fr.forward()
}

// AddPart implements Execution: a frame has no part.
func (fr *Frame) AddPart(gorgonia.Value) error {
	return errors.Errorf("a call of %s is bound to a frame, expected an execution with a part", fr.f.name)
}

// token is the value that orders calls. Tokens are never written, but summed.
var token gorgonia.Value = gorgonia.NewF64(0)

package graph

import (
	"fmt"
	"slices"
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/ops"
)

// A Builder adds an expression to the graph of s and returns its results. It
// must be deterministic: the same nodes in the same order every time. A panic in
// it, as by gorgonia.Must, comes back as an error whose cause can be found.
type Builder func(s *Scope, in gorgonia.Nodes) (gorgonia.Nodes, error)

// A Function is a sub-graph that is traced once, differentiated once and
// planned once, and called any number of times from other graphs or directly.
// One execution lives in a Frame.
//
// A Function is for one goroutine at a time: a second execution that begins
// before one ends fails with ErrInUse.
type Function struct {
	name    string
	params  *Params
	inputs  []Spec // inputs, θ first if there are parameters
	first   int    // position of the first input after it
	outputs []Spec

	table
	forwardEnd int // number of nodes of the forward expression, which come first
	in         []int
	out        []int
	cotangents []int // node of the cotangent of each output, -1 if it does not depend on an input
	grads      []int // node of the gradient of each input, -1 if no output depends on it
	noGradient error // reason why there is no gradient, nil if there is one

	regs     registers // registers of a reverse pass, those of its frame first
	empty    registers // registers of a frame that holds nothing: constants and shared buffers
	forward  *program
	interior []int // registers that are kept and no outputs
	brought  []int // outputs whose instruction brings its own result, as a stock operation
	reverses map[reverseKey]*reverse
	loaded   *reverse // reverse program whose buffers the registers hold
	// gradients are those that the present reverse pass is to compute.
	gradients []raw.Array
	work      workspace

	outBytes, interiorBytes int // memory of the outputs and of the interior

	checkpoint bool
	use        exclusive.Use
	mu         sync.Mutex       // mutex of the pool
	shared     []gorgonia.Value // values of the interior that all frames share if checkpoint
	pool       []*Frame
	frames     int
	version    int // number of executions, each of which overwrites what is shared
}

// NewFunction traces build with the parameters, which may be nil, and one node
// for each input. The results can be differentiated with respect to the
// parameters and to every input that is not Data. There are at most 64 inputs
// and 64 results. Where an operation has no derivative, the function can be
// evaluated, and asking for a gradient is an error that names the operation
// (hazard.ErrNoDerivative).
//
// The expression is traced twice, under different names, and the two are
// compared: Gorgonia merges nodes whose 32-bit hashes collide, and a collision
// does not survive a change of names (hazard.ErrHashCollision). Constant tensors
// (hazard.ErrUnnamedConstant), random nodes (hazard.ErrRandomNode) and calls of other functions
// (hazard.ErrNestedCall) are refused.
func NewFunction(name string, params *Params, inputs []Spec, build Builder) (*Function, error) {
	return newFunction(name, params, inputs, build, true)
}

func newFunction(name string, params *Params, inputs []Spec, build Builder, differentiable bool) (*Function, error) {
	if build == nil {
		return nil, errors.Errorf("function %s: the builder is nil, expected a function", name)
	}
	f := &Function{name: name, params: params, reverses: map[reverseKey]*reverse{}, table: table{probes: stateProbes}}
	if params != nil && params.Len() > 0 {
		f.inputs = append(f.inputs, Spec{Name: "theta", Dtype: params.dtype, Shape: tensor.Shape{params.Len()}})
		f.first = 1
	}
	f.inputs = append(f.inputs, inputs...)
	g, in, out, err := f.trace(build, "")
	if err != nil {
		return nil, errors.Wrapf(err, "function %s", name)
	}
	if len(in) > 64 || len(out) > 64 { // bits of a reverseKey
		return nil, errors.Errorf("function %s: %d inputs and %d results, expected at most 64 each", name, len(in), len(out))
	}
	again, _, outAgain, err := f.trace(build, "'")
	if err != nil {
		return nil, errors.Wrapf(err, "function %s", name)
	}
	if err := sameStructure(g, again); err != nil {
		// Two graphs under the same names merge the same nodes.
		third, _, _, failed := f.trace(build, "'")
		if errors.Is(err, hazard.ErrHashCollision) && (failed != nil || sameStructure(again, third) != nil) {
			err = hazard.ErrBuilder
		}
		return nil, errors.Wrapf(err, "function %s", name)
	}
	if err := sameResults(out, outAgain); err != nil {
		return nil, errors.Wrapf(err, "function %s", name)
	}
	f.register(g, in, out)
	if differentiable {
		if err := checkCalls(g); err != nil {
			return nil, errors.Wrapf(err, "function %s", name)
		}
		f.differentiate(g, in, out)
	}
	f.planForward()
	return f, nil
}

// trace builds the expression on a graph of its own.
func (f *Function) trace(build Builder, salt string) (g *gorgonia.ExprGraph, in, out gorgonia.Nodes, err error) {
	g = gorgonia.NewGraph(gorgonia.WithGraphName(f.name + salt))
	s := newScope(g, f.params, salt)
	var args gorgonia.Nodes
	if s.theta != nil {
		in = append(in, s.theta)
	}
	for _, i := range f.inputs[len(in):] {
		n, err := i.node(g, salt)
		if err != nil {
			return nil, nil, nil, err
		}
		args = append(args, n)
	}
	in = append(in, args...)
	err = recovered(fmt.Sprintf("builder, given %d inputs", len(args)), func() (err error) {
		out, err = build(s, args)
		f.exact = *s.exact
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(out) == 0 {
		return nil, nil, nil, errors.New("no results, expected at least one")
	}
	// Every result gets a node of its own that is computed, so that each can be read
	// and differentiated by itself. A leaf has its value from elsewhere: an input,
	// Scope.Data or a constant.
	seen := map[*gorgonia.Node]bool{}
	for i, n := range out {
		if n != nil && n.Graph() == nil { // a constant that nothing reads yet
			n = g.AddNode(n)
		}
		if err := inGraph(g, n); err != nil {
			return nil, nil, nil, errors.Wrapf(err, "result %d", i)
		}
		out[i] = n
		if seen[n] || n.Op() == nil || isConstant(n) {
			if out[i], err = ops.LinComb([]ops.Term{{X: n, C: 1}}, nil, nil); err != nil {
				return nil, nil, nil, err
			}
		}
		seen[out[i]] = true
	}
	if err := checkGraph(g); err != nil {
		return nil, nil, nil, err
	}
	if err := undifferentiated(g); err != nil {
		return nil, nil, nil, err
	}
	return g, in, out, checkRandom(g)
}

// register reads the traced expression.
func (f *Function) register(g *gorgonia.ExprGraph, in, out gorgonia.Nodes) {
	f.extend(g)
	f.forwardEnd = len(f.nodes)
	for _, n := range in {
		f.in = append(f.in, int(n.ID()))
		f.grads = append(f.grads, -1)
	}
	for _, n := range out {
		f.out = append(f.out, int(n.ID()))
		f.cotangents = append(f.cotangents, -1)
		f.outputs = append(f.outputs, Spec{Name: n.Name(), Dtype: n.Dtype(), Shape: n.Shape()})
	}
}

// planForward plans the forward pass: results, and what a reverse pass may
// read, are kept in the frame.
func (f *Function) planForward() {
	f.regs.grow(len(f.nodes))
	f.gradients = make([]raw.Array, len(f.in))
	for id, n := range f.nodes {
		if n != nil && f.kind[id] == leaf {
			f.regs.set(id, n.Value()) // of constants and data
		}
	}
	keep := make([]bool, f.forwardEnd)
	output := make([]bool, f.forwardEnd)
	for _, id := range f.out {
		keep[id], output[id] = true, true
	}
	wanted := map[int]bool{}
	for _, id := range f.grads {
		if id >= 0 {
			wanted[id] = true
		}
	}
	all := newPlan(&f.table, f.forwardEnd, len(f.nodes), func(id int) bool { return wanted[id] }, nil)
	for _, id := range all.external {
		if id < f.forwardEnd {
			keep[id] = true
		}
	}
	for id := range wanted {
		if id < f.forwardEnd {
			keep[id] = true
		}
	}
	f.forward = newPlan(&f.table, 0, f.forwardEnd, func(id int) bool { return keep[id] && f.kind[id] != leaf }, nil)
	f.place(f.forward)
	f.forward.load(&f.regs)
	f.empty = f.regs.clone(f.forwardEnd, f.valued)
	for _, id := range f.forward.kept {
		if !output[id] {
			f.interior = append(f.interior, id)
		}
	}
	for i, id := range f.out {
		if slices.Contains(f.forward.floating, id) {
			f.brought = append(f.brought, i)
		}
	}
	f.outBytes, f.interiorBytes = f.bytesOf(f.out), f.bytesOf(f.interior)
}

// place binds the scratch registers of a program to the workspace.
func (f *Function) place(p *program) {
	for _, s := range p.scratch {
		p.bind(s.reg, f.work.place(f.nodes[s.reg], s.block))
	}
}

// Outputs returns the element types and shapes of the results.
func (f *Function) Outputs() []Spec { return f.outputs }

// misfit is the error of a value that cannot be the i-th input.
func (f *Function) misfit(i int, v gorgonia.Value) error {
	in := f.inputs[i]
	if v == nil {
		return errors.Errorf("%s: input %q has no value, expected %v of %v", f.name, in.Name, in.Shape, in.Dtype)
	}
	return errors.Errorf("%s: input %q is %v of %v, expected contiguous %v of %v", f.name, in.Name, v.Shape(), v.Dtype(), in.Shape, in.Dtype)
}

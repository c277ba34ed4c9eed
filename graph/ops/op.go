// Package ops holds the operations of a neural differential equation that
// deserve one node of a Gorgonia graph: affine layers with their activation,
// the stage combinations of a Runge–Kutta step, the tolerance-scaled error
// norm (Eq. 5 of Pal et al., 2021), the stiffness ratio (Eq. 8), combinations with
// noise, sums of products, small linear systems, convolutions, group normalization,
// sample moments, losses and aggregations.
//
// Every operation is an ordinary gorgonia.Op: it mixes freely with stock
// operations, is differentiated by gorgonia.Grad and run by any Gorgonia
// machine. The machine of package graph runs it without allocating. Gradients
// are operations of this package too, so a reverse pass is a graph like any
// other. Those of what dynamics are made of are differentiated in turn, see
// graph.Scope.VJP; losses, estimates, linear systems, convolutions and normalizations
// have first derivatives alone.
//
// Matrices are (rows, columns) = (batch, dim), float32 or float64 throughout
// one expression. Step sizes and times of the solver are float64 scalars, or columns
// (batch, 1) where each row has its own.
package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// op is an operation with a signature fixed by its constructor, and an identity
// by which Gorgonia never takes it for another.
type op struct {
	operation.Signature

	// run overwrites dst with the result; it must not retain its arguments.
	run operation.Kernel
	// add adds the result to dst; nil if the operation cannot.
	add operation.Kernel
	// shared says that the result is elements of the input, from the one numbered
	// first on.
	shared bool
	first  int
	// diff returns the gradients of the inputs that are wanted, and may return others.
	diff func(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error)
	// wrt lists the inputs that can be differentiated.
	wrt []int
	// times lists the inputs that can be differentiated within dynamics alone. For
	// a solver they are data.
	times []int
	// scatter is set for the gradients of views.
	scatter *operation.Scatter
	// comb is set for linear combinations.
	comb *combination
	// column adds one column of the result without the others; nil if that takes as
	// long.
	column func(i int) (*gorgonia.Node, error)
	// linear lists the inputs in which the operation is linear.
	linear []int
	// rows is set where the result can be computed row by row.
	rows rowwise
	// exact makes a copy of the operation one whose rows have the same bits whatever
	// their number; nil if they have.
	exact func(o *op)
	// sum is set where the result is a sum over rows.
	sum reduction

	arrays []raw.Array // operands of the present run on a machine of Gorgonia's
}

var (
	_ gorgonia.SDOp            = (*op)(nil)
	_ gorgonia.UsePreallocDoer = (*op)(nil)
)

func newOp(name string, dt tensor.Dtype, shape tensor.Shape, in ...*gorgonia.Node) *op {
	return &op{Signature: operation.New(name, dt, shape, in...)}
}

func (o *op) apply(in ...*gorgonia.Node) (*gorgonia.Node, error) {
	return operation.Apply(o, &o.Signature, in...)
}

// Do runs the operation into a newly allocated value.
func (o *op) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	dst := raw.New(o.Dtype(), o.Shape())
	return dst, o.protect(dst, in)
}

// UsePreallocDo runs the operation into dst. A dst that does not fit is an
// error, upon which Gorgonia's machines fall back to Do.
func (o *op) UsePreallocDo(dst gorgonia.Value, in ...gorgonia.Value) (gorgonia.Value, error) {
	if !raw.Fits(dst, o.Dtype(), o.Shape()) {
		return nil, errors.Errorf("preallocated result does not fit, expected %v of %v", o.Shape(), o.Dtype())
	}
	return dst, o.protect(dst, in)
}

// Kernel returns what computes the result.
func (o *op) Kernel() operation.Kernel { return o.run }

// Accumulates reports whether there is an Accumulator.
func (o *op) Accumulates() bool { return o.add != nil }

// Accumulator returns what adds the result to what is there, which spares the
// temporary of a sum.
func (o *op) Accumulator() operation.Kernel { return o.add }

// Aliases reports whether the result is elements of the input, and from which one on.
func (o *op) Aliases() (first int, yes bool) { return o.first, o.shared }

// RowExact returns the operation in a form that gives a row the same bits whatever the
// number of rows.
func (o *op) RowExact() operation.Op {
	if o.exact == nil {
		return o
	}
	e := *o
	o.exact(&e)
	return &e
}

// LinearIn lists the inputs in which the operation is linear: the result is
// zero where one of them is.
func (o *op) LinearIn() []int { return o.linear }

// DiffWRT says which inputs can be differentiated.
func (o *op) DiffWRT(n int) []bool {
	d := make([]bool, n)
	for _, i := range o.wrt {
		d[i] = true
	}
	return d
}

// DiffWithin says which inputs can be differentiated within dynamics: those of
// DiffWRT, and times.
func (o *op) DiffWithin(n int) []bool {
	d := o.DiffWRT(n)
	for _, i := range o.times {
		d[i] = true
	}
	return d
}

// SymDiff returns the gradient of every input that can be differentiated.
func (o *op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return o.Gradients(in, out, grad, o.DiffWRT(len(in)))
}

// Gradients returns the gradients of the inputs that are wanted, and may return
// others.
func (o *op) Gradients(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	if !o.Differentiable() {
		return nil, errors.Errorf("%v has no derivative, expected an operation with one", o)
	}
	return o.diff(in, out, grad, want)
}

// Differentiable reports whether the operation has a derivative.
func (o *op) Differentiable() bool { return o.diff != nil }

// protect turns a panic of a kernel into an error: on Gorgonia's tape machine
// operations run in a goroutine where nobody could recover it.
func (o *op) protect(dst gorgonia.Value, in []gorgonia.Value) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	o.arrays = o.arrays[:0]
	for _, v := range in {
		o.arrays = append(o.arrays, raw.Of(v))
	}
	return o.run(raw.Of(dst), o.arrays)
}

// pick returns the variant of a kernel for an element type.
func pick[K any](dt tensor.Dtype, f32, f64 K) K {
	if dt == tensor.Float32 {
		return f32
	}
	return f64
}

// floats returns the element type of n, which must be one of this package.
func floats(name, arg string, n *gorgonia.Node) (tensor.Dtype, error) {
	if n == nil {
		return tensor.Dtype{}, errors.Errorf("%s: %s is nil, expected a node", name, arg)
	}
	return n.Dtype(), float(name, n.Dtype())
}

// float fails unless dt is an element type of this package.
func float(name string, dt tensor.Dtype) error {
	if dt != tensor.Float32 && dt != tensor.Float64 {
		return errors.Errorf("%s: element type %v, expected float32 or float64", name, dt)
	}
	return nil
}

// matrix returns the element type and shape of n, which must be a matrix.
func matrix(name, arg string, n *gorgonia.Node) (dt tensor.Dtype, rows, cols int, err error) {
	if dt, err = floats(name, arg, n); err != nil {
		return dt, 0, 0, err
	}
	s := n.Shape()
	if len(s) != 2 {
		return dt, 0, 0, errors.Errorf("%s: %s has shape %v, expected a matrix (batch, dim)", name, arg, s)
	}
	return dt, s[0], s[1], nil
}

// expect fails unless n has the given element type and shape.
func expect(name, arg string, n *gorgonia.Node, dt tensor.Dtype, shape ...int) error {
	if n == nil {
		return errors.Errorf("%s: %s is nil, expected a node", name, arg)
	}
	if s := n.Shape(); n.Dtype() != dt || !slices.Equal(s, shape) {
		return errors.Errorf("%s: %s is %v of %v, expected %v of %v", name, arg, s, n.Dtype(), tensor.Shape(shape), dt)
	}
	return nil
}

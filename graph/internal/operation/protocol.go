package operation

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Op is an operation as the machine of package graph runs it. To everybody else
// it is an ordinary gorgonia.Op.
type Op interface {
	gorgonia.SDOp
	gorgonia.UsePreallocDoer

	// DiffWithin says which inputs can be differentiated within dynamics: those of
	// DiffWRT, and times, which are data for a solver.
	DiffWithin(n int) []bool
	// Gradients is SymDiff for the inputs that are wanted.
	Gradients(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (gorgonia.Nodes, error)
	// Differentiable reports whether the operation has a derivative.
	Differentiable() bool

	// Dtype and Shape are those of the result; the shape of a scalar is empty.
	Dtype() tensor.Dtype
	Shape() tensor.Shape

	// Kernel returns what computes the result.
	Kernel() Kernel
	// Accumulates reports whether there is an Accumulator, which adds the result to
	// what is there and so spares the temporary of a sum.
	Accumulates() bool
	Accumulator() Kernel

	// Aliases reports whether the result is elements of the input, and from which one
	// on. A machine that never overwrites a value in place need not copy them.
	Aliases() (first int, yes bool)

	// LinearIn lists the inputs in which the operation is linear: the result is zero
	// where one of them is.
	LinearIn() []int
	// IsLinComb reports whether the operation is a linear combination, see ops.LinComb.
	IsLinComb() bool
	// Scatters returns the target of the gradient of a view, nil for any other
	// operation. Machines use it to accumulate a parameter's gradient in place.
	Scatters() *Scatter

	// Rowwise returns a new implementation of the operation row by row, and the
	// number of operands, the first ones, of which it reads the rows that it
	// computes. It returns nil if there is none. With accumulate it adds to the
	// result, which only operations that accumulate can.
	Rowwise(accumulate bool) (r Rowwise, leading int)
	// RowExact returns the operation in a form that gives a row the same bits whatever
	// the number of rows, itself if it does so already.
	RowExact() Op
	// RowSum returns a new implementation of the operation as a sum over rows, and
	// their number, or nil if it is none.
	RowSum() (r RowSum, rows int)
}

// A Kernel computes the result of an operation from its operands, into memory of the
// size of the result or, if it accumulates, onto what is there. It serves one goroutine
// at a time and does not retain what it is given. It panics where operands are of
// another type or size than those of the operation.
type Kernel func(dst raw.Array, in []raw.Array) error

// Scatter says where the gradient of a view goes in the flat vector.
type Scatter struct {
	Offset int
	Shape  tensor.Shape
}

// Rowwise computes the result of an operation some rows at a time, each from
// the same rows of its leading operands and the whole of the others. A machine
// can so take a few rows through many operations while they are in the cache of
// one processor.
type Rowwise interface {
	// Bind points at the result and the operands. It is called before Rows, which
	// may then be called from several goroutines for different rows.
	Bind(dst raw.Array, in []raw.Array)
	// Rows computes the rows lo to hi of the result.
	Rows(lo, hi int)
}

// RowProduct is a row-wise operation with a right factor that is packed before
// the rows are computed.
type RowProduct interface {
	Rowwise
	// Right returns the operand that is the right factor, and whether it is
	// transposed.
	Right() (operand int, transposed bool)
	// Pack packs the right factor, which is not called for where Packed says that it
	// is what was packed last; Share takes it from a product that has packed the same
	// one.
	Pack()
	Packed() bool
	Share(RowProduct)
}

// RowSum computes the result of an operation that sums over the rows of its
// operands, the gradient of a weight or a bias, some rows at a time. Rows are
// added to one of several partial sums, which are added up at the end: results
// depend on how the rows are cut, but not on who adds them when.
type RowSum interface {
	// Share makes it add to the partial sums of another one, of the same shape.
	Share(RowSum)
	// Reserve empties the partial sums and provides so many of them.
	Reserve(parts int)
	// Bind points at the operands.
	Bind(in []raw.Array)
	// Rows adds the rows lo to hi to a partial sum, each of which takes one call at
	// a time.
	Rows(part, lo, hi int)
	// AddTo writes the total to dst, or adds it with accumulate.
	AddTo(dst raw.Array, accumulate bool)
}

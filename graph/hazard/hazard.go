// Package hazard has the causes of errors that stand for a hazard of Gorgonia's
// expression graphs. Each would otherwise be a silently wrong number.
package hazard

import stderrors "errors"

// The hazards.
var (
	// ErrUnnamedConstant: Gorgonia names a constant by its printed value and
	// prints large tensors abbreviated, so two of them are taken for one.
	ErrUnnamedConstant = stderrors.New("constant tensor in a graph: Gorgonia tells constants apart by their printed value; make it an input, or Scope.Data")
	// ErrLongSlice: Gorgonia tells slices apart by the low eight bits of their
	// bounds, so [0:256] and [256:512] of one tensor are taken for one.
	ErrLongSlice = stderrors.New("slice of a dimension longer than 256: Gorgonia tells slices apart by their bounds modulo 256; use ops.Block")
	// ErrHashCollision: two nodes have the same 32-bit hash, by which Gorgonia
	// tells nodes apart.
	ErrHashCollision = stderrors.New("two nodes of the graph have the same 32-bit hash")
	// ErrDifferentiated: every node caches one derivative, so a second
	// differentiation of a graph returns the first.
	ErrDifferentiated = stderrors.New("the graph has been differentiated before: add all terms to one loss and differentiate once")
	// ErrRandomNode: a random node has a new value every time it is evaluated,
	// so a step could not be run again for its reverse pass.
	ErrRandomNode = stderrors.New("random node, which cannot be seeded or evaluated twice: pass noise as data")
	// ErrBuilder: a builder that returns other results each time describes no
	// function.
	ErrBuilder = stderrors.New("the builder is not deterministic, expected the same results in the same order every time")
	// ErrNoDerivative: a gradient is asked for through an operation that has none.
	ErrNoDerivative = stderrors.New("operation without a derivative: implement gorgonia.SDOp, whose DiffWRT says which arguments are differentiated")
	// ErrNoSecondDerivative: a product with a Jacobian is asked for through an
	// operation whose derivative has none, or is not known to have a right one.
	ErrNoSecondDerivative = stderrors.New("operation without a second derivative, expected one that can be differentiated twice")
	// ErrNestedCall: a call has one frame, and the frames of a function that calls
	// another would share it.
	ErrNestedCall = stderrors.New("a function calls another: apply its builder, without a call")
	// ErrWrongOperation: Gorgonia v0.9.18 computes the operation or its derivative
	// wrongly.
	ErrWrongOperation = stderrors.New("an operation that Gorgonia computes wrongly")
)

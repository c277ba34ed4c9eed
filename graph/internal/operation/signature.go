// Package operation holds what all operations of this module have in common as
// nodes of a Gorgonia graph: a signature that is fixed when they are made, and
// an identity.
package operation

import (
	"encoding/binary"
	"hash"
	"sync/atomic"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/hazard"
)

// Signature is the part of gorgonia.Op that does not depend on what an
// operation computes.
//
// Gorgonia identifies nodes by a 32-bit hash and compares operations by their
// hash alone, so two operations that print alike are merged. The identity of a
// Signature is never used twice within a process, so its operation never is.
type Signature struct {
	name  string
	id    uint32
	in    []hm.Type
	dtype tensor.Dtype
	shape tensor.Shape // shape of the result, empty for a scalar
}

var identities atomic.Uint32

// Identity returns a number that it has not returned before.
func Identity() uint32 { return identities.Add(1) }

// New returns the signature of an operation on in.
func New(name string, dt tensor.Dtype, shape tensor.Shape, in ...*gorgonia.Node) Signature {
	types := make([]hm.Type, len(in))
	for i, n := range in {
		types[i] = n.Type()
	}
	return Signature{name: name, id: Identity(), in: types, dtype: dt, shape: shape}
}

// Apply adds op, of signature s, to the graph of its arguments. It does the work of
// gorgonia.ApplyOp without inferring the type and shape that the signature
// knows, and fails if Gorgonia hands back another node in its place.
func Apply(op gorgonia.Op, s *Signature, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	var g *gorgonia.ExprGraph
	for _, n := range in {
		if g = n.Graph(); g != nil {
			break
		}
	}
	if g == nil || !gorgonia.Nodes(in).AllSameGraph() {
		return nil, errors.Errorf("%s: the arguments are not of one graph", s.name)
	}
	if _, err := extent.Of(s.shape...); err != nil {
		return nil, errors.Wrap(err, s.name)
	}
	n := gorgonia.NewUniqueNode(gorgonia.WithType(s.result()), gorgonia.WithOp(op), gorgonia.WithChildren(in), gorgonia.In(g), gorgonia.WithShape(s.shape...))
	if n.Op() != op {
		return nil, errors.Wrapf(hazard.ErrHashCollision, "%s and node %d (%v)", s.name, n.ID(), n.Op())
	}
	return n, nil
}

// Own reports whether op is an operation of this module.
func Own(op gorgonia.Op) bool {
	_, own := op.(interface{ result() hm.Type })
	return own
}

// Dtype returns the element type of the result.
func (s *Signature) Dtype() tensor.Dtype { return s.dtype }

// Shape returns the shape of the result, empty for a scalar. It must not be
// changed.
func (s *Signature) Shape() tensor.Shape { return s.shape }

func (s *Signature) result() hm.Type {
	if len(s.shape) == 0 {
		return s.dtype
	}
	return gorgonia.TensorType{Dims: len(s.shape), Of: s.dtype}
}

// Arity returns the number of inputs.
func (s *Signature) Arity() int { return len(s.in) }

// Type returns the signature as a function type.
func (s *Signature) Type() hm.Type {
	return hm.NewFnType(append(append(make([]hm.Type, 0, len(s.in)+1), s.in...), s.result())...)
}

// InferShape returns the shape of the result.
func (s *Signature) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return s.shape.Clone(), nil
}

// ReturnsPtr returns true: the result is the operation's to give away.
func (s *Signature) ReturnsPtr() bool { return true }

// CallsExtern returns false.
func (s *Signature) CallsExtern() bool { return false }

// OverwritesInput returns -1: inputs are never written.
func (s *Signature) OverwritesInput() int { return -1 }

// Hashcode returns the identity of the operation.
func (s *Signature) Hashcode() uint32 { return s.id }

// String returns the name of the operation.
func (s *Signature) String() string { return s.name }

// WriteHash writes the identity of the operation.
func (s *Signature) WriteHash(h hash.Hash) {
	var w [5]byte
	w[0] = 'r'
	binary.LittleEndian.PutUint32(w[1:], s.id)
	h.Write(w[:])
}

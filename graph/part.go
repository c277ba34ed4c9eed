package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// SumParts adds the sum of one part from each of the calls, a value of the
// element type and shape of out, to their graph: a matrix of which every call
// fills some rows, the others of its part being zero. A call takes part in at
// most one sum, and must be bound to an execution with a part. The parts are
// never formed; the cotangent of the sum is that of every part.
func SumParts(out Spec, calls ...*Call) (*gorgonia.Node, error) {
	if len(calls) == 0 {
		return nil, errors.Errorf("%s: the sum of no parts, expected at least one", out.Name)
	}
	if err := out.check(); err != nil {
		return nil, errors.Wrap(err, "sum of parts")
	}
	in := make(gorgonia.Nodes, len(calls))
	for i, c := range calls {
		if c == nil {
			return nil, errors.Errorf("%s: call %d of %d is nil, expected a call", out.Name, i, len(calls))
		}
		if c.part {
			return nil, errors.Errorf("%s: a call of %s takes part in another sum, expected at most one", out.Name, c.f.name)
		}
		in[i] = c.token
	}
	for _, c := range calls {
		c.part = true
		c.cots = append(c.cots, nil)
	}
	op := &parts{Signature: operation.New(out.Name, out.Dtype, out.Shape, in...), calls: calls}
	return operation.Apply(op, &op.Signature, in...)
}

var _, _ nativeOp = (*parts)(nil), (*partCotangent)(nil)

// parts is the sum of the parts of calls.
type parts struct {
	operation.Signature
	calls []*Call
}

func (o *parts) Do(...gorgonia.Value) (gorgonia.Value, error) {
	sum := raw.New(o.Dtype(), o.Shape())
	return sum, recovered(o.String(), func() error { return o.addTo(sum) })
}

func (o *parts) addTo(sum gorgonia.Value) error {
	for _, c := range o.calls {
		if err := c.exec.AddPart(sum); err != nil {
			return err
		}
	}
	return nil
}

func (o *parts) DiffWRT(n int) []bool {
	d := make([]bool, n)
	for i := range d {
		d[i] = true
	}
	return d
}

func (o *parts) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	c := &partCotangent{reverseOp: newReverseOp("cotangent of "+o.String(), tensor.Float64, nil, grad), calls: o.calls}
	t, err := operation.Apply(c, &c.Signature, grad)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	for i, c := range o.calls {
		c.cotangents = append(c.cotangents, cotangentNode{output: len(c.out), arg: int(grad.ID())})
		d[i] = t
	}
	return d, nil
}

func (o *parts) emit(p *plan, id int) {
	p.push(&partsInstruction{op: o, dst: id}, p.args[id], id)
}

type partsInstruction struct {
	op  *parts
	dst int
}

func (i *partsInstruction) run(r *registers) error {
	r.arrays[i.dst].Zero()
	return i.op.addTo(r.values[i.dst])
}

func (i *partsInstruction) String() string { return i.op.String() }

// partCotangent hands over the cotangent of a sum, for all calls at once.
type partCotangent struct {
	reverseOp
	calls []*Call
}

func (o *partCotangent) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	// A copy: Gorgonia's machines reuse the memory of a value nobody reads.
	v, err := gorgonia.CloneValue(in[0])
	for _, c := range o.calls {
		c.cots[len(c.out)] = v
	}
	return gorgonia.NewF64(0), err
}

func (o *partCotangent) emit(p *plan, id int) { emitToken(o, p, id) }

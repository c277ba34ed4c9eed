package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Gate returns u⊙x + (1−u)⊙y, what a gate u of a recurrent cell lets through of
// x and y, or u⊙x if y is nil. x and y are matrices (batch, dim). The gate is
// (batch, dim), or (batch, dim/k) if it acts alike on k states kept side by
// side.
func Gate(u, x, y *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "gate"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	_, _, k, err := matrix(name, "u", u)
	if err != nil {
		return nil, err
	}
	if n%k != 0 {
		return nil, errors.Errorf("%s: u has %d columns and x %d, expected a multiple", name, k, n)
	}
	if err := expect(name, "u", u, dt, m, k); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{u, x}
	if y != nil {
		if err := expect(name, "y", y, dt, m, n); err != nil {
			return nil, err
		}
		in = append(in, y)
	}
	o := newOp(name, dt, tensor.Shape{m, n}, in...)
	if y == nil {
		o.byRows(in, gateOne[float32], gateOne[float64])
		o.linear = []int{0, 1}
		o.wrt = []int{0, 1}
	} else {
		o.byRows(in, gateTwo[float32], gateTwo[float64])
		o.wrt = []int{0, 1, 2}
	}
	o.diff = gateDiff
	return o.apply(in...)
}

func gateDiff(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
	d = make(gorgonia.Nodes, len(in))
	if want[0] {
		if d[0], err = gateGrad(in[0].Shape(), in[1:], g); err != nil {
			return nil, err
		}
	}
	if want[1] {
		if d[1], err = Gate(in[0], g, nil); err != nil {
			return nil, err
		}
	}
	if len(in) > 2 && want[2] {
		d[2], err = gateComplement(in[0], g)
	}
	return d, err
}

// gateGrad returns the gradient of a gate of the given shape, g⊙(x − y), or g⊙x of
// one state, summed over the states that it acts on.
func gateGrad(shape tensor.Shape, states gorgonia.Nodes, g *gorgonia.Node) (*gorgonia.Node, error) {
	in := append(append(gorgonia.Nodes{}, states...), g)
	last := len(in) - 1
	o := newOp("gate reverse", g.Dtype(), shape, in...)
	o.linear = []int{last}
	if last == 1 {
		o.byRows(in, gateGradOne[float32], gateGradOne[float64])
		o.linear = []int{0, 1}
	} else {
		o.byRows(in, gateGradTwo[float32], gateGradTwo[float64])
	}
	for i := range in {
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		for i, c := range []float64{1, -1}[:last] {
			if !want[i] {
				continue
			}
			if d[i], err = gateTimes(p, in[last], c); err != nil {
				return nil, err
			}
		}
		if !want[last] {
			return d, nil
		}
		x := in[0]
		if last == 2 {
			if x, err = LinComb([]Term{{X: in[0], C: 1}, {X: in[1], C: -1}}, nil, nil); err != nil {
				return nil, err
			}
		}
		d[last], err = Gate(p, x, nil)
		return d, err
	}
	return o.apply(in...)
}

// gateTimes returns c·u⊙x.
func gateTimes(u, x *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	y, err := Gate(u, x, nil)
	if err != nil || c == 1 {
		return y, err
	}
	return LinComb([]Term{{X: y, C: c}}, nil, nil)
}

// gateComplement returns (1 − u)⊙x.
func gateComplement(u, x *gorgonia.Node) (*gorgonia.Node, error) {
	in := gorgonia.Nodes{u, x}
	o := newOp("complement of gate", x.Dtype(), x.Shape(), in...)
	o.byRows(in, gateRest[float32], gateRest[float64])
	o.linear = []int{1}
	o.wrt = []int{0, 1}
	o.diff = func(in gorgonia.Nodes, _, p *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			du, err := gateGrad(in[0].Shape(), in[1:], p)
			if err != nil {
				return nil, err
			}
			if d[0], err = LinComb([]Term{{X: du, C: -1}}, nil, nil); err != nil {
				return nil, err
			}
		}
		if want[1] {
			d[1], err = gateComplement(in[0], p)
		}
		return d, err
	}
	return o.apply(in...)
}

// RowDot returns the inner products of the rows of two matrices (batch, dim), as
// (batch, 1): of a probe and its product with a Jacobian the estimate of a trace.
func RowDot(x, y *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "inner product of rows"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "y", y, dt, m, n); err != nil {
		return nil, err
	}
	return gateGrad(tensor.Shape{m, 1}, gorgonia.Nodes{x}, y)
}

func gateOne[T raw.Float](dst, u, x, _ []T, rows int)    { kernel.GateMul(dst, u, x, rows) }
func gateTwo[T raw.Float](dst, u, x, y []T, rows int)    { kernel.Gate(dst, u, x, y, rows) }
func gateRest[T raw.Float](dst, u, x, _ []T, rows int)   { kernel.GateComplement(dst, u, x, rows) }
func gateGradOne[T raw.Float](du, x, g, _ []T, rows int) { kernel.GateDot(du, x, g, rows) }
func gateGradTwo[T raw.Float](du, x, y, g []T, rows int) { kernel.GateDotDiff(du, x, y, g, rows) }

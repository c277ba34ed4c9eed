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

func gateDiff(in gorgonia.Nodes, _, g *gorgonia.Node) (d gorgonia.Nodes, err error) {
	d = make(gorgonia.Nodes, len(in))
	// Of the gate: g⊙(x − y), summed over the states that it acts on.
	args := append(append(gorgonia.Nodes{}, in[1:]...), g)
	du := newOp("gate reverse", g.Dtype(), in[0].Shape(), args...)
	du.linear = []int{len(args) - 1}
	if len(in) == 2 {
		du.byRows(args, gateGradOne[float32], gateGradOne[float64])
	} else {
		du.byRows(args, gateGradTwo[float32], gateGradTwo[float64])
	}
	if d[0], err = du.apply(args...); err != nil {
		return nil, err
	}
	if d[1], err = Gate(in[0], g, nil); err != nil || len(in) == 2 {
		return d, err
	}
	args = gorgonia.Nodes{in[0], g}
	dy := newOp("complement of gate", g.Dtype(), g.Shape(), args...)
	dy.byRows(args, gateRest[float32], gateRest[float64])
	dy.linear = []int{1}
	d[2], err = dy.apply(args...)
	return d, err
}

func gateOne[T raw.Float](dst, u, x, _ []T, rows int)    { kernel.GateMul(dst, u, x, rows) }
func gateTwo[T raw.Float](dst, u, x, y []T, rows int)    { kernel.Gate(dst, u, x, y, rows) }
func gateRest[T raw.Float](dst, u, x, _ []T, rows int)   { kernel.GateComplement(dst, u, x, rows) }
func gateGradOne[T raw.Float](du, x, g, _ []T, rows int) { kernel.GateDot(du, x, g, rows) }
func gateGradTwo[T raw.Float](du, x, y, g []T, rows int) { kernel.GateDotDiff(du, x, y, g, rows) }

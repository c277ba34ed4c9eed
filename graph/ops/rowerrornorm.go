package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// RowErrorNorm returns what ErrorNorm returns of each row by itself, a column (batch, 1),
// for step sizes h that are a float64 column (batch, 1) or nil for ones. Its bits do not
// depend on other rows. The derivative of a row at E = 0 is 0, and no row whose gradient
// is 0 is looked at.
func RowErrorNorm(z, z1, h *gorgonia.Node, k gorgonia.Nodes, err []float64, atol, rtol float64) (*gorgonia.Node, error) {
	const name = "error norm by rows"
	dt, m, n, e := matrix(name, "z", z)
	if e != nil {
		return nil, e
	}
	whole, in, e := newErrorNorm(name, z, z1, h, k, err, atol, rtol, m, 1)
	if e != nil {
		return nil, e
	}
	p := &rowErrorNorm{errorNorm: *whole, rows: m, width: n}
	o := newOp(name, dt, tensor.Shape{m, 1}, in...)
	o.byTask(len(in), len(in)*n, newRowErrors[float32](p, false), newRowErrors[float64](p, false))
	for j := range p.err {
		o.wrt = append(o.wrt, 2+j)
	}
	o.diff = p.diff
	return o.apply(in...)
}

// rowErrorNorm is an error norm by rows without its nodes. The error without h is a
// combination of stages with the coefficients err.
type rowErrorNorm struct {
	errorNorm
	rows, width int
}

// diff gives every stage err_j times one shared matrix, dE/dũ times h.
func (p *rowErrorNorm) diff(in gorgonia.Nodes, out, grad *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
	dt := in[0].Dtype()
	args := append(append(gorgonia.Nodes{}, in...), out, grad)
	o := newOp("error norm by rows reverse", dt, in[0].Shape(), args...)
	o.byTask(len(args), len(args)*p.width, newRowErrors[float32](p, true), newRowErrors[float64](p, true))
	o.linear = []int{len(args) - 1}
	w, err := o.apply(args...)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	for j, e := range p.err {
		if d[2+j], err = LinComb([]Term{{X: w, C: e}}, nil, nil); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// rowErrors is the row-wise implementation of an error norm or, with grad, of its
// gradient.
type rowErrors[T raw.Float] struct {
	*rowErrorNorm
	grad     bool
	dst      []T
	z, z1    []T
	k        [][]T
	h        []float64 // nil for ones
	sums     []float64
	out, dot []T // results and their gradients
}

func newRowErrors[T raw.Float](p *rowErrorNorm, grad bool) func() operation.Rowwise {
	return func() operation.Rowwise {
		return &rowErrors[T]{rowErrorNorm: p, grad: grad, k: make([][]T, len(p.err)), sums: make([]float64, p.rows)}
	}
}

func (e *rowErrors[T]) Bind(dst raw.Array, in []raw.Array) {
	e.dst, e.z, e.z1 = raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1])
	for j := range e.k {
		e.k[j] = raw.Slice[T](in[2+j])
	}
	if e.scaled {
		e.h = raw.Slice[float64](in[2+len(e.k)])
	}
	if e.grad {
		e.out, e.dot = raw.Slice[T](in[len(in)-2]), raw.Slice[T](in[len(in)-1])
	}
}

func (e *rowErrors[T]) Rows(lo, hi int) {
	if !e.grad {
		kernel.RowErrorSumSq(e.sums, e.width, e.z, e.z1, e.err, e.k, e.atol, e.rtol, lo, hi)
		kernel.RowRMS(e.dst, e.sums, e.h, e.width, lo, hi)
		return
	}
	for r := lo; r < hi; r++ {
		e.sums[r] = 0
		if e.out[r] != 0 && e.dot[r] != 0 {
			h := 1.0
			if e.scaled {
				h = e.h[r]
			}
			e.sums[r] = float64(e.dot[r]) * h * h / (float64(e.out[r]) * float64(e.width))
		}
	}
	kernel.RowErrorGrad(e.dst, e.width, e.z, e.z1, e.err, e.k, e.atol, e.rtol, e.sums, lo, hi)
}

package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// RowScaledRMS returns what ScaledRMS returns of each row by itself, a column
// (batch, 1), whose bits do not depend on other rows.
func RowScaledRMS(x, y, z *gorgonia.Node, atol, rtol float64) (*gorgonia.Node, error) {
	const name = "scaled RMS by rows"
	in, err := scaledOperands(name, x, y, z)
	if err != nil {
		return nil, err
	}
	dt, m, n := x.Dtype(), x.Shape()[0], x.Shape()[1]
	o := newOp(name, dt, tensor.Shape{m, 1}, in...)
	p := &rowErrorNorm{errorNorm: errorNorm{err: []float64{1, -1}[:len(in)-1], atol: atol, rtol: rtol}, rows: m, width: n}
	o.byTask(len(in), len(in)*n, newRowScaled[float32](p), newRowScaled[float64](p))
	return o.apply(in...)
}

// rowScaled is the row-wise implementation of RowScaledRMS: an error norm of x and y.
type rowScaled[T raw.Float] struct{ rowErrors[T] }

func newRowScaled[T raw.Float](p *rowErrorNorm) func() operation.Rowwise {
	return func() operation.Rowwise {
		return &rowScaled[T]{rowErrors[T]{rowErrorNorm: p, k: make([][]T, len(p.err)), sums: make([]float64, p.rows)}}
	}
}

func (s *rowScaled[T]) Bind(dst raw.Array, in []raw.Array) {
	s.dst, s.z = raw.Slice[T](dst), raw.Slice[T](in[1])
	s.z1, s.k[0] = s.z, raw.Slice[T](in[0])
	if len(in) > 2 {
		s.k[1] = raw.Slice[T](in[2])
	}
}

package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// InfNorm returns the infinity norm, the largest sum of the absolute values of a row,
// of the leading n×n blocks of the square matrices a (batch, m·m), stored as those
// of Factorize: a scalar, the largest one of the batch. Of a Jacobian it bounds the
// eigenvalues. It is NaN if an entry of the blocks is. The gradient goes to the first
// largest row, with 0 at entries of 0.
func InfNorm(a *gorgonia.Node, n int) (*gorgonia.Node, error) {
	const name = "infinity norm"
	s, err := newBlockSums(name, a, n)
	if err != nil {
		return nil, err
	}
	dt := a.Dtype()
	o := newOp(name, dt, tensor.ScalarShape(), a)
	o.run = pick(dt, infNormRun[float32](s), infNormRun[float64](s))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("infinity norm reverse", dt, a.Shape(), in[0], g)
		r.run = pick(dt, infNormReverse[float32](s), infNormReverse[float64](s))
		r.linear = []int{1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(a)
}

// RowInfNorm returns what InfNorm returns of each matrix by itself, a column (batch, 1).
func RowInfNorm(a *gorgonia.Node, n int) (*gorgonia.Node, error) {
	const name = "infinity norm by rows"
	s, err := newBlockSums(name, a, n)
	if err != nil {
		return nil, err
	}
	dt, batch := a.Dtype(), s.batch
	s.batch = 1
	o := newOp(name, dt, tensor.Shape{batch, 1}, a)
	o.byRows(gorgonia.Nodes{a}, rowInfNorms[float32](s), rowInfNorms[float64](s))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("infinity norm by rows reverse", dt, a.Shape(), in[0], g)
		r.byRows(gorgonia.Nodes{in[0], g}, rowInfNormsReverse[float32](s), rowInfNormsReverse[float64](s))
		r.linear = []int{1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(a)
}

func rowInfNorms[T raw.Float](s blockSums) rowFunc[T] {
	return func(dst, a, _, _ []T, rows int) {
		for i := range rows {
			largest, _ := largestRowSum(s, a[i*s.m*s.m:])
			dst[i] = T(largest)
		}
	}
}

func rowInfNormsReverse[T raw.Float](s blockSums) rowFunc[T] {
	return func(dst, a, g, _ []T, rows int) {
		size := s.m * s.m
		for i := range rows {
			infNormGrad(s, dst[i*size:(i+1)*size], a[i*size:(i+1)*size], g[i])
		}
	}
}

// blockSums are the sums of the rows of the leading n×n blocks of a batch of m×m
// matrices.
type blockSums struct{ batch, m, n int }

// newBlockSums checks the operands of a norm.
func newBlockSums(name string, a *gorgonia.Node, n int) (s blockSums, err error) {
	_, batch, mm, err := matrix(name, "a", a)
	if err != nil {
		return s, err
	}
	m, err := order(name, mm)
	if err != nil {
		return s, err
	}
	if n < 1 || n > m {
		return s, errors.Errorf("%s: leading blocks of order %d, expected 1 to %d", name, n, m)
	}
	return blockSums{batch, m, n}, nil
}

// largestRowSum returns the largest sum and the position in a of the first entry of
// its row, a NaN being larger than any number.
func largestRowSum[T raw.Float](s blockSums, a []T) (largest float64, at int) {
	largest = -1
	for k := range s.batch {
		for i := range s.n {
			first, sum := k*s.m*s.m+i, 0.0
			for j := range s.n {
				sum += math.Abs(float64(a[first+j*s.m]))
			}
			if math.IsNaN(sum) {
				return sum, first
			}
			if sum > largest {
				largest, at = sum, first
			}
		}
	}
	return largest, at
}

func infNormRun[T raw.Float](s blockSums) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		largest, _ := largestRowSum(s, raw.Slice[T](in[0]))
		setScalar(dst, largest)
		return nil
	}
}

func infNormReverse[T raw.Float](s blockSums) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		infNormGrad(s, raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1])[0])
		return nil
	}
}

// infNormGrad writes the gradient of the norm of a batch, given that of the norm.
func infNormGrad[T raw.Float](s blockSums, d, a []T, g T) {
	clear(d)
	_, at := largestRowSum(s, a)
	for j := range s.n {
		switch i := at + j*s.m; {
		case a[i] > 0:
			d[i] = g
		case a[i] < 0:
			d[i] = -g
		}
	}
}

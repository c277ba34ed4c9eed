package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// MaskedSquaredError returns the mean over samples of Σ M(x − y)² / Σ M, a
// scalar. x, the data y and the mask M of 0 and 1 are (times·batch, dim), the
// times stacked, so that sample i has rows i, i + batch, …; both sums are over
// its entries at all times. A sample without any observation counts as 0. Where
// the mask is 0, x and y can be anything. Data and mask are not differentiated. A mask
// with another entry than 0 and 1 is an error of the evaluation.
func MaskedSquaredError(x, y, mask *gorgonia.Node, batch int) (*gorgonia.Node, error) {
	const name = "masked squared error"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "the data", y, dt, m, n); err != nil {
		return nil, err
	}
	if err := expect(name, "the mask", mask, dt, m, n); err != nil {
		return nil, err
	}
	s, err := samplesOf(name, m, n, batch)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), x, y, mask)
	o.run = pick(dt, maskedRun[float32](s), maskedRun[float64](s))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		args := gorgonia.Nodes{in[0], in[1], in[2], g}
		r := newOp(name+" reverse", dt, in[0].Shape(), args...)
		r.run = pick(dt, maskedGradRun[float32](s), maskedGradRun[float64](s))
		r.linear = []int{3}
		d, err := r.apply(args...)
		return gorgonia.Nodes{d, nil, nil}, err
	}
	return o.apply(x, y, mask)
}

// MeanReciprocalCount returns the mean over samples of 1/Σ M, a scalar, with the
// mask M as in MaskedSquaredError. A sample without any observation counts as 0. It is not
// differentiated.
func MeanReciprocalCount(mask *gorgonia.Node, batch int) (*gorgonia.Node, error) {
	const name = "mean reciprocal count"
	dt, m, n, err := matrix(name, "the mask", mask)
	if err != nil {
		return nil, err
	}
	s, err := samplesOf(name, m, n, batch)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), mask)
	o.run = pick(dt, meanReciprocalCountRun[float32](s), meanReciprocalCountRun[float64](s))
	return o.apply(mask)
}

// samples are matrices (times·batch, dim) of which sample i has rows i, i + batch, ….
type samples struct{ times, batch, dim int }

func samplesOf(name string, rows, dim, batch int) (samples, error) {
	if batch <= 0 || rows%batch != 0 {
		return samples{}, errors.Errorf("%s: %d rows for batches of %d, expected a multiple", name, rows, batch)
	}
	return samples{rows / batch, batch, dim}, nil
}

// maskedGrain is the number of samples that a processor takes at a time.
const maskedGrain = 16

// blocks calls f for rows that lie side by side: those of some samples, from one
// to another, at each time.
func (s samples) blocks(from, to int, f func(lo, hi int)) {
	for t := range s.times {
		f((t*s.batch+from)*s.dim, (t*s.batch+to)*s.dim)
	}
}

// observed adds the number of observations of the samples from one on to count. It is
// NaN if the mask has another entry than 0 and 1.
func observed[T raw.Float](count []float64, mask []T, dim int) {
	for i := range count {
		for _, m := range mask[i*dim : (i+1)*dim] {
			switch m {
			case 0:
			case 1:
				count[i]++
			default:
				count[i] = math.NaN()
			}
		}
	}
}

// sumOver adds f of the number of observations of every sample that has any.
func sumOver(name string, count []float64, f func(i int, n float64) float64) (sum float64, err error) {
	for i, n := range count {
		switch {
		case math.IsNaN(n):
			return 0, errors.Errorf("%s: the mask of sample %d has entries that are neither 0 nor 1", name, i)
		case n > 0:
			sum += f(i, n)
		}
	}
	return sum, nil
}

func maskedRun[T raw.Float](s samples) func(raw.Array, []raw.Array) error {
	squares, count := make([]float64, s.batch), make([]float64, s.batch)
	diff := make([]T, s.batch*s.dim)
	var x, y, mask []T
	task := func(from, to int) {
		squares, count := squares[from:to], count[from:to]
		clear(squares)
		clear(count)
		d := diff[from*s.dim : to*s.dim]
		s.blocks(from, to, func(lo, hi int) {
			kernel.MaskedDiff(d, x[lo:hi], y[lo:hi], mask[lo:hi])
			for i := range squares {
				squares[i] += kernel.SumSq(d[i*s.dim : (i+1)*s.dim])
			}
			observed(count, mask[lo:hi], s.dim)
		})
	}
	return func(dst raw.Array, in []raw.Array) error {
		x, y, mask = raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](in[2])
		kernel.Parallel(s.batch, maskedGrain, task)
		sum, err := sumOver("masked squared error", count, func(i int, n float64) float64 { return squares[i] / n })
		if err != nil {
			return err
		}
		raw.Slice[T](dst)[0] = T(sum / float64(s.batch))
		return nil
	}
}

func meanReciprocalCountRun[T raw.Float](s samples) func(raw.Array, []raw.Array) error {
	count := make([]float64, s.batch)
	var mask []T
	task := func(from, to int) {
		count := count[from:to]
		clear(count)
		s.blocks(from, to, func(lo, hi int) { observed(count, mask[lo:hi], s.dim) })
	}
	return func(dst raw.Array, in []raw.Array) error {
		mask = raw.Slice[T](in[0])
		kernel.Parallel(s.batch, maskedGrain, task)
		sum, err := sumOver("mean reciprocal count", count, func(_ int, n float64) float64 { return 1 / n })
		if err != nil {
			return err
		}
		raw.Slice[T](dst)[0] = T(sum / float64(s.batch))
		return nil
	}
}

func maskedGradRun[T raw.Float](s samples) func(raw.Array, []raw.Array) error {
	var dx, x, y, mask []T
	var g float64
	count := make([]float64, s.batch)
	task := func(from, to int) {
		count := count[from:to]
		clear(count)
		s.blocks(from, to, func(lo, hi int) { observed(count, mask[lo:hi], s.dim) })
		s.blocks(from, to, func(lo, hi int) {
			kernel.MaskedDiff(dx[lo:hi], x[lo:hi], y[lo:hi], mask[lo:hi])
			for i, n := range count {
				kernel.Scale(dx[lo+i*s.dim:][:s.dim], T(2*g/float64(s.batch)/max(1, n)))
			}
		})
	}
	return func(dst raw.Array, in []raw.Array) error {
		dx, x, y, mask = raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](in[2])
		g = in[3].Float64()
		kernel.Parallel(s.batch, maskedGrain, task)
		return nil
	}
}

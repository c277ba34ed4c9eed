package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/value"
)

// MaskedSquaredError returns the mean over samples of Σ M(x − y)² / Σ M, a
// scalar. x, the data y and the mask M of 0 and 1 are (times·batch, dim), the
// times stacked, so that sample i has rows i, i + batch, …; both sums are over
// its entries at all times. A sample without any observation counts as 0. Where
// the mask is 0, x and y can be anything. Data and mask are not differentiated.
func MaskedSquaredError(x, y, mask *gorgonia.Node, batch int) (*gorgonia.Node, error) {
	return masked("masked squared error", x, y, mask, batch, maskedSum{square: 1})
}

// MaskedLogLikelihood returns the mean over samples of
//
//	Σ ( −M(x − y)²/(2σ²) − ln σ − ½ ln 2π ) / Σ M
//
// with arguments as in MaskedSquaredError. As in the official code of Pal et
// al. the constant is summed over all entries, observed or not, which moves the
// value but not the gradient.
func MaskedLogLikelihood(x, y, mask *gorgonia.Node, batch int, sigma float64) (*gorgonia.Node, error) {
	const name = "masked log likelihood"
	if !(sigma > 0) || math.IsInf(sigma, 0) {
		return nil, errors.Errorf("%s: standard deviation %v, expected a positive number", name, sigma)
	}
	return masked(name, x, y, mask, batch, maskedSum{
		square:   -0.5 / (sigma * sigma),
		constant: -math.Log(sigma) - 0.5*math.Log(2*math.Pi),
	})
}

func masked(name string, x, y, mask *gorgonia.Node, batch int, s maskedSum) (*gorgonia.Node, error) {
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
	if batch <= 0 || m%batch != 0 {
		return nil, errors.Errorf("%s: %d rows for batches of %d, expected a multiple", name, m, batch)
	}
	s.times, s.batch, s.dim = m/batch, batch, n
	o := newOp(name, dt, tensor.ScalarShape(), x, y, mask)
	o.run = pick(dt, maskedRun[float32](s), maskedRun[float64](s))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		args := gorgonia.Nodes{in[0], in[1], in[2], g}
		r := newOp(name+" reverse", dt, in[0].Shape(), args...)
		r.run = pick(dt, maskedGradRun[float32](s), maskedGradRun[float64](s))
		r.linear = []int{3}
		d, err := r.apply(args...)
		return gorgonia.Nodes{d, nil, nil}, err
	}
	return o.apply(x, y, mask)
}

// maskedSum is the mean over samples of (square·Σ M(x − y)² + constant·entries)
// / Σ M.
type maskedSum struct {
	times, batch, dim int
	square, constant  float64
}

// maskedGrain is the number of samples that a processor takes at a time.
const maskedGrain = 16

// blocks calls f for rows that lie side by side: those of some samples, from one
// to another, at each time.
func (s maskedSum) blocks(from, to int, f func(lo, hi int)) {
	for t := range s.times {
		f((t*s.batch+from)*s.dim, (t*s.batch+to)*s.dim)
	}
}

// observed adds the number of observations of the samples from one on to count.
func observed[T value.Float](count []float64, mask []T, dim int) {
	for i := range count {
		count[i] += kernel.SumSq(mask[i*dim : (i+1)*dim])
	}
}

func maskedRun[T value.Float](s maskedSum) func(gorgonia.Value, []gorgonia.Value) error {
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
	return func(dst gorgonia.Value, in []gorgonia.Value) error {
		x, y, mask = value.Slice[T](in[0]), value.Slice[T](in[1]), value.Slice[T](in[2])
		kernel.Parallel(s.batch, maskedGrain, task)
		var sum float64
		for i, n := range count {
			if n > 0 {
				sum += (s.square*squares[i] + s.constant*float64(s.times*s.dim)) / n
			}
		}
		value.Slice[T](dst)[0] = T(sum / float64(s.batch))
		return nil
	}
}

func maskedGradRun[T value.Float](s maskedSum) func(gorgonia.Value, []gorgonia.Value) error {
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
				kernel.Scale(dx[lo+i*s.dim:][:s.dim], T(2*s.square*g/float64(s.batch)/max(1, n)))
			}
		})
	}
	return func(dst gorgonia.Value, in []gorgonia.Value) error {
		dx, x, y, mask = value.Slice[T](dst), value.Slice[T](in[0]), value.Slice[T](in[1]), value.Slice[T](in[2])
		g = value.Float64(in[3])
		kernel.Parallel(s.batch, maskedGrain, task)
		return nil
	}
}

package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// SampleMoments returns the mean and the variance, with divisor n − 1, over n ≥ 2
// trajectories at every save time, matrices (times, dim), for stacked states y
// (times·n, dim): row s·n + i is trajectory i at save time s.
func SampleMoments(y *gorgonia.Node, n int) (mean, variance *gorgonia.Node, err error) {
	e, dt, err := newEnsemble(y, n)
	if err != nil {
		return nil, nil, err
	}
	moment := newOp("sample mean", dt, tensor.Shape{e.times, e.dim}, y)
	moment.run = pick(dt, sampleMeanRun[float32](e), sampleMeanRun[float64](e))
	moment.linear = []int{0}
	moment.wrt = []int{0}
	moment.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("sample mean reverse", dt, tensor.Shape{e.times * n, e.dim}, g)
		r.run = pick(dt, sampleMeanGradRun[float32](e), sampleMeanGradRun[float64](e))
		r.linear = []int{0}
		d, err := r.apply(g)
		return gorgonia.Nodes{d}, err
	}
	if mean, err = moment.apply(y); err != nil {
		return nil, nil, err
	}
	spread := newOp("sample variance", dt, tensor.Shape{e.times, e.dim}, y)
	spread.run = pick(dt, sampleVarianceRun[float32](e), sampleVarianceRun[float64](e))
	spread.wrt = []int{0}
	spread.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("sample variance reverse", dt, tensor.Shape{e.times * n, e.dim}, in[0], g)
		r.run = pick(dt, sampleVarianceGradRun[float32](e), sampleVarianceGradRun[float64](e))
		r.linear = []int{1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	variance, err = spread.apply(y)
	return mean, variance, err
}

// An ensemble is the layout of stacked states (times·n, dim).
type ensemble struct{ times, n, dim int }

func newEnsemble(y *gorgonia.Node, n int) (ensemble, tensor.Dtype, error) {
	const name = "sample moments"
	dt, rows, dim, err := matrix(name, "y", y)
	if err != nil {
		return ensemble{}, dt, err
	}
	if n < 2 {
		return ensemble{}, dt, errors.Errorf("%s: %d trajectories, expected at least 2", name, n)
	}
	if rows == 0 || rows%n != 0 {
		return ensemble{}, dt, errors.Errorf("%s: y has %d rows, expected a multiple of %d trajectories", name, rows, n)
	}
	return ensemble{rows / n, n, dim}, dt, nil
}

// samples calls f for every entry k of the moments with what it is a moment of:
// the entries start, start + dim, … below end of the states.
func (e ensemble) samples(f func(k, start, end int)) {
	for s := range e.times {
		for j := range e.dim {
			f(s*e.dim+j, s*e.n*e.dim+j, (s+1)*e.n*e.dim)
		}
	}
}

// mean returns the mean of a sample, accumulated in float64.
func mean[T raw.Float](e ensemble, y []T, start, end int) float64 {
	var sum float64
	for i := start; i < end; i += e.dim {
		sum += float64(y[i])
	}
	return sum / float64(e.n)
}

// variance returns the variance of a sample by the corrected two-pass algorithm
// (Chan, Golub, LeVeque, The American Statistician 37(3), 1983): the sum of the
// deviations, zero but for rounding, takes out the rounding error of the mean.
func variance[T raw.Float](e ensemble, y []T, start, end int) float64 {
	m := mean(e, y, start, end)
	var sum, squares float64
	for i := start; i < end; i += e.dim {
		d := float64(y[i]) - m
		sum += d
		squares += d * d
	}
	return (squares - sum*sum/float64(e.n)) / float64(e.n-1)
}

func sampleMeanRun[T raw.Float](e ensemble) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d, y := raw.Slice[T](dst), raw.Slice[T](in[0])
		e.samples(func(k, start, end int) { d[k] = T(mean(e, y, start, end)) })
		return nil
	}
}

func sampleMeanGradRun[T raw.Float](e ensemble) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d, g := raw.Slice[T](dst), raw.Slice[T](in[0])
		e.samples(func(k, start, end int) {
			for i := start; i < end; i += e.dim {
				d[i] = g[k] / T(e.n)
			}
		})
		return nil
	}
}

func sampleVarianceRun[T raw.Float](e ensemble) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d, y := raw.Slice[T](dst), raw.Slice[T](in[0])
		e.samples(func(k, start, end int) { d[k] = T(variance(e, y, start, end)) })
		return nil
	}
}

// sampleVarianceGradRun writes 2(y − mean)/(n − 1), times the cotangent: the
// mean depends on y too, but the deviations from it add up to zero.
func sampleVarianceGradRun[T raw.Float](e ensemble) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d, y, g := raw.Slice[T](dst), raw.Slice[T](in[0]), raw.Slice[T](in[1])
		e.samples(func(k, start, end int) {
			m, c := mean(e, y, start, end), 2*float64(g[k])/float64(e.n-1)
			for i := start; i < end; i += e.dim {
				d[i] = T(c * (float64(y[i]) - m))
			}
		})
		return nil
	}
}

package ops

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// KLDivergence returns c·Σ ½(σ² + μ² − 1 − log σ²), a scalar: c times the sum
// over batch and dimensions of the Kullback–Leibler divergence of diagonal
// Gaussians from the standard normal. q (batch, 2·dim) holds μ and log σ² side
// by side.
func KLDivergence(q *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	const name = "KL divergence"
	dt, m, n, err := gaussian(name, q)
	if err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), q)
	o.run = pick(dt, klRun[float32](m, n, c), klRun[float64](m, n, c))
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		r := newOp("KL divergence reverse", dt, in[0].Shape(), in[0], g)
		r.run = pick(dt, klGradRun[float32](m, n, c), klGradRun[float64](m, n, c))
		r.linear = []int{1}
		d, err := r.apply(in[0], g)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(q)
}

func klRun[T raw.Float](m, n int, c float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		q := raw.Slice[T](in[0])
		var sum float64
		for i := range m {
			row := q[2*i*n : 2*(i+1)*n]
			for j, mu := range row[:n] {
				mu, lv := float64(mu), float64(row[n+j])
				sum += mu*mu + math.Expm1(lv) - lv
			}
		}
		raw.Slice[T](dst)[0] = T(c / 2 * sum)
		return nil
	}
}

func klGradRun[T raw.Float](m, n int, c float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		dq, q := raw.Slice[T](dst), raw.Slice[T](in[0])
		f := c * in[1].Float64()
		for i := range m {
			row, d := q[2*i*n:2*(i+1)*n], dq[2*i*n:2*(i+1)*n]
			for j, mu := range row[:n] {
				d[j] = T(f * float64(mu))
				d[n+j] = T(f / 2 * math.Expm1(float64(row[n+j])))
			}
		}
		return nil
	}
}

package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// GaussianSample returns μ + exp(½ log σ²)⊙ε, a sample of a diagonal Gaussian
// from a standard normal ε (batch, dim) that is data (the reparameterisation of
// Kingma and Welling, 2014). q (batch, 2·dim) holds μ and log σ² side by side.
func GaussianSample(q, eps *gorgonia.Node) (*gorgonia.Node, error) {
	const name = "Gaussian sample"
	dt, m, n, err := gaussian(name, q)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "eps", eps, dt, m, n); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{q, eps}
	o := newOp(name, dt, tensor.Shape{m, n}, in...)
	o.byRows(in, sampleRows[float32], sampleRows[float64])
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		args := gorgonia.Nodes{in[0], in[1], g}
		r := newOp("Gaussian sample reverse", dt, in[0].Shape(), args...)
		r.byRows(args, sampleGradRows[float32], sampleGradRows[float64])
		r.linear = []int{2}
		d, err := r.apply(args...)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(in...)
}

// gaussian returns the element type, batch and dimension of the diagonal
// Gaussians q, means and logarithms of variances side by side.
func gaussian(name string, q *gorgonia.Node) (dt tensor.Dtype, m, n int, err error) {
	if dt, m, n, err = matrix(name, "q", q); err != nil {
		return dt, 0, 0, err
	}
	if n%2 != 0 {
		return dt, 0, 0, errors.Errorf("%s: q is (%d, %d), expected means and log variances side by side", name, m, n)
	}
	return dt, m, n / 2, nil
}

func sampleRows[T raw.Float](z, q, eps, _ []T, rows int) {
	n := len(z) / rows
	for i, e := range eps {
		mean := i + i/n*n // where a row has n means and as many log variances
		z[i] = q[mean] + T(math.Exp(float64(q[mean+n])/2))*e
	}
}

func sampleGradRows[T raw.Float](dq, q, eps, g []T, rows int) {
	n := len(eps) / rows
	for i, e := range eps {
		mean := i + i/n*n
		dq[mean] = g[i]
		dq[mean+n] = g[i] * e * T(math.Exp(float64(q[mean+n])/2)/2)
	}
}

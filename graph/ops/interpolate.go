package ops

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Interpolate returns what x (batch, times·dim), values of dim columns each at several
// times side by side, is at time t, a matrix (batch, dim): linear between the times,
// which ascend, and constant before the first and after the last. t is a scalar of the
// element type of x, or a column (batch, 1) of a time for each row, differentiated within
// dynamics alone, as that of Affine is.
func Interpolate(x, t *gorgonia.Node, times []float64) (*gorgonia.Node, error) {
	const name = "interpolation"
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := timeOf(name, t, dt, m); err != nil {
		return nil, err
	}
	k := len(times)
	if k == 0 || n%k != 0 {
		return nil, errors.Errorf("%s: x is (%d, %d) for %d times, expected (batch, times·dim)", name, m, n, k)
	}
	for i, at := range times {
		if math.IsNaN(at-at) || i > 0 && !(at > times[i-1]) {
			return nil, errors.Errorf("%s: time %d is %v, expected finite ones that ascend", name, i, at)
		}
	}
	if k == 1 {
		return x, nil
	}
	p := &interpolation{times: slices.Clone(times), rows: m, dim: n / k}
	return p.at(x, t)
}

// interpolation is the piecewise linear function through values at several times or,
// with slope, its derivative by the time.
type interpolation struct {
	times     []float64
	rows, dim int
	slope     bool
}

// at adds the value of the interpolation of x.
func (p *interpolation) at(x, t *gorgonia.Node) (*gorgonia.Node, error) {
	return p.apply("interpolation", p.dim, x, t, gatherRows[float32](p), gatherRows[float64](p),
		(*interpolation).spread, (*interpolation).at)
}

// spread adds the transposed map: g (batch, dim) to (batch, times·dim).
func (p *interpolation) spread(g, t *gorgonia.Node) (*gorgonia.Node, error) {
	return p.apply("interpolation reverse", p.dim*len(p.times), g, t, spreadRows[float32](p), spreadRows[float64](p),
		(*interpolation).at, (*interpolation).spread)
}

// apply adds a map of matrices that is linear, of which transposed is the transposed
// one and own the map itself.
func (p *interpolation) apply(name string, width int, x, t *gorgonia.Node, f32 rowFunc[float32], f64 rowFunc[float64],
	transposed, own func(p *interpolation, x, t *gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	in := gorgonia.Nodes{x, t}
	o := newOp(name, x.Dtype(), tensor.Shape{p.rows, width}, in...)
	leading := 1
	if byRows(t) {
		leading = 2
	}
	o.byLeadingRows(leading, in, f32, f64)
	o.wrt, o.linear = []int{0}, []int{0}
	if !p.slope { // whose derivative is zero
		o.times = []int{1}
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, 2)
		if want[0] {
			if d[0], err = transposed(p, g, in[1]); err != nil {
				return nil, err
			}
		}
		if want[1] {
			slope := *p
			slope.slope = true
			y, err := own(&slope, in[0], in[1])
			if err != nil {
				return nil, err
			}
			if byRows(t) {
				d[1], err = RowDot(g, y)
			} else {
				d[1], err = inner(g, y)
			}
			return d, err
		}
		return d, nil
	}
	return o.apply(in...)
}

// weights returns the first of two neighbouring times, counted from zero, and the
// weights of the values there.
func (p *interpolation) weights(t float64) (i int, a, b float64) {
	i, _ = slices.BinarySearch(p.times, t)
	i = min(max(i-1, 0), len(p.times)-2)
	h := p.times[i+1] - p.times[i]
	x := (t - p.times[i]) / h
	switch {
	case !p.slope:
		x = min(max(x, 0), 1)
		return i, 1 - x, x
	case x < 0 || x > 1:
		return i, 0, 0
	}
	return i, -1 / h, 1 / h
}

func gatherRows[T raw.Float](p *interpolation) rowFunc[T] {
	return func(dst, x, t, _ []T, rows int) {
		i, wa, wb := p.weights(float64(t[0]))
		a, b, n, all := T(wa), T(wb), p.dim, p.dim*len(p.times)
		for r := range rows {
			if r > 0 && len(t) > 1 {
				i, wa, wb = p.weights(float64(t[r]))
				a, b = T(wa), T(wb)
			}
			y, v := dst[r*n:(r+1)*n], x[r*all+i*n:]
			for j := range y {
				y[j] = a*v[j] + b*v[n+j]
			}
		}
	}
}

func spreadRows[T raw.Float](p *interpolation) rowFunc[T] {
	return func(dst, g, t, _ []T, rows int) {
		i, wa, wb := p.weights(float64(t[0]))
		a, b, n, all := T(wa), T(wb), p.dim, p.dim*len(p.times)
		clear(dst)
		for r := range rows {
			if r > 0 && len(t) > 1 {
				i, wa, wb = p.weights(float64(t[r]))
				a, b = T(wa), T(wb)
			}
			v := dst[r*all+i*n:]
			for j, x := range g[r*n : (r+1)*n] {
				v[j], v[n+j] = a*x, b*x
			}
		}
	}
}

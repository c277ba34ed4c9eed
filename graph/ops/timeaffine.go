package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// TimeAffine returns act(t·w + b), a vector (dim), for w (dim), b (dim), which may be
// nil, and a scalar t of their element type. With a column t (batch, 1), a time for each
// row, it is a matrix (batch, dim). The time is differentiated within dynamics alone, as
// that of Affine is.
func TimeAffine(act Activation, w, b, t *gorgonia.Node) (*gorgonia.Node, error) {
	if err := known(act); err != nil {
		return nil, err
	}
	name := "time affine " + act.String()
	dt, err := floats(name, "w", w)
	if err != nil {
		return nil, err
	}
	n := w.Shape().TotalSize()
	if err := expect(name, "w", w, dt, n); err != nil {
		return nil, err
	}
	column := byRows(t)
	if column {
		err = expect(name, "t", t, dt, t.Shape()[0], 1)
	} else {
		err = expect(name, "t", t, dt)
	}
	if err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{w, t}
	if column {
		in = gorgonia.Nodes{t, w}
	}
	if b != nil {
		if err := expect(name, "b", b, dt, n); err != nil {
			return nil, err
		}
		in = append(in, b)
	}
	if column {
		return timeAffineByRows(name, act, in)
	}
	o := newOp(name, dt, w.Shape(), in...)
	o.run = pick(dt, timeAffineRun[float32](act), timeAffineRun[float64](act))
	for i := range in {
		if i == 1 {
			o.times = []int{1}
			continue
		}
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		g, err := activationGrad(act, out, grad)
		if err != nil {
			return nil, err
		}
		if want[0] {
			if d[0], err = LinComb([]Term{{X: g, C: 1, Scaled: true}}, in[1], nil); err != nil {
				return nil, err
			}
		}
		if want[1] {
			if d[1], err = inner(g, in[0]); err != nil {
				return nil, err
			}
		}
		if len(in) > 2 {
			d[2] = g
		}
		return d, nil
	}
	return o.apply(in...)
}

// timeAffineByRows is TimeAffine for a column of times, the first of the operands.
func timeAffineByRows(name string, act Activation, in gorgonia.Nodes) (*gorgonia.Node, error) {
	t, w := in[0], in[1]
	o := newOp(name+" by rows", w.Dtype(), tensor.Shape{t.Shape()[0], w.Shape()[0]}, in...)
	o.byLeadingRows(1, in, timeAffineRows[float32](act), timeAffineRows[float64](act))
	o.times, o.wrt = []int{0}, []int{1}
	if len(in) > 2 {
		o.wrt = []int{1, 2}
	}
	o.diff = func(in gorgonia.Nodes, out, grad *gorgonia.Node, want []bool) (d gorgonia.Nodes, err error) {
		d = make(gorgonia.Nodes, len(in))
		g, err := activationGrad(act, out, grad)
		if err != nil {
			return nil, err
		}
		if want[0] {
			if d[0], err = rowsTimes(g, in[1]); err != nil {
				return nil, err
			}
		}
		if want[1] {
			if d[1], err = weightedColSum(g, in[0]); err != nil {
				return nil, err
			}
		}
		if len(in) > 2 && want[2] {
			d[2], err = colSum(g)
		}
		return d, err
	}
	return o.apply(in...)
}

func timeAffineRun[T raw.Float](act Activation) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		w, t, y := raw.Slice[T](in[0]), raw.Slice[T](in[1])[0], raw.Slice[T](dst)
		var b []T
		if len(in) > 2 {
			b = raw.Slice[T](in[2])
		}
		timeAffine(y, w, b, t)
		kernel.Activate(act, y, y)
		return nil
	}
}

// timeAffineRows are rows of TimeAffine, each at its time.
func timeAffineRows[T raw.Float](act Activation) rowFunc[T] {
	return func(dst, t, w, b []T, rows int) {
		for i := range rows {
			timeAffine(dst[i*len(w):][:len(w)], w, b, t[i])
		}
		kernel.Activate(act, dst, dst)
	}
}

// timeAffine computes y = t·w + b, where b may be empty.
func timeAffine[T raw.Float](y, w, b []T, t T) {
	for j, c := range w {
		y[j] = t * c
	}
	for j, c := range b {
		y[j] += c
	}
}

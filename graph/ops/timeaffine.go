package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// TimeAffine returns act(t·w + b), a vector (dim), for w (dim), b (dim), which may be
// nil, and a scalar t of their element type. The time is differentiated within
// dynamics alone, as that of Affine is.
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
	if err := expect(name, "t", t, dt); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{w, t}
	if b != nil {
		if err := expect(name, "b", b, dt, n); err != nil {
			return nil, err
		}
		in = append(in, b)
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

func timeAffineRun[T raw.Float](act Activation) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		w, t, y := raw.Slice[T](in[0]), raw.Slice[T](in[1])[0], raw.Slice[T](dst)
		for j, c := range w {
			y[j] = t * c
		}
		if len(in) > 2 {
			for j, b := range raw.Slice[T](in[2]) {
				y[j] += b
			}
		}
		kernel.Activate(act, y, y)
		return nil
	}
}

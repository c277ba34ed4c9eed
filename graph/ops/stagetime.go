package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// StageTime returns t + c·h, the time of a Runge–Kutta stage, in element type
// dt: the solver keeps t and h in float64, the dynamics see the state's type.
// t is a scalar or a vector of three, a time with the earliest and the latest
// time to return, both of which dt represents exactly. h may be nil where c is
// 0. The result is a scalar, data without a derivative.
//
// With a time for each row t is a matrix (rows, 1) or (rows, 3) and h a column
// (rows, 1), and so is the result.
func StageTime(t, h *gorgonia.Node, c float64, dt tensor.Dtype) (*gorgonia.Node, error) {
	const name = "stage time"
	bounded := t != nil && len(t.Shape()) > 0
	result, times := tensor.ScalarShape(), tensor.ScalarShape()
	switch {
	case byRows(t):
		bounded = t.Shape()[1] == 3
		result, times = tensor.Shape{t.Shape()[0], 1}, tensor.Shape{t.Shape()[0], 1}
		if bounded {
			times = tensor.Shape{t.Shape()[0], 3}
		}
	case bounded:
		times = tensor.Shape{3}
	}
	if err := expect(name, "t", t, tensor.Float64, times...); err != nil {
		return nil, err
	}
	args := gorgonia.Nodes{t}
	if h != nil || c != 0 {
		if err := expect(name, "h", h, tensor.Float64, result...); err != nil {
			return nil, err
		}
		args = append(args, h)
	}
	if err := float(name, dt); err != nil {
		return nil, err
	}
	o := newOp(name, dt, result, args...)
	o.run = pick(dt, stageTimeRun[float32](c, bounded), stageTimeRun[float64](c, bounded))
	return o.apply(args...)
}

func stageTimeRun[T raw.Float](c float64, bounded bool) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		y, t := raw.Slice[T](dst), raw.Slice[float64](in[0])
		var h []float64
		if len(in) > 1 {
			h = raw.Slice[float64](in[1])
		}
		for i := range y {
			offset := 0.0
			if h != nil {
				offset = c * h[i]
			}
			if !bounded {
				y[i] = T(t[i] + offset)
				continue
			}
			at := t[3*i : 3*i+3]
			y[i] = T(max(at[1], min(at[2], float64(T(at[0]+offset)))))
		}
		return nil
	}
}

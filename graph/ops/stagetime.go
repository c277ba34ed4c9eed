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
// 0. The result is data, without a derivative.
func StageTime(t, h *gorgonia.Node, c float64, dt tensor.Dtype) (*gorgonia.Node, error) {
	const name = "stage time"
	bounded := t != nil && len(t.Shape()) > 0
	if bounded {
		if err := expect(name, "t", t, tensor.Float64, 3); err != nil {
			return nil, err
		}
	} else if err := expect(name, "t", t, tensor.Float64); err != nil {
		return nil, err
	}
	args := gorgonia.Nodes{t}
	if h != nil || c != 0 {
		if err := expect(name, "h", h, tensor.Float64); err != nil {
			return nil, err
		}
		args = append(args, h)
	}
	if err := float(name, dt); err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), args...)
	o.run = func(dst raw.Array, in []raw.Array) error {
		offset := 0.0
		if len(in) > 1 {
			offset = c * in[1].Float64()
		}
		if !bounded {
			setScalar(dst, in[0].Float64()+offset)
			return nil
		}
		at := raw.Slice[float64](in[0])
		x := at[0] + offset
		if dt == tensor.Float32 {
			x = float64(float32(x))
		}
		setScalar(dst, max(at[1], min(at[2], x)))
		return nil
	}
	return o.apply(args...)
}

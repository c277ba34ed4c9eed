package ops

import (
	"math"

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
	o.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
		offset := 0.0
		if len(in) > 1 {
			offset = c * raw.Float64(in[1])
		}
		if !bounded {
			setScalar(dst, raw.Float64(in[0])+offset)
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

// ErrorPerStep returns E·|h|, the term of the regularizer R_E (Eq. 9 of Pal et
// al., 2021), for a scalar E and the float64 step size h, which is not
// differentiated.
func ErrorPerStep(e, h *gorgonia.Node) (*gorgonia.Node, error) {
	return perStep("error per step", e, h)
}

// perStep returns x·|h|.
func perStep(name string, x, h *gorgonia.Node) (*gorgonia.Node, error) {
	return scalarOp(name, x, h,
		func(x, h float64) float64 { return x * math.Abs(h) },
		func(_, h, g float64) float64 { return g * math.Abs(h) })
}

// SquaredPerStep returns E², the squared variant of the regularizer. h is not
// used.
func SquaredPerStep(e, h *gorgonia.Node) (*gorgonia.Node, error) {
	return scalarOp("squared error per step", e, h,
		func(e, _ float64) float64 { return e * e },
		func(e, _, g float64) float64 { return 2 * e * g })
}

// scalarOp returns f(x, h) with derivative df(x, h, g) = g·∂f/∂x.
func scalarOp(name string, x, h *gorgonia.Node, f func(x, h float64) float64, df func(x, h, g float64) float64) (*gorgonia.Node, error) {
	dt, err := floats(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "x", x, dt); err != nil {
		return nil, err
	}
	if err := expect(name, "h", h, tensor.Float64); err != nil {
		return nil, err
	}
	o := newOp(name, dt, tensor.ScalarShape(), x, h)
	o.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
		setScalar(dst, f(raw.Float64(in[0]), raw.Float64(in[1])))
		return nil
	}
	o.wrt = []int{0}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		r := newOp(name+" reverse", dt, tensor.ScalarShape(), in[0], in[1], g)
		r.linear = []int{2}
		r.run = func(dst gorgonia.Value, in []gorgonia.Value) error {
			setScalar(dst, df(raw.Float64(in[0]), raw.Float64(in[1]), raw.Float64(in[2])))
			return nil
		}
		d, err := r.apply(in[0], in[1], g)
		return gorgonia.Nodes{d, nil}, err
	}
	return o.apply(x, h)
}

func setScalar(dst gorgonia.Value, x float64) {
	if dst.Dtype() == tensor.Float32 {
		raw.Slice[float32](dst)[0] = float32(x)
		return
	}
	raw.Slice[float64](dst)[0] = x
}

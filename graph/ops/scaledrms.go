package ops

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// ScaledRMS returns RMS_i( (x_i − y_i) / (atol + |z_i|·rtol) ), a scalar, over
// matrices of one shape; y may be nil for 0. It serves the choice of the first
// step (Hairer, Nørsett, Wanner, II.4) and has no derivative.
func ScaledRMS(x, y, z *gorgonia.Node, atol, rtol float64) (*gorgonia.Node, error) {
	const name = "scaled RMS"
	in, err := scaledOperands(name, x, y, z)
	if err != nil {
		return nil, err
	}
	dt := x.Dtype()
	o := newOp(name, dt, tensor.ScalarShape(), in...)
	o.run = pick(dt, scaledRMSRun[float32](atol, rtol), scaledRMSRun[float64](atol, rtol))
	return o.apply(in...)
}

// scaledOperands returns the operands x, z and, if it is not nil, y, after checking them.
func scaledOperands(name string, x, y, z *gorgonia.Node) (gorgonia.Nodes, error) {
	dt, m, n, err := matrix(name, "x", x)
	if err != nil {
		return nil, err
	}
	if err := expect(name, "z", z, dt, m, n); err != nil {
		return nil, err
	}
	in := gorgonia.Nodes{x, z}
	if y != nil {
		if err := expect(name, "y", y, dt, m, n); err != nil {
			return nil, err
		}
		in = append(in, y)
	}
	return in, nil
}

func scaledRMSRun[T raw.Float](atol, rtol float64) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		x, z := raw.Slice[T](in[0]), raw.Slice[T](in[1])
		var s float64
		if len(in) == 3 {
			s = kernel.ScaledDiffSumSq(x, raw.Slice[T](in[2]), z, atol, rtol)
		} else {
			s = kernel.ScaledSumSq(x, z, atol, rtol)
		}
		raw.Slice[T](dst)[0] = T(math.Sqrt(s / float64(len(x))))
		return nil
	}
}

package optim

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// parameter is a parameter vector x and its gradient g, of one of two dtypes:
// either the float32 or the float64 slices are nil.
type parameter struct {
	x32, g32 []float32
	x64, g64 []float64
}

// newParameter reads value and gradient, and checks that the one can be updated
// with the other.
func newParameter(vg gorgonia.ValueGrad) (p parameter, err error) {
	if vg == nil {
		return p, errors.New("is nil, expected a parameter")
	}
	x, ok := vg.Value().(*tensor.Dense)
	if !ok || x == nil {
		return p, errors.Errorf("value is a %T, expected a *tensor.Dense", vg.Value())
	}
	grad, err := vg.Grad()
	if err != nil {
		return p, errors.Wrap(ErrNoGradient, err.Error())
	}
	if grad == nil {
		return p, errors.WithStack(ErrNoGradient)
	}
	g, ok := grad.(*tensor.Dense)
	if !ok {
		return p, errors.Errorf("gradient is a %T, expected a *tensor.Dense", grad)
	}
	if g == nil {
		return p, errors.WithStack(ErrNoGradient)
	}
	if g.Dtype() != x.Dtype() {
		return p, errors.Errorf("gradient is of dtype %v, expected %v as the value", g.Dtype(), x.Dtype())
	}
	if !g.Shape().Eq(x.Shape()) {
		return p, errors.Errorf("gradient has shape %v, expected %v as the value", g.Shape(), x.Shape())
	}
	if !plain(x) || !plain(g) || !x.DataOrder().HasSameOrder(g.DataOrder()) {
		return p, errors.Errorf("value and gradient are %v and %v, expected contiguous ones of one data order", x.DataOrder(), g.DataOrder())
	}

	at := -1
	switch x.Dtype() {
	case tensor.Float32:
		p.x32, p.g32 = x.Float32s(), g.Float32s()
		at = firstNonFinite(p.g32)
	case tensor.Float64:
		p.x64, p.g64 = x.Float64s(), g.Float64s()
		at = firstNonFinite(p.g64)
	default:
		return p, errors.Errorf("value is of dtype %v, expected float32 or float64", x.Dtype())
	}
	if at >= 0 {
		return p, errors.Wrapf(ErrNonFinite, "element %d of %d is %v", at, p.len(), g.Get(at))
	}
	return p, nil
}

// plain reports whether the tensor's elements are its memory in order.
func plain(t *tensor.Dense) bool { return t.IsNativelyAccessible() && !t.RequiresIterator() }

func (p *parameter) len() int { return len(p.x32) + len(p.x64) }

// gradient writes decay·(clip·g + weight·x), from an offset on, to dst.
func (p *parameter) gradient(dst []float64, from int, clip, weight, decay float64) {
	if p.x32 != nil {
		gradient(dst, p.x32[from:], p.g32[from:], clip, weight, decay)
	} else {
		gradient(dst, p.x64[from:], p.g64[from:], clip, weight, decay)
	}
}

// decay adds c·x, from an offset on, to delta.
func (p *parameter) decay(delta []float64, from int, c float64) {
	if p.x32 != nil {
		decay(delta, p.x32[from:], c)
	} else {
		decay(delta, p.x64[from:], c)
	}
}

// subtract takes Δ from x, from an offset on, and reports whether the result is
// finite.
func (p *parameter) subtract(delta []float64, from int) bool {
	if p.x32 != nil {
		return subtract(p.x32[from:], delta)
	}
	return subtract(p.x64[from:], delta)
}

func (p *parameter) maxAbs() float64 {
	return max(maxAbs(p.g32), maxAbs(p.g64))
}

// sumSquares returns ∑(g/scale)².
func (p *parameter) sumSquares(scale float64) float64 {
	return sumSquares(p.g32, scale) + sumSquares(p.g64, scale)
}

type float interface{ float32 | float64 }

func gradient[T float](dst []float64, x, g []T, clip, weight, decay float64) {
	x, g = x[:len(dst)], g[:len(dst)]
	for i := range dst {
		dst[i] = decay * (clip*float64(g[i]) + weight*float64(x[i]))
	}
}

func decay[T float](delta []float64, x []T, c float64) {
	x = x[:len(delta)]
	for i := range delta {
		delta[i] += c * float64(x[i])
	}
}

func subtract[T float](x []T, delta []float64) bool {
	x = x[:len(delta)]
	var zero T // NaN once an entry is not finite
	for i, d := range delta {
		x[i] = T(float64(x[i]) - d)
		zero += x[i] - x[i]
	}
	return zero == 0
}

func firstNonFinite[T float](g []T) int {
	for i, v := range g {
		if v-v != 0 { // NaN for NaN and the infinities
			return i
		}
	}
	return -1
}

func maxAbs[T float](g []T) float64 {
	var m float64
	for _, v := range g {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

func sumSquares[T float](g []T, scale float64) float64 {
	var sum float64
	for _, v := range g {
		r := float64(v) / scale
		sum += r * r
	}
	return sum
}

package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// ErrorNorm returns the scaled local error of a Runge–Kutta step (Eq. 5 of
// Pal et al., 2021; Hairer, Nørsett, Wanner, II.4), one number for the batch:
//
//	E = RMS_i( h·Σ_j err_j k_j,i / (atol + max(|z_i|, |z1_i|)·rtol) )
//
// z and z1 are the states (batch, dim) at the ends of the step, h the float64
// step size, nil for 1, k the stages. Only the stages are differentiated: step size and
// tolerance scale are constants of the reverse pass, as in the official code.
// The derivative at E = 0 is defined as 0.
func ErrorNorm(z, z1, h *gorgonia.Node, k gorgonia.Nodes, err []float64, atol, rtol float64) (*gorgonia.Node, error) {
	const name = "error norm"
	p, in, e := newErrorNorm(name, z, z1, h, k, err, atol, rtol)
	if e != nil {
		return nil, e
	}
	dt := z.Dtype()
	o := newOp(name, dt, tensor.ScalarShape(), in...)
	o.run = pick(dt, errorNormRun[float32](p), errorNormRun[float64](p))
	for j := range p.err {
		o.wrt = append(o.wrt, 2+j)
	}
	o.diff = p.diff
	return o.apply(in...)
}

// newErrorNorm returns an error norm and its operands, after checking them. The step size
// h has the given shape, that of a scalar if there is none. Stages of weight 0 are none of
// the operands.
func newErrorNorm(name string, z, z1, h *gorgonia.Node, k gorgonia.Nodes, err []float64, atol, rtol float64, size ...int) (*errorNorm, gorgonia.Nodes, error) {
	dt, m, n, e := matrix(name, "z", z)
	if e != nil {
		return nil, nil, e
	}
	if len(k) != len(err) {
		return nil, nil, errors.Errorf("%s: %d stages and %d weights, expected as many", name, len(k), len(err))
	}
	if e := expect(name, "z1", z1, dt, m, n); e != nil {
		return nil, nil, e
	}
	p := &errorNorm{atol: atol, rtol: rtol}
	in := gorgonia.Nodes{z, z1}
	for j, w := range err {
		if w == 0 {
			continue
		}
		if e := expect(name, "a stage", k[j], dt, m, n); e != nil {
			return nil, nil, e
		}
		in = append(in, k[j])
		p.err = append(p.err, w)
	}
	if h != nil {
		if e := expect(name, "h", h, tensor.Float64, size...); e != nil {
			return nil, nil, e
		}
		p.scaled = true
		in = append(in, h)
	}
	return p, in, nil
}

type errorNorm struct {
	err        []float64
	scaled     bool // whether the error is scaled by h, the operand after the stages
	atol, rtol float64
}

// gather returns the coefficients h·err_j and the stages among the inputs.
func gather[T raw.Float](p *errorNorm, in []raw.Array, c []float64, k [][]T) {
	h := 1.0
	if p.scaled {
		h = in[2+len(p.err)].Float64()
	}
	for j, w := range p.err {
		c[j] = h * w
		k[j] = raw.Slice[T](in[2+j])
	}
}

func errorNormRun[T raw.Float](p *errorNorm) func(raw.Array, []raw.Array) error {
	c, k := make([]float64, len(p.err)), make([][]T, len(p.err))
	return func(dst raw.Array, in []raw.Array) error {
		gather(p, in, c, k)
		z := raw.Slice[T](in[0])
		s := kernel.ErrorSumSq(z, raw.Slice[T](in[1]), c, k, p.atol, p.rtol)
		raw.Slice[T](dst)[0] = T(math.Sqrt(s / float64(len(z))))
		return nil
	}
}

// diff gives every stage h·err_j times one shared matrix, dE/dũ.
func (p *errorNorm) diff(in gorgonia.Nodes, out, grad *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
	dt := in[0].Dtype()
	args := append(append(gorgonia.Nodes{}, in...), out, grad)
	o := newOp("error norm reverse", dt, in[0].Shape(), args...)
	o.run = pick(dt, errorGradRun[float32](p), errorGradRun[float64](p))
	o.linear = []int{len(args) - 1}
	w, err := o.apply(args...)
	if err != nil {
		return nil, err
	}
	d := make(gorgonia.Nodes, len(in))
	for j, e := range p.err {
		var h *gorgonia.Node
		if p.scaled {
			h = in[2+len(p.err)]
		}
		if d[2+j], err = LinComb([]Term{{X: w, C: e, Scaled: p.scaled}}, h, nil); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func errorGradRun[T raw.Float](p *errorNorm) func(raw.Array, []raw.Array) error {
	c, k := make([]float64, len(p.err)), make([][]T, len(p.err))
	return func(dst raw.Array, in []raw.Array) error {
		gather(p, in, c, k)
		z := raw.Slice[T](in[0])
		e, g := in[len(in)-2].Float64(), in[len(in)-1].Float64()
		if e == 0 || g == 0 {
			clear(raw.Slice[T](dst))
			return nil
		}
		kernel.ErrorGrad(raw.Slice[T](dst), z, raw.Slice[T](in[1]), c, k, p.atol, p.rtol, g/(e*float64(len(z))))
		return nil
	}
}

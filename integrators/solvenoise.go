package integrators

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// wiener is the noise of a solve: the increments of the Wiener processes over the
// present step, and W within it.
type wiener interface {
	// start begins a solve over [t0, t1], t0 ≤ t1, before the first step. The noise
	// stays the caller's and must not change until the next start. The error says
	// what does not fit.
	start(noise *Noise, t0, t1 float64) error
	// prepare accepts the present step and makes the next one, up to a time.
	prepare(to float64)
	// reject cuts the present step short.
	reject(to float64)
	// dW and dZ return the increments over the present step, which are not the
	// caller's; dZ is nil if the method does not use it.
	dW() []float64
	dZ() []float64
	// fill returns W at a time within the present step, which has been accepted, less
	// W at its start. It is not the caller's. Times must ascend.
	fill(t float64) []float64
}

var _, _ wiener = (*brownian)(nil), (*brownianTree)(nil)

// startPath starts the noise of a solve.
func (r *solve) startPath() error {
	s := r.c.solver
	m := s.equation.processes(r.c.dim)
	if r.path == nil {
		r.path = s.newPath(r.c.batch, m)
	}
	r.tried = false
	return r.path.start(&s.noise, s.equation.T0, s.equation.T1)
}

// newPath returns the noise of rows of m processes each.
func (s *Solver) newPath(rows, m int) wiener {
	if s.noise.Tree > 0 {
		return newBrownianTree(rows, m, s.traits.usesZ)
	}
	return newBrownian(rows, m, s.traits.usesZ)
}

// followPath makes the path, or the next part of it, that of the step from t to
// t + h, and gives its noise to the frame of the trial. A second trial from the
// same t follows the same path.
func (r *solve) followPath(t, h float64) {
	if r.tried {
		r.path.reject(t + h)
	} else {
		r.path.prepare(t + h)
	}
	r.tried = true
	first := int(r.fn.step.in.noise)
	for j, c := range r.c.solver.traits.noise {
		x := r.trial.Data(first + j).(*tensor.Dense)
		if x.Dtype() == tensor.Float32 {
			fillChi(x.Float32s(), c, h, r.path.dW(), r.path.dZ())
		} else {
			fillChi(x.Float64s(), c, h, r.path.dW(), r.path.dZ())
		}
	}
}

// fillInside gives the dense output the noise at the next save times, at fractions
// theta of the accepted step: W there less the line between the ends of the step.
func (r *solve) fillInside(theta []float64, f *denseFunction, dense *graph.Frame) {
	times := r.c.solver.settings.SaveAt[r.saves:]
	for j, th := range theta {
		w := r.path.fill(times[j])
		x := dense.Data(int(f.in.noise) + j).(*tensor.Dense)
		if x.Dtype() == tensor.Float32 {
			fillDeviation(x.Float32s(), w, th, r.path.dW())
		} else {
			fillDeviation(x.Float64s(), w, th, r.path.dW())
		}
	}
}

func fillDeviation[T float32 | float64](dst []T, w []float64, theta float64, dw []float64) {
	for i, x := range w {
		dst[i] = T(x - theta*dw[i])
	}
}

// fillChi computes a noise of a step of size h from the increments of its path; see
// SRI.
func fillChi[T float32 | float64](dst []T, c chi, h float64, dw, dz []float64) {
	switch c {
	case chiW:
		for i, w := range dw {
			dst[i] = T(w)
		}
	case chiOne:
		half := 0.5 / math.Sqrt(h)
		for i, w := range dw {
			dst[i] = T((w*w - h) * half)
		}
	case chiTwo:
		third := 0.5 / math.Sqrt(3)
		for i, w := range dw {
			dst[i] = T(0.5*w + third*dz[i])
		}
	case chiH:
		scale := 0.5 / math.Sqrt(3)
		for i, z := range dz {
			dst[i] = T(scale * z)
		}
	case chiRate:
		scale := 1 / math.Sqrt(h)
		for i, w := range dw {
			dst[i] = T(scale * w)
		}
	case chiThree:
		sixth := 1 / (6 * h)
		for i, w := range dw {
			dst[i] = T((w*w - 3*h) * w * sixth)
		}
	}
}

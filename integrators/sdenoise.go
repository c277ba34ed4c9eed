package integrators

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// prepareNoise makes the path of a run, or the next part of it, that of the step
// from t to t + h, and gives it to the frame of the trial. A second trial from
// the same t follows the same path.
func (r *run) prepareNoise(t, h float64) {
	if r.tried {
		r.path.reject(t + h)
	} else {
		r.path.prepare(t + h)
	}
	r.tried = true
	r.o.fillNoise(h, r.path.dW(), r.path.dZ(), r.trial, r.noise)
}

// fillInside gives the dense output the noise at the next save times, at fractions
// theta of the accepted step: W there less the line between the ends of the step.
func (r *run) fillInside(theta []float64, dense *graph.Frame) {
	times := r.o.settings.SaveAt[r.saves:]
	for j, th := range theta {
		w := r.path.fill(times[j])
		x := dense.Data(r.fillsAt() + j).(*tensor.Dense)
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

// startPath starts the noise of a run.
func (r *run) startPath() error {
	noise, useZ := r.o.path()
	if r.path == nil {
		r.path = newBrownian(r.batch, r.dim, useZ)
	}
	r.tried = false
	return r.path.start(noise, r.o.t0, r.o.t1)
}

func (o *SDE) path() (noise *Noise, useZ bool) { return &o.noise, o.method.UsesZ() }

// fillNoise computes the noises of a step of size h, in the order of chis, from
// the increments of its path; see SRI.
func (o *SDE) fillNoise(h float64, dw, dz []float64, step *graph.Frame, first int) {
	for j, c := range o.chis {
		x := step.Data(first + j).(*tensor.Dense)
		if x.Dtype() == tensor.Float32 {
			fillChi(x.Float32s(), c, h, dw, dz)
		} else {
			fillChi(x.Float64s(), c, h, dw, dz)
		}
	}
}

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
	case chiThree:
		sixth := 1 / (6 * h)
		for i, w := range dw {
			dst[i] = T((w*w - 3*h) * w * sixth)
		}
	}
}

package integrators

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// maxDense is the most times that one call of the dense output serves.
const maxDense = 32

// saveUpTo saves the states at the times up to the end of a step that started
// from z0 with the first stage k1, and returns the evaluations made.
func (r *run) saveUpTo(end float64, st *runStep, z0, k1 gorgonia.Value) (nfe int, err error) {
	dir := math.Copysign(1, st.h)
	for _, t := range r.o.settings.SaveAt[r.saves:] {
		if dir*(end-t) <= 0 {
			break
		}
		st.theta = append(st.theta, (t-st.t)/st.h)
	}
	if nfe, err = r.interpolate(st, z0, k1); err != nil {
		return nfe, err
	}
	for r.due(end) {
		r.save(r.z)
		st.end++
	}
	return nfe, nil
}

// due reports whether the next save time is t.
func (r *run) due(t float64) bool {
	times := r.o.settings.SaveAt
	return r.saves < len(times) && times[r.saves] == t
}

// save notes the state at the next save time.
func (r *run) save(z gorgonia.Value) {
	if !r.keep {
		graph.CopyRows(r.result(), r.saves*r.batch, z)
	}
	r.saves++
}

// interpolate evaluates the dense output at the times within a step, and returns
// the evaluations made.
func (r *run) interpolate(st *runStep, z0, k1 gorgonia.Value) (nfe int, err error) {
	for from := 0; from < len(st.theta); from += maxDense {
		theta := st.theta[from:min(from+maxDense, len(st.theta))]
		f, err := r.denseFor(len(theta))
		if err != nil {
			return nfe, err
		}
		fr := f.NewFrame()
		if err := setAll(fr, r.denseArgs(st.frame, z0, k1)...); err != nil {
			return nfe, err
		}
		h := r.stages + 1
		if r.extends() {
			st.clock.set(fr.Data(h))
			h++
		}
		fr.SetScalar(h, st.h)
		r.o.fillWeights(theta, fr.Data(h+1))
		if r.path != nil {
			r.fillInside(theta, fr)
		}
		nfe += r.o.denseEvaluations()
		if err := fr.Forward(); err != nil {
			return nfe, err
		}
		for j := range theta {
			r.save(fr.Out(j))
		}
		if r.keep {
			st.dense = append(st.dense, fr)
			r.bytes += f.frameBytes
		} else {
			fr.Release()
		}
	}
	return nfe, nil
}

// denseArgs returns the state and the stages of a step, in order, as the inputs
// of the dense output.
func (r *run) denseArgs(fr *graph.Frame, z0, k1 gorgonia.Value) []gorgonia.Value {
	args := append(r.args[:0], z0)
	if r.o.carries() {
		args = append(args, k1)
	}
	for i := range r.innerStages() {
		args = append(args, fr.Out(r.stagesAt+i))
	}
	if r.o.carries() {
		args = append(args, fr.Out(1))
	}
	r.args = args
	return args
}

// fillWeights writes the weights of the dense output at each θ, one vector
// after the other.
func (t *Tableau) fillWeights(theta []float64, w gorgonia.Value) {
	all := w.(*tensor.Dense).Float64s()
	n := t.DenseStages()
	for j, th := range theta {
		t.DenseWeights(th, all[j*n:(j+1)*n:(j+1)*n])
	}
}

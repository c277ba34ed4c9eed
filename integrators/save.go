package integrators

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// maxDense is the most times that one call of the dense output serves.
const maxDense = 32

// saveUpTo saves the states at the times up to the end of a step that started
// from a point, and returns the evaluations made.
func (r *solve) saveUpTo(end float64, st *keptStep, from point[gorgonia.Value]) (nfe int, err error) {
	dir := math.Copysign(1, st.h)
	for _, t := range r.c.solver.settings.SaveAt[r.saves:] {
		if dir*(end-t) <= 0 {
			break
		}
		st.theta = append(st.theta, (t-st.t)/st.h)
	}
	if nfe, err = r.interpolate(st, from); err != nil {
		return nfe, err
	}
	for r.due(end) {
		r.save(r.from.z)
		st.atEnd++
	}
	return nfe, nil
}

// due reports whether the next save time is t.
func (r *solve) due(t float64) bool {
	times := r.c.solver.settings.SaveAt
	return r.saves < len(times) && times[r.saves] == t
}

// save notes the state at the next save time.
func (r *solve) save(z gorgonia.Value) {
	if !r.keep {
		value.CopyRows(r.c.result(), r.saves*r.c.batch, z)
	}
	r.saves++
}

// interpolate evaluates the dense output at the times within a step, and returns
// the evaluations made.
func (r *solve) interpolate(st *keptStep, from point[gorgonia.Value]) (nfe int, err error) {
	for first := 0; first < len(st.theta); first += maxDense {
		theta := st.theta[first:min(first+maxDense, len(st.theta))]
		f, fr, err := r.denseFrame(len(theta), st, from)
		if err != nil {
			return nfe, err
		}
		r.c.solver.fillWeights(theta, fr.Data(int(f.in.weights)))
		if r.path != nil {
			r.fillInside(theta, f, fr)
		}
		nfe += r.c.solver.traits.extra
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

// denseFrame returns a frame of the dense output at m times within a step, but for
// the weights of the times and the noise.
func (r *solve) denseFrame(m int, st *keptStep, from point[gorgonia.Value]) (*denseFunction, *graph.Frame, error) {
	f, err := r.c.denseFor(m)
	if err != nil {
		return nil, nil, err
	}
	fr := f.NewFrame()
	for i, v := range r.c.denseArgs(r.fn.step, from, st.frame) {
		if err := fr.Set(i, v); err != nil {
			return nil, nil, err
		}
	}
	if f.in.t != none {
		st.clock.set(fr.Data(int(f.in.t)))
	}
	fr.SetScalar(int(f.in.h), st.h)
	return f, fr, nil
}

// denseArgs returns the state, the stages and the context of a step, as far as the
// dense output takes them, its first inputs.
func (c *compiled) denseArgs(f *stepFunction, from point[gorgonia.Value], fr *graph.Frame) []gorgonia.Value {
	args := c.args[:0]
	for _, p := range f.dense {
		switch {
		case !p.input:
			args = append(args, fr.Out(int(p.at)))
		case p.at == f.in.k1:
			args = append(args, from.k1)
		case f.contexts > 0 && p.at >= f.in.context:
			args = append(args, from.context[p.at-f.in.context])
		case f.in.g != none && p.at >= f.in.g:
			args = append(args, from.g[p.at-f.in.g])
		default:
			args = append(args, from.z)
		}
	}
	c.args = args
	return args
}

// fillWeights writes the weights of the dense output at each fraction of a step,
// one vector after the other.
func (s *Solver) fillWeights(theta []float64, w gorgonia.Value) {
	all, n := w.(*tensor.Dense).Float64s(), s.traits.weights
	for j, th := range theta {
		s.method.denseWeights(th, all[j*n:(j+1)*n:(j+1)*n])
	}
}

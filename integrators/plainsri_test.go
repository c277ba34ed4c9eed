package integrators

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/integrators/problems"
)

// plainSRI takes steps of an SDE on plain slices, without any graph and stage by
// stage as they are written down in SRI: the reference by which tables, noise,
// control and first step are tested together. States are matrices by row, a row
// a trajectory of the problem.
type plainSRI struct {
	method *SRI
	p      problems.Stochastic

	h0, k, h1, g [][]float64 // arguments and stages of drift and diffusion
	u1, e1, e2   []float64
}

func newPlainSRI(m *SRI, p problems.Stochastic, rows int) *plainSRI {
	n := rows * len(p.Y0)
	stages := func() [][]float64 {
		x := make([][]float64, m.Stages())
		for i := range x {
			x[i] = make([]float64, n)
		}
		return x
	}
	return &plainSRI{
		method: m, p: p,
		h0: stages(), k: stages(), h1: stages(), g: stages(),
		u1: make([]float64, n), e1: make([]float64, n), e2: make([]float64, n),
	}
}

// take steps from u at t with the increments dW and dZ, which is nil if the
// method does not use it.
func (s *plainSRI) take(t, h float64, u, dW, dZ []float64) {
	m := s.method
	root := math.Sqrt(h)
	for i := range s.k {
		for n := range u {
			chi2 := plainChi2(dW, dZ, n)
			s.h0[i][n] = u[n] + h*weigh(m.A0[i], s.k, n) + chi2*weigh(m.B0[i], s.g, n)
			s.h1[i][n] = u[n] + h*weigh(m.A1[i], s.k, n) + root*weigh(m.B1[i], s.g, n)
		}
		byRow(s.p, s.p.Drift, t+m.C0[i]*h, s.h0[i], s.k[i])
		byRow(s.p, s.p.Diffusion, t+m.C1[i]*h, s.h1[i], s.g[i])
	}
	for n, w := range dW {
		chi1 := (w*w - h) / (2 * root)
		chi3 := (w*w*w - 3*w*h) / (6 * h)
		s.e1[n] = h * weigh(m.Err, s.k, n)
		s.e2[n] = plainChi2(dW, dZ, n)*weigh(m.Beta3, s.g, n) + chi3*weigh(m.Beta4, s.g, n)
		s.u1[n] = u[n] + h*weigh(m.Alpha, s.k, n) + w*weigh(m.Beta1, s.g, n) + chi1*weigh(m.Beta2, s.g, n) + s.e2[n]
	}
}

func plainChi2(dW, dZ []float64, n int) float64 {
	if dZ == nil {
		return 0
	}
	return (dW[n] + dZ[n]/math.Sqrt(3)) / 2
}

// weigh returns entry n of Σ w_i x_i.
func weigh(w []float64, x [][]float64, n int) float64 {
	var sum float64
	for i, wi := range w {
		sum += wi * x[i][n]
	}
	return sum
}

// byRow evaluates a drift or diffusion of p for every row of y.
func byRow(p problems.Stochastic, f func(t float64, y, dst []float64), t float64, y, dst []float64) {
	dim := len(p.Y0)
	for r := 0; r < len(y); r += dim {
		f(t, y[r:r+dim], dst[r:r+dim])
	}
}

// scaledError is E of the last step, which began at u.
func (s *plainSRI) scaledError(u []float64, tol float64) float64 {
	err := make([]float64, len(u))
	floats.AddScaledTo(err, s.e2, s.method.Delta, s.e1)
	return scaledError(err, u, s.u1, tol)
}

// stiffness is S of the last step from drift stages i and j.
func (s *plainSRI) stiffness(i, j int) float64 {
	return floats.Distance(s.k[i], s.k[j], 2) / floats.Distance(s.h0[i], s.h0[j], 2)
}

// repeatRows returns rows copies of the initial state of p.
func repeatRows(p problems.Stochastic, rows int) []float64 {
	u := make([]float64, 0, rows*len(p.Y0))
	for range rows {
		u = append(u, p.Y0...)
	}
	return u
}

// plainSDESolve integrates rows trajectories of p over the noise that is given,
// adapting their common step to an absolute and relative tolerance, and returns
// them with the values of their paths at the end. Evaluations are those of the
// drift in its stages, of which SRIW1 repeats or ignores two.
func plainSDESolve(m *SRI, p problems.Stochastic, rows int, noise *Noise, tol float64, settings *Controller) (run plainRun, path []float64, err error) {
	const hmin = 1e-10
	hmax := p.T1 - p.T0
	control, err := newSDEControl(settings, m.StrongOrder)
	if err != nil {
		return plainRun{}, nil, err
	}
	b := newBrownian(rows, len(p.Y0), m.UsesZ())
	if err := b.start(noise, p.T0, p.T1); err != nil {
		return plainRun{}, nil, err
	}
	step := newPlainSRI(m, p, rows)
	u := repeatRows(p, rows)
	h := plainSDEFirstStep(m, p, u, tol, hmin, hmax)
	drift, _ := m.Evaluations()
	run.evaluations = 2

	rejected := false
	path = make([]float64, len(u))
	for t := p.T0; t != p.T1; {
		h = limitStep(h, hmin, hmax)
		end := t + h
		if h >= p.T1-t {
			end = p.T1
		}
		h = end - t
		if rejected {
			b.reject(end)
		} else {
			b.prepare(end)
		}
		step.take(t, h, u, b.dW(), b.dZ())
		run.evaluations += drift
		e := step.scaledError(u, tol)
		attempt := Step{T: t, H: h, E: e, Accepted: e <= 1}
		if m.EstimatesStiffness() {
			attempt.S = step.stiffness(m.StiffStages[0], m.StiffStages[1])
		}
		run.attempts = append(run.attempts, attempt)
		if rejected = !attempt.Accepted; rejected {
			run.rejected++
			h = control.reject(e, h)
			continue
		}
		run.accepted++
		run.errorTimesStep += e * h
		run.maxStiffness = max(run.maxStiffness, attempt.S)
		copy(u, step.u1)
		floats.Add(path, b.dW())
		t = end
		h = control.accept(e, h)
	}
	run.end = u
	return run, path, nil
}

// plainSDEFirstStep supplies probeStep and sdeInitialStep with their norms.
func plainSDEFirstStep(m *SRI, p problems.Stochastic, u []float64, tol, hmin, hmax float64) float64 {
	n := len(u)
	f0, g0, f1, g1, u1 := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	slope, change, state := make([]float64, n), make([]float64, n), make([]float64, n)
	byRow(p, p.Drift, p.T0, u, f0)
	byRow(p, p.Diffusion, p.T0, u, g0)
	scale := func(i int) float64 { return tol + math.Abs(u[i])*tol }
	for i := range u {
		plus, minus := math.Abs(f0[i]+3*g0[i]), math.Abs(f0[i]-3*g0[i])
		slope[i] = math.Max(plus, minus) / scale(i)
		state[i] = u[i] / scale(i)
	}
	h0 := probeStep(rms(state), rms(slope), hmax)
	floats.AddScaledTo(u1, u, h0, f0)
	byRow(p, p.Drift, p.T0+h0, u1, f1)
	byRow(p, p.Diffusion, p.T0+h0, u1, g1)
	for i := range u {
		dg := math.Max(math.Abs(3*g0[i]-3*g1[i]), math.Abs(3*g0[i]+3*g1[i]))
		change[i] = math.Max(math.Abs(f1[i]-f0[i]+dg), math.Abs(f1[i]-f0[i]-dg)) / scale(i)
	}
	return sdeInitialStep(h0, rms(slope), rms(change), m.StrongOrder, hmin, hmax)
}

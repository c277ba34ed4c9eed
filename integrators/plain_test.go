package integrators

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/integrators/problems"
)

// plainStep takes one step on plain slices, without any graph: the reference by
// which tableau, dense output, controller and first step are tested together.
type plainStep struct {
	method *Tableau
	f      func(t float64, y, dydt []float64)

	k, y      [][]float64 // the stages and their arguments
	u1, error []float64   // the new state and the error estimate
}

func newPlainStep(m *Tableau, p problems.Problem) *plainStep {
	rows := func() [][]float64 {
		x := make([][]float64, m.Stages())
		for i := range x {
			x[i] = make([]float64, len(p.Y0))
		}
		return x
	}
	n := len(p.Y0)
	return &plainStep{method: m, f: p.F, k: rows(), y: rows(), u1: make([]float64, n), error: make([]float64, n)}
}

// take steps from u0 at t. If first is not nil it is the first stage, known from
// the step before.
func (s *plainStep) take(t, h float64, u0, first []float64) {
	m := s.method
	for i := range s.k {
		combine(s.y[i], u0, h, m.A[i], s.k)
		if i == 0 && first != nil {
			copy(s.k[0], first)
			continue
		}
		s.f(t+m.C[i]*h, s.y[i], s.k[i])
	}
	combine(s.u1, u0, h, m.B, s.k)
	zero := make([]float64, len(u0))
	combine(s.error, zero, h, m.Err, s.k)
}

// combine stores u + h Σ w_i k_i in dst.
func combine(dst, u []float64, h float64, w []float64, k [][]float64) {
	for n := range dst {
		var slope float64
		for i, wi := range w {
			slope += wi * k[i][n]
		}
		dst[n] = u[n] + h*slope
	}
}

// stiffness is Eq. 8 for the last step taken, and its uncertainty by rounding: a
// quotient of two differences.
func (s *plainStep) stiffness() (ratio, noise float64) {
	i, j := s.method.StiffStages[0], s.method.StiffStages[1]
	den := floats.Distance(s.y[i], s.y[j], 2)
	ratio = floats.Distance(s.k[i], s.k[j], 2) / den
	return ratio, 1e-13 * (floats.Norm(s.k[i], 2) + ratio*floats.Norm(s.y[i], 2)) / den
}

func rms(x []float64) float64 { return floats.Norm(x, 2) / math.Sqrt(float64(len(x))) }

// scaledError is the RMS of the error estimate over the mixed tolerance.
func scaledError(err, u0, u1 []float64, tol float64) float64 {
	e := make([]float64, len(err))
	for i := range e {
		e[i] = err[i] / (tol + math.Max(math.Abs(u0[i]), math.Abs(u1[i]))*tol)
	}
	return rms(e)
}

// plainRun is what an adaptive solve amounts to.
type plainRun struct {
	end                         []float64
	evaluations                 int
	accepted, rejected          int
	errorTimesStep              float64 // Σ E_j |h_j|
	maxStiffness, meanStiffness float64 // S_j
	attempts                    []Step
}

// plainSolve integrates p with an absolute and relative tolerance, forwards or
// backwards in time.
func plainSolve(m *Tableau, p problems.Problem, tol float64, settings *Controller) (plainRun, error) {
	const hmin = 1e-10
	hmax := math.Abs(p.T1 - p.T0)
	direction := math.Copysign(1, p.T1-p.T0)

	control, err := newStepControl(settings, float64(m.EmbeddedOrder+1), m.Beta1, m.Beta2)
	if err != nil {
		return plainRun{}, err
	}
	var run plainRun
	f := p.F
	p.F = func(t float64, y, dydt []float64) {
		run.evaluations++
		f(t, y, dydt)
	}
	step := newPlainStep(m, p)
	u := append([]float64(nil), p.Y0...)
	n := len(u)

	var first []float64
	if m.FSAL {
		first = make([]float64, n)
		p.F(p.T0, u, first)
	}
	h := direction * firstStep(p, u, tol, float64(m.Order), direction, hmin, hmax)

	t := p.T0
	var stiffness []float64
	for direction*(p.T1-t) > 0 {
		h = limitStep(h, hmin, math.Min(hmax, math.Abs(p.T1-t)))
		step.take(t, h, u, first)
		e := scaledError(step.error, u, step.u1, tol)
		attempt := Step{T: t, H: h, E: e, Accepted: e <= 1}
		if m.EstimatesStiffness() {
			attempt.S, _ = step.stiffness()
		}
		run.attempts = append(run.attempts, attempt)
		if !(e <= 1) {
			run.rejected++
			h = control.reject(e, h)
			continue
		}
		run.accepted++
		if m.EstimatesStiffness() {
			stiffness = append(stiffness, attempt.S)
		}
		run.errorTimesStep += e * math.Abs(h)
		t += h
		if math.Abs(p.T1-t) < 10*0x1p-52*math.Abs(p.T1) {
			t = p.T1
		}
		copy(u, step.u1)
		if m.FSAL {
			copy(first, step.k[len(step.k)-1])
		}
		h = control.accept(e, h)
	}
	run.end = u
	if len(stiffness) > 0 {
		run.maxStiffness = floats.Max(stiffness)
		run.meanStiffness = floats.Sum(stiffness) / float64(len(stiffness))
	}
	return run, nil
}

// firstStep supplies probeStep and initialStep with their norms.
func firstStep(p problems.Problem, u []float64, tol, order, direction, hmin, hmax float64) float64 {
	n := len(u)
	scaled := func(x []float64) float64 {
		y := make([]float64, n)
		for i := range y {
			y[i] = x[i] / (tol + math.Abs(u[i])*tol)
		}
		return rms(y)
	}
	f0, f1, u1 := make([]float64, n), make([]float64, n), make([]float64, n)
	p.F(p.T0, u, f0)
	d1 := scaled(f0)
	h0 := probeStep(scaled(u), d1, hmax)
	floats.AddScaledTo(u1, u, direction*h0, f0)
	p.F(p.T0+direction*h0, u1, f1)
	floats.Sub(f1, f0)
	return initialStep(h0, d1, scaled(f1), order, hmin, hmax)
}

// plainFixed takes n equal steps over p, whose exact solution is known, and
// returns the largest error and the largest estimated error of a step anywhere
// on the way, where neither can vanish by chance.
func plainFixed(m *Tableau, p problems.Problem, n int) (globalError, estimate float64) {
	step := newPlainStep(m, p)
	h := (p.T1 - p.T0) / float64(n)
	u := append([]float64(nil), p.Y0...)
	exact := make([]float64, len(u))
	for i := range n {
		step.take(p.T0+float64(i)*h, h, u, nil)
		copy(u, step.u1)
		p.Exact(p.T0+float64(i+1)*h, exact)
		globalError = math.Max(globalError, floats.Distance(u, exact, math.Inf(1)))
		estimate = math.Max(estimate, floats.Norm(step.error, math.Inf(1)))
	}
	return globalError, estimate
}

// solutionAtEnd returns y(T1), which p must know.
func solutionAtEnd(p problems.Problem) []float64 {
	if p.Exact == nil {
		return p.End
	}
	y := make([]float64, len(p.Y0))
	p.Exact(p.T1, y)
	return y
}

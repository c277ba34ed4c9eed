package integrators

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// An SDE is an initial value problem with neural drift f and diagonal neural
// diffusion g in the sense of Itô,
//
//	dz = f(z, t) dt + g(z, t) ⊙ dW,
//
// in which every entry of the state (batch, dim) has a Wiener process of its
// own, and the method that solves it. All rows take the same steps.
//
// An SDE is for one goroutine at a time, as an ODE is.
type SDE struct {
	equation
	method           *SRI
	drift, diffusion Dynamics
	noise            Noise
	chis             []chi
	perStep          struct{ drift, diffusion int } // evaluations
}

var _ scheme = (*SDE)(nil)

// NewSDE returns a solver of the equation with the given drift and diffusion
// over the time span [t0, t1], t0 < t1. params may be nil if they have none, and
// noise nil for its defaults. The error names the setting that is out of range.
//
// Rejected steps are tried again on the same path, by rejection sampling with
// memory. Save times between the ends of steps do not change the steps: states there
// lie on straight lines but for the noise, which is that of the same path. They
// have its roughness and the error of one step of Euler's method, so strong order 1;
// where the method's own is wanted, end steps there, as StopAt and FixedSteps can.
func NewSDE(method *SRI, drift, diffusion Dynamics, params *graph.Params, t0, t1 float64, noise *Noise, settings *Settings) (*SDE, error) {
	if method == nil || drift == nil || diffusion == nil {
		return nil, errors.New("SDE without a method, a drift or a diffusion")
	}
	if err := method.Validate(); err != nil {
		return nil, err
	}
	o := &SDE{method: method, drift: drift, diffusion: diffusion, chis: method.chis()}
	o.perStep.drift, o.perStep.diffusion = method.Evaluations()
	if noise != nil {
		o.noise = *noise
	}
	o.equation = equation{scheme: o, params: params, settings: settings.withDefaults(1e-2, 1e-2), solvers: map[form]*solver{}}
	if err := o.settings.validate(method.Name, method.Adaptive(), method.EstimatesStiffness()); err != nil {
		return nil, err
	}
	if o.settings.Integrand != nil {
		return nil, errors.Errorf("%s: an integrand, expected none for an SDE", method.Name)
	}
	if o.settings.FixedSteps == 0 {
		control, err := newSRIControl(o.settings.Controller, method)
		if err != nil {
			return nil, err
		}
		o.control = *control
	}
	if err := o.SetSpan(t0, t1); err != nil {
		return nil, err
	}
	return o, nil
}

// Method returns the method.
func (o *SDE) Method() *SRI { return o.method }

// SetSeed sets the seed of the noise for the solves to come. Solves with one
// seed have one path. It must not be called during a solve.
func (o *SDE) SetSeed(seed uint64) { o.noise.Seed = seed }

func (o *SDE) name() string { return o.method.Name }

func (o *SDE) fields() []string { return []string{"drift", "diffusion"} }

func (o *SDE) stageTimes() [][]float64 {
	f, g := o.method.sources()
	return [][]float64{evaluated(o.method.C0, f), evaluated(o.method.C1, g)}
}

// evaluated returns times of stages, 0 in place of one that is not evaluated.
func evaluated(c []float64, source []int) []float64 {
	times := make([]float64, len(c))
	for i, j := range source {
		if i == j {
			times[i] = c[i]
		}
	}
	return times
}

func (o *SDE) carries() bool { return false }

func (o *SDE) noises() int { return len(o.chis) }

func (o *SDE) evaluations() int { return o.perStep.drift }

func (o *SDE) diffusions(attempts int) int { return o.perStep.diffusion * attempts }

// begin adds f(z, t) and g(z, t).
func (o *SDE) begin(s *graph.Scope, z, t *gorgonia.Node, _ bool) (gorgonia.Nodes, *gorgonia.Node, error) {
	f0, err := o.evaluate(s, o.drift, "drift", z, t, nil, 0)
	if err != nil {
		return nil, nil, err
	}
	g0, err := o.evaluate(s, o.diffusion, "diffusion", z, t, nil, 0)
	return gorgonia.Nodes{f0, g0}, nil, err
}

// deviations is how many standard deviations of the noise count as its slope.
const deviations = 3

func (o *SDE) slope(z *gorgonia.Node, stages gorgonia.Nodes) (*gorgonia.Node, error) {
	x, err := ops.AbsSum(stages, []float64{1, deviations})
	if err != nil {
		return nil, err
	}
	return ops.ScaledRMS(x, nil, z, o.settings.AbsTol, o.settings.RelTol)
}

// probe adds RMS((|f1 − f0| + 3|g0| + 3|g1|)/sk) for f1 and g1 after a step of
// Euler's method without noise.
func (o *SDE) probe(s *graph.Scope, z *gorgonia.Node, stages gorgonia.Nodes, t, h *gorgonia.Node) (*gorgonia.Node, error) {
	f0, g0 := stages[0], stages[1]
	z1, err := advance(z, h, gorgonia.Nodes{f0}, []float64{1})
	if err != nil {
		return nil, err
	}
	f1, err := o.evaluate(s, o.drift, "drift", z1, t, h, 1)
	if err != nil {
		return nil, err
	}
	g1, err := o.evaluate(s, o.diffusion, "diffusion", z1, t, h, 1)
	if err != nil {
		return nil, err
	}
	change, err := ops.LinComb([]ops.Term{{X: f1, C: 1}, {X: f0, C: -1}}, nil, nil)
	if err != nil {
		return nil, err
	}
	x, err := ops.AbsSum(gorgonia.Nodes{change, g0, g1}, []float64{1, deviations, deviations})
	if err != nil {
		return nil, err
	}
	return ops.ScaledRMS(x, nil, z, o.settings.AbsTol, o.settings.RelTol)
}

func (o *SDE) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	if math.IsInf(d1, 0) || math.IsInf(change, 0) {
		return math.NaN() // a slope overflows; the probe need not, since it leaves the noise out
	}
	return sdeInitialStep(h0, d1, change, o.method.StrongOrder, hmin, hmax)
}

// Dense output evaluates nothing.
func (o *SDE) denseEvaluations() int { return 0 }

func (o *SDE) extend(_ *graph.Scope, _, _, _ *gorgonia.Node, stages gorgonia.Nodes) (gorgonia.Nodes, error) {
	return stages, nil
}

// interpolate adds straight lines from z to the end of the step, stages[0], and to
// them the diffusion at the start, stages[1], times what the path is beyond its own
// straight line:
//
//	z(t + θh) = (1 - θ) z + θ z₁ + g(z, t) ⊙ (W(t + θh) - W(t) - θ ΔW)
func (o *SDE) interpolate(z, h, w *gorgonia.Node, stages, noise gorgonia.Nodes, m int) (gorgonia.Nodes, error) {
	out := make(gorgonia.Nodes, m)
	for j := range out {
		line, err := ops.LinComb([]ops.Term{{X: z, C: 1, Weight: 2*j + 1}, {X: stages[0], C: 1, Weight: 2*j + 2}}, nil, w)
		if err != nil {
			return nil, err
		}
		if out[j], err = ops.NoiseComb([]ops.NoiseTerm{{X: line, C: 1}, {X: stages[1], Noise: []float64{1}}}, h, noise[j:j+1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (o *SDE) fillWeights(theta []float64, w gorgonia.Value) {
	all := w.(*tensor.Dense).Float64s()
	for j, th := range theta {
		all[2*j], all[2*j+1] = 1-th, th
	}
}

func (o *SDE) denseWeights() int { return 2 }

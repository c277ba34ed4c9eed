package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Dynamics adds the right-hand side f(z, t) of dz/dt = f to the graph of s,
// for z (batch, dim), and returns it in the same shape. The time is s.Time().
type Dynamics func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error)

// An ODE is an initial value problem of neural dynamics and the method that
// solves it. The functions it needs are compiled for each shape and element
// type of state when that is first seen, and kept for the last Settings.Forms.
//
// An ODE is for one goroutine at a time, and all layers, objectives and
// predictors made with it share it: whoever comes second gets graph.ErrInUse.
// What a goroutine sets, such as the time span, another one may set again
// between two solves, which nothing can notice. Every worker needs a model of
// its own.
type ODE struct {
	equation
	method   *Tableau
	dynamics Dynamics
}

var _ scheme = (*ODE)(nil)

// NewODE returns a solver of dz/dt = f(z, t) over the time span [t0, t1], which
// may run backwards. params may be nil if the dynamics have none. The error
// names the setting that is out of range.
func NewODE(method *Tableau, f Dynamics, params *graph.Params, t0, t1 float64, settings *Settings) (*ODE, error) {
	if method == nil || f == nil {
		return nil, errors.New("ODE without a method or without dynamics")
	}
	if err := method.Validate(); err != nil {
		return nil, err
	}
	o := &ODE{method: method, dynamics: f}
	o.equation = equation{scheme: o, params: params, settings: settings.withDefaults(1e-6, 1e-3), solvers: map[form]*solver{}}
	if err := o.settings.validate(method.Name, method.Adaptive(), method.EstimatesStiffness()); err != nil {
		return nil, err
	}
	if o.settings.FixedSteps == 0 {
		c, err := newStepControl(o.settings.Controller, float64(method.EmbeddedOrder+1), method.Beta1, method.Beta2)
		if err != nil {
			return nil, err
		}
		o.control = *c
	}
	if err := o.SetSpan(t0, t1); err != nil {
		return nil, err
	}
	return o, nil
}

// Method returns the method.
func (o *ODE) Method() *Tableau { return o.method }

func (o *ODE) name() string { return o.method.Name }

func (o *ODE) fields() []string { return []string{"dynamics"} }

func (o *ODE) stageTimes() [][]float64 { return [][]float64{o.method.C} }

func (o *ODE) carries() bool { return o.method.FSAL }

// An ODE has no noise.
func (o *ODE) noises() int { return 0 }

func (o *ODE) path() (*Noise, bool) { return nil, false }

func (o *ODE) fillNoise(float64, []float64, []float64, *graph.Frame, int) {}

func (o *ODE) diffusions(int) int { return 0 }

func (o *ODE) evaluations() int { return o.method.EvaluationsPerStep() }

func (o *ODE) denseEvaluations() int { return o.method.DenseEvaluations() }

// begin adds f(z, t), and g(z, t) if it is asked for.
func (o *ODE) begin(s *graph.Scope, z, t *gorgonia.Node, integrand bool) (gorgonia.Nodes, *gorgonia.Node, error) {
	if integrand {
		k1, g, err := o.evaluateIntegrand(s, z, t, nil, 0)
		return gorgonia.Nodes{k1}, g, err
	}
	k1, err := o.evaluate(s, z, t, nil, 0)
	return gorgonia.Nodes{k1}, nil, err
}

func (o *ODE) slope(z *gorgonia.Node, stages gorgonia.Nodes) (*gorgonia.Node, error) {
	return ops.ScaledRMS(stages[0], nil, z, o.settings.AbsTol, o.settings.RelTol)
}

// probe adds RMS((f(z + h·f0, t + h) − f0)/sk).
func (o *ODE) probe(s *graph.Scope, z *gorgonia.Node, stages gorgonia.Nodes, t, h *gorgonia.Node) (change *gorgonia.Node, err error) {
	f0 := stages[0]
	z1, err := advance(z, h, gorgonia.Nodes{f0}, []float64{1})
	if err != nil {
		return nil, err
	}
	f1, err := o.evaluate(s, z1, t, h, 1)
	if err != nil {
		return nil, err
	}
	return ops.ScaledRMS(f1, f0, z, o.settings.AbsTol, o.settings.RelTol)
}

func (o *ODE) firstStep(h0, d1, change, hmin, hmax float64) float64 {
	return initialStep(h0, d1, change, float64(o.method.Order), hmin, hmax)
}

// extend adds the stages of the dense output beyond those of the step.
func (o *ODE) extend(s *graph.Scope, z, t, h *gorgonia.Node, stages gorgonia.Nodes) (gorgonia.Nodes, error) {
	c, a := o.method.denseStages()
	for i := range c {
		x, err := advance(z, h, stages, a[i])
		if err != nil {
			return nil, err
		}
		k, err := o.evaluate(s, x, t, h, c[i])
		if err != nil {
			return nil, errors.Wrapf(err, "stage %d of the dense output of %s", i+1, o.method.Name)
		}
		stages = append(stages[:len(stages):len(stages)], k)
	}
	return stages, nil
}

func (o *ODE) interpolate(z, h, w *gorgonia.Node, stages, _ gorgonia.Nodes, m int) (gorgonia.Nodes, error) {
	return interpolate(z, h, w, stages, m)
}

func (o *ODE) fillWeights(theta []float64, w gorgonia.Value) { o.method.fillWeights(theta, w) }

func (o *ODE) denseWeights() int { return o.method.DenseStages() }

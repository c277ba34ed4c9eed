package integrators

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exclusive"
)

// equation is what a differential equation has in common with every other: how
// it is solved, over which times, and the outcome. [ODE] and [SDE] are
// equations with a scheme.
type equation struct {
	scheme
	params   *graph.Params
	settings Settings
	control  stepControl // as every solve starts with it
	t0, t1   float64

	use     exclusive.Use
	solvers map[form]*solver
	recent  []form // of them, the last used first
	timed   bool   // the right-hand side asks for the time
	last    Solution
}

// scheme is a one-step method at work on an equation. It adds expressions to
// graphs; everything else about solving is shared.
type scheme interface {
	// name is that of the method.
	name() string
	// carries reports whether a step takes over the last stage of the one
	// before as its first (FSAL).
	carries() bool
	// evaluations is the number made by an attempted step, denseEvaluations that
	// made by the dense output of a step.
	evaluations() int
	denseEvaluations() int
	// diffusions is the number of evaluations of the diffusion in that many
	// attempted steps, not counting the choice of the first.
	diffusions(attempts int) int

	// fields are the names of the stages of begin, stageTimes the times at which a
	// step evaluates each, in units of its size from its start.
	fields() []string
	stageTimes() [][]float64

	// begin adds what is evaluated once at the start: stages, the first of which
	// is that of the first step if it carries, and the integrand if it is asked
	// for.
	begin(s *graph.Scope, z, t *gorgonia.Node, integrand bool) (stages gorgonia.Nodes, g *gorgonia.Node, err error)
	// slope adds the scaled root mean square of the slope.
	slope(z *gorgonia.Node, stages gorgonia.Nodes) (*gorgonia.Node, error)
	// probe adds a step of Euler's method of size h from the stages of begin, and
	// the scaled root mean square by which the slope changes over it.
	probe(s *graph.Scope, z *gorgonia.Node, stages gorgonia.Nodes, t, h *gorgonia.Node) (change *gorgonia.Node, err error)
	// firstStep returns the size of the first step after a probe of size h0.
	firstStep(h0, d1, change, hmin, hmax float64) float64

	// noises is the number of matrices of noise that a step takes, path where they
	// come from, and whether Z is needed. fillNoise computes them from the
	// increments of the path over a step of size h.
	noises() int
	path() (noise *Noise, useZ bool)
	fillNoise(h float64, dw, dz []float64, step *graph.Frame, first int)
	// step adds one step of size h from a point at time t, with the terms of the
	// given regularizers.
	step(s *graph.Scope, from point, noise gorgonia.Nodes, t, h *gorgonia.Node, rs []Regularizer) (*step, error)

	// extend adds the stages of the dense output to those of a step from (t, z).
	// interpolate adds the states at m times within a step from z, whose weights
	// fillWeights writes, one vector of denseWeights after the other. At each time
	// there is a matrix of noise, if there is any: what W is there beyond the
	// straight line between its values at the ends of the step.
	extend(s *graph.Scope, z, t, h *gorgonia.Node, stages gorgonia.Nodes) (gorgonia.Nodes, error)
	interpolate(z, h, w *gorgonia.Node, stages, noise gorgonia.Nodes, m int) (gorgonia.Nodes, error)
	fillWeights(theta []float64, w gorgonia.Value)
	denseWeights() int
}

// point is where a step ends and the next one starts: the state and, if the
// method carries it, the first stage there, beside the integrand if there is one.
type point struct{ z, k1, g *gorgonia.Node }

// form is the shape and element type of a state.
type form struct {
	batch, dim int
	dtype      tensor.Dtype
}

func (f form) String() string { return fmt.Sprintf("(%d, %d) of %v", f.batch, f.dim, f.dtype) }

// SetSpan changes the time span for the solves to come. The save times must lie
// within it.
func (o *equation) SetSpan(t0, t1 float64) error { return o.SetTimes(t0, t1, o.settings.SaveAt) }

// SetSaveAt changes the save times, whose number must stay the same.
func (o *equation) SetSaveAt(times []float64) error { return o.SetTimes(o.t0, o.t1, times) }

// SetTimes changes the time span and the save times together. The number of
// save times must stay the same. On an error nothing is changed; its cause is
// graph.ErrInUse during a solve by another goroutine.
func (o *equation) SetTimes(t0, t1 float64, saveAt []float64) error {
	if err := o.claim(); err != nil {
		return err
	}
	defer o.use.End()
	if len(saveAt) != len(o.settings.SaveAt) {
		return errors.Errorf("%d save times, expected %d as before", len(saveAt), len(o.settings.SaveAt))
	}
	if err := checkTimes(t0, t1, saveAt); err != nil {
		return err
	}
	if o.noises() > 0 && t1 < t0 {
		return errors.Errorf("time span [%v, %v] of a stochastic equation, expected one that runs forwards", t0, t1)
	}
	o.t0, o.t1 = t0, t1
	copy(o.settings.SaveAt, saveAt)
	return nil
}

// SetStopAt changes the stop times for the solves to come, in number as well. On an
// error nothing is changed; its cause is graph.ErrInUse during a solve by another
// goroutine.
func (o *equation) SetStopAt(times []float64) error {
	if err := o.claim(); err != nil {
		return err
	}
	defer o.use.End()
	if err := checkStops(times); err != nil {
		return err
	}
	o.settings.StopAt = sorted(times)
	return nil
}

// claim begins to use the equation, until o.use.End.
func (o *equation) claim() error { return o.use.Begin("solver " + o.name()) }

// Last returns the outcome of the last solve, in whichever way it was run; Z is
// set by Predict alone. After a failure it says how far the solve came.
func (o *equation) Last() Solution { return o.last }

// Bytes returns the memory of the compiled functions and their frames.
func (o *equation) Bytes() int {
	n := 0
	for _, s := range o.solvers {
		n += s.bytes()
	}
	return n
}

// solverFor returns the functions for states like z0.
func (o *equation) solverFor(z0 gorgonia.Value) (*solver, error) {
	if z0 == nil {
		return nil, errors.New("no initial state, expected a matrix (batch, dim)")
	}
	if len(z0.Shape()) != 2 {
		return nil, errors.Errorf("initial state of shape %v, expected a matrix (batch, dim)", z0.Shape())
	}
	f := form{z0.Shape()[0], z0.Shape()[1], z0.Dtype()}
	if s, ok := o.solvers[f]; ok {
		o.used(f)
		return s, nil
	}
	s, err := newSolver(o, f)
	if err != nil {
		return nil, err
	}
	o.solvers[f] = s
	o.used(f)
	return s, nil
}

// used puts f in front of the forms most recently used, and forgets the functions
// of the one least recently used if there are too many. Solutions in graphs
// keep theirs.
func (o *equation) used(f form) {
	i := slices.Index(o.recent, f)
	if i < 0 {
		i = len(o.recent)
		o.recent = append(o.recent, f)
	}
	copy(o.recent[1:i+1], o.recent[:i])
	o.recent[0] = f
	if n := len(o.recent) - 1; n >= o.settings.Forms {
		delete(o.solvers, o.recent[n])
		o.recent = o.recent[:n]
	}
}

// evaluateField adds the value of dynamics at (z, t), which must be of the form
// of z.
func (o *equation) evaluateField(f Dynamics, name string, sc *graph.Scope, z, t *gorgonia.Node) (*gorgonia.Node, error) {
	at := sc.At(t)
	y, err := f(at, z)
	o.timed = o.timed || at.Timed()
	if err != nil {
		return nil, errors.Wrap(err, name)
	}
	return y, fits(name, z, y)
}

// fits fails unless the slope y is of the form of the state z.
func fits(name string, z, y *gorgonia.Node) error {
	switch {
	case y == nil:
		return errors.Errorf("the %s map %v to nothing, expected a matrix of the same shape", name, z.Shape())
	case y.Dtype() != z.Dtype() || !y.Shape().Eq(z.Shape()) || len(y.Shape()) != 2:
		return errors.Errorf("the %s map %v of %v to %v of %v, expected the same shape and element type",
			name, z.Shape(), z.Dtype(), y.Shape(), y.Dtype())
	}
	return nil
}

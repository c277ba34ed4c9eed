package integrators

import "gorgonia.org/gorgonia"

// Method is a one-step method: a *Tableau for ordinary equations, a *Rosenbrock for
// stiff ones, a *Switch for those that are stiff now and then; for stochastic ones an
// *SRI, an *SRA for additive noise, an *SRK or a *Scheme for those in the sense of
// Stratonovich. Its coefficients and what it promises are its exported fields and methods; how
// it becomes a part of a graph is internal.
type Method interface {
	// String returns the method's name.
	String() string
	// Validate checks that the coefficients are those of a method of its kind.
	Validate() error
	// Adaptive reports whether the method estimates its error, so that its step
	// size can be controlled.
	Adaptive() bool
	// EstimatesStiffness reports whether the method estimates the stiffness of the
	// dynamics, or of the drift.
	EstimatesStiffness() bool

	// traits are what all solves with the method have in common.
	traits() traits
	// control starts the step size control of a solve; nil settings mean the
	// defaults.
	control(settings *Controller) (*stepControl, error)
	// firstStep returns the size of the first step after a probe of size h0, over
	// which the scaled slope of norm d1 changed by change.
	firstStep(h0, d1, change, hmin, hmax float64) float64
	// step adds a step from a point to a graph, with the estimates that the method
	// has and the stages of its dense output.
	step(b *stepBuilder, from point[*gorgonia.Node]) (*step, error)
	// interpolate adds the states at m times within a step from z, of which stages
	// are those of the dense output. For each time the vector w has as many weights
	// as denseWeights writes, and noise a matrix if there is any: what W is there
	// beyond the straight line between its values at the ends of the step.
	interpolate(b *stepBuilder, z *gorgonia.Node, stages gorgonia.Nodes, w *gorgonia.Node, noise gorgonia.Nodes, m int) (gorgonia.Nodes, error)
	// denseWeights writes the weights of the state at a fraction theta of a step.
	denseWeights(theta float64, w []float64)
}

var _, _, _ Method = (*Tableau)(nil), (*Rosenbrock)(nil), (*SRI)(nil)

// traits are the constants of a method.
type traits struct {
	name       string
	stochastic bool // the method solves equations with a diffusion, and no others
	// implicit says that stages are solutions of linear systems with the Jacobian, and
	// a step no weighted sum of slopes.
	implicit bool
	// fsal says that the last stage of a step is the first of the next.
	fsal bool
	// handsDiffusion says that a step hands on a second state, the predictor, and the
	// diffusion there, beside the drift there as its first stage. A step that begins anew
	// has the state for its predictor.
	handsDiffusion bool
	// drifts and diffusions are the evaluations that an attempted step makes, and
	// perProcess those of the diffusion that it makes for each process of a row, or for
	// all of them at once where every entry has its own.
	drifts, diffusions, perProcess int
	// stages are the times at which a step evaluates each field, in units of its
	// size from its start.
	stages [][]float64
	// forms are those of the noise that the method takes, and calculus the sense in
	// which it solves; lone says that a row has one process, or an entry has.
	forms    []NoiseForm
	calculus Calculus
	lone     bool
	// noise are the matrices of noise that a step takes; usesZ says that they need
	// the second Wiener process.
	noise []chi
	usesZ bool
	// weights is the number of weights of a time of the dense output, extra that of
	// the evaluations that the dense output of a step makes beyond its stages.
	weights, extra int
}

package layers

import (
	"math"
	"slices"
	"sync/atomic"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// CNF is a continuous normalizing flow (Chen et al., 2018; Grathwohl et al., FFJORD,
// 2019): the layer that maps data x (batch, dim) to (batch, dim + 1), the latent
// z(t1) of dz/dt = f(z, t), z(t0) = x, and beside it the change Δ of the logarithm of
// the density on the way, dΔ/dt = −tr ∂f/∂z, Δ(t0) = 0. With latents that are
// standard normal the data have the log-density
//
//	log p(x) = log N(z(t1); 0, I) − Δ(t1),
//
// see losses.NegativeLogLikelihood.
//
// The methods of the solver it contains, for time span and statistics, are those of
// the flow in training. It is for one goroutine at a time, but for predictors of what
// Forward adds.
type CNF struct {
	*integrators.Solver
	// Density solves from data to latents with the exact trace and without penalties,
	// for LogDensity.
	Density *integrators.Solver
	// Sampler solves from latents to data without a trace, for Sample.
	Sampler *integrators.Solver

	f           Layer
	params      *graph.Params
	dim         int
	t0, t1      float64
	method      integrators.Method
	plain       integrators.Settings // settings of solves that are not trained
	divergence  *Divergence
	rowsChecked atomic.Bool
}

var _ Layer = (*CNF)(nil)

// CNFSettings are those of a flow. nil or a zero field means the default.
type CNFSettings struct {
	// Solver has the settings of the solver, with its regularizers. Save times and an
	// integrand must not be among them.
	Solver *integrators.Settings
	// Estimator says how training finds the trace; Exact if zero.
	Estimator Estimator
	// Seed selects the probes of an estimator, see SetSeed.
	Seed uint64
	// Penalties are integrated along the flow. The i-th is recorded under
	// integrators.Regularizer{Term: integrators.Integral, Index: i}.
	Penalties []FlowPenalty
	// FreeLogDensity leaves Δ out of the error estimate, and so of R_E and R_S. The
	// steps are then those of the state alone. By default it counts as the columns of
	// the state do, as in the code of Grathwohl et al. and of Pal et al.
	FreeLogDensity bool
}

// NewCNF returns the flow of dynamics f, which map (batch, dim) to the same shape row
// by row, over [t0, t1]. The error names the setting that is out of range. The
// dynamics are traced when the first batch is seen: that they mix rows, or that an
// operation in them has no second derivative, is an error of that solve.
func NewCNF(params *graph.Params, f Layer, dim int, t0, t1 float64, method integrators.Method, settings *CNFSettings) (*CNF, error) {
	switch {
	case f == nil:
		return nil, errors.New("continuous normalizing flow without dynamics")
	case dim < 1:
		return nil, errors.Errorf("continuous normalizing flow of %d dimensions, expected at least one", dim)
	}
	var set CNFSettings
	if settings != nil {
		set = *settings
	}
	c := &CNF{f: f, params: params, dim: dim, t0: t0, t1: t1, method: method}
	if set.Solver != nil {
		c.plain = *set.Solver
	}
	if c.plain.SaveAt != nil || c.plain.Integrand != nil {
		return nil, errors.New("continuous normalizing flow with save times or an integrand, expected none; see Trajectory and Penalties")
	}
	if len(c.plain.Events) > 0 || c.plain.RequireEvent {
		return nil, errors.New("continuous normalizing flow with events, expected none: the density is that at the end of the time span")
	}
	c.plain.StopAt = slices.Clone(c.plain.StopAt)
	if set.FreeLogDensity {
		c.plain.ErrorColumns = dim
	}
	trained := c.plain
	trained.Regularizers = append([]integrators.Regularizer{}, c.plain.Regularizers...)
	c.plain.Regularizers = nil
	set.Penalties = slices.Clone(set.Penalties)
	for i, penalty := range set.Penalties {
		if penalty == nil {
			return nil, errors.Errorf("penalty %d of the flow is nil, expected a function", i)
		}
		trained.Regularizers = append(trained.Regularizers, integrators.Regularizer{Term: integrators.Integral, Index: i})
	}
	var err error
	if c.divergence, err = NewDivergence(set.Estimator, set.Seed); err != nil {
		return nil, err
	}
	if len(set.Penalties) > 0 {
		trained.Integrand = func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, gorgonia.Nodes, error) {
			return c.field(s, y, c.divergence, set.Penalties)
		}
	}
	if c.Solver, err = c.solver(c.divergence, &trained); err != nil {
		return nil, err
	}
	exact, err := NewDivergence(Exact, 0)
	if err != nil {
		return nil, err
	}
	if c.Density, err = c.solver(exact, &c.plain); err != nil {
		return nil, err
	}
	c.Sampler, err = c.states(t1, t0, nil)
	return c, err
}

// solver returns one of the flow with its log-density by the given divergence.
func (c *CNF) solver(d *Divergence, settings *integrators.Settings) (*integrators.Solver, error) {
	drift := func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
		k, _, err := c.field(s, y, d, nil)
		return k, err
	}
	s, err := integrators.NewSolver(integrators.Equation{Drift: drift, Params: c.params, T0: c.t0, T1: c.t1}, c.method, settings)
	return s, errors.Wrap(err, "continuous normalizing flow")
}

// states returns a solver of the states alone over a time span, with save times.
func (c *CNF) states(from, to float64, saveAt []float64) (*integrators.Solver, error) {
	set := c.plain
	set.ErrorColumns, set.SaveAt = 0, saveAt
	s, err := integrators.NewSolver(integrators.Equation{Drift: c.f.Forward, Params: c.params, T0: from, T1: to}, c.method, &set)
	return s, errors.Wrap(err, "continuous normalizing flow")
}

// field adds the right-hand side of [z, Δ], and the penalties.
func (c *CNF) field(s *graph.Scope, y *gorgonia.Node, d *Divergence, penalties []FlowPenalty) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
	if !c.rowsChecked.Load() {
		if err := checkRows(c.params, c.f, y.Dtype(), c.dim); err != nil {
			return nil, nil, err
		}
		c.rowsChecked.Store(true)
	}
	z, err := ops.Block(y, 0, y.Shape()[0], 0, c.dim)
	if err != nil {
		return nil, nil, err
	}
	at := FlowPoint{Z: z}
	if at.F, err = c.f.Forward(s, z); err != nil {
		return nil, nil, err
	}
	trace, products, err := d.Of(s, at.F, z)
	if err != nil {
		return nil, nil, err
	}
	at.Products = products
	if trace, err = ops.LinComb([]ops.Term{{X: trace, C: -1}}, nil, nil); err != nil {
		return nil, nil, err
	}
	if k, err = ops.Beside(at.F, trace); err != nil {
		return nil, nil, err
	}
	for i, penalty := range penalties {
		x, err := penalty(s, at)
		if err != nil {
			return nil, nil, errors.Wrapf(err, "penalty %d", i)
		}
		g = append(g, x)
	}
	return k, g, nil
}

// Forward adds z(t1) and Δ(t1), side by side (batch, dim + 1), of data x (batch, dim).
// The trace is that of the estimator in predictions as well.
func (c *CNF) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("continuous normalizing flow", s, "x", x); err != nil {
		return nil, err
	}
	if shape := x.Shape(); len(shape) != 2 || shape[1] != c.dim {
		return nil, errors.Errorf("continuous normalizing flow of %v, expected (batch, %d)", shape, c.dim)
	}
	start, err := ops.Augment(x, 1, nil)
	if err != nil {
		return nil, err
	}
	return solution(s, c.Solver, start)
}

// Split returns the two parts of what Forward adds: z (batch, dim) and Δ (batch, 1).
func (c *CNF) Split(y *gorgonia.Node) (z, delta *gorgonia.Node, err error) {
	if y == nil || len(y.Shape()) != 2 || y.Shape()[1] != c.dim+1 {
		return nil, nil, errors.Errorf("parts of %v, expected (batch, %d)", shapeOf(y), c.dim+1)
	}
	rows := y.Shape()[0]
	if z, err = ops.Block(y, 0, rows, 0, c.dim); err != nil {
		return nil, nil, err
	}
	delta, err = ops.Block(y, 0, rows, c.dim, c.dim+1)
	return z, delta, err
}

// SetSeed draws the probes of the estimator anew, for the evaluations to come: one
// seed for each iteration of a training. It must not be called within one.
func (c *CNF) SetSeed(seed uint64) { c.divergence.SetSeed(seed) }

// SetFirstRow says with which row of a larger batch the batches to come begin, of which
// they are a part: their rows have the probes that they have in the whole.
func (c *CNF) SetFirstRow(row int) { c.divergence.SetFirstRow(row) }

// LogDensity returns log p of the rows of x (batch, dim), in nats, by the exact trace.
func (c *CNF) LogDensity(x gorgonia.Value) ([]float64, error) {
	if err := c.fits(x); err != nil {
		return nil, err
	}
	rows := x.Shape()[0]
	start := value.New(x.Dtype(), rows, c.dim+1)
	from, y := value.Float64s(x), make([]float64, rows*(c.dim+1))
	for i := range rows {
		copy(y[i*(c.dim+1):], from[i*c.dim:(i+1)*c.dim])
	}
	value.SetFloat64s(start, y)
	sol, err := c.Density.Predict(start)
	if err != nil {
		return nil, err
	}
	end, log := value.Float64s(sol.Z), make([]float64, rows)
	for i := range log {
		row := end[i*(c.dim+1) : (i+1)*(c.dim+1)]
		log[i] = -row[c.dim] - float64(c.dim)/2*math.Log(2*math.Pi)
		for _, z := range row[:c.dim] {
			log[i] -= z * z / 2
		}
	}
	return log, nil
}

// Sample returns the data (batch, dim) of latents z (batch, dim), which are to be
// standard normal, by solving backwards.
func (c *CNF) Sample(z gorgonia.Value) (gorgonia.Value, error) {
	if err := c.fits(z); err != nil {
		return nil, err
	}
	sol, err := c.Sampler.Predict(z)
	if err != nil {
		return nil, err
	}
	return sol.Z, nil
}

// Trajectory returns the states of data x (batch, dim) at times within [t0, t1], in
// order, stacked (len(times)·batch, dim).
func (c *CNF) Trajectory(x gorgonia.Value, times []float64) (gorgonia.Value, error) {
	if err := c.fits(x); err != nil {
		return nil, err
	}
	if len(times) == 0 {
		return nil, errors.New("trajectory at no times, expected some")
	}
	s, err := c.states(c.t0, c.t1, times)
	if err != nil {
		return nil, err
	}
	sol, err := s.Predict(x)
	if err != nil {
		return nil, err
	}
	return sol.Z, nil
}

// fits fails unless x is a matrix (batch, dim).
func (c *CNF) fits(x gorgonia.Value) error {
	if err := value.Check(x); err != nil {
		return errors.Wrap(err, "continuous normalizing flow")
	}
	if shape := x.Shape(); len(shape) != 2 || shape[1] != c.dim {
		return errors.Errorf("continuous normalizing flow of %v, expected (batch, %d)", shape, c.dim)
	}
	return nil
}

package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// stepBuilder adds one step, from time t on over h, to a graph, or what else is
// evaluated within it. Stages are at t + c·h.
type stepBuilder struct {
	solver       *Solver
	scope        *graph.Scope
	t, h         *gorgonia.Node // clock and size of the step; no size for what is evaluated at t
	noise        gorgonia.Nodes // the matrices of traits.noise
	regularizers []Regularizer  // regularizers whose terms are wanted
}

// at returns the scope of what is evaluated at t + c·h, a time of type dt.
func (b *stepBuilder) at(c float64, dt tensor.Dtype) (*graph.Scope, error) {
	t, err := ops.StageTime(b.t, b.h, c, dt)
	if err != nil {
		return nil, err
	}
	return b.scope.At(t), nil
}

// drift adds f(z, t + c·h).
func (b *stepBuilder) drift(z *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	return b.evaluate(0, z, c)
}

// diffusion adds g(z, t + c·h).
func (b *stepBuilder) diffusion(z *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	return b.evaluate(1, z, c)
}

// evaluate adds the value of the i-th field of the equation at (z, t + c·h).
func (b *stepBuilder) evaluate(i int, z *gorgonia.Node, c float64) (*gorgonia.Node, error) {
	now, err := b.at(c, z.Dtype())
	if err != nil {
		return nil, err
	}
	return b.evaluateIn(now, i, z)
}

// evaluateIn adds the value of the i-th field of the equation at z and the time of a
// scope.
func (b *stepBuilder) evaluateIn(now *graph.Scope, i int, z *gorgonia.Node) (*gorgonia.Node, error) {
	field := b.solver.equation.fields()[i]
	y, err := field.f(now, z)
	b.solver.timed = b.solver.timed || now.Timed()
	if err != nil {
		return nil, errors.Wrap(err, field.name)
	}
	if i == 1 {
		return y, b.solver.equation.fitsNoise(z, y)
	}
	return y, fits(field.name, z, y)
}

// fieldAndIntegrands adds f and the integrands of the integrals that are wanted at
// (z, t + c·h).
func (b *stepBuilder) fieldAndIntegrands(z *gorgonia.Node, c float64) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
	now, err := b.at(c, z.Dtype())
	if err != nil {
		return nil, nil, err
	}
	k, g, err = b.solver.settings.Integrand(now, z)
	b.solver.timed = b.solver.timed || now.Timed()
	if err != nil {
		return nil, nil, errors.Wrap(err, "integrand")
	}
	if err := fits("dynamics of the integrand", z, k); err != nil {
		return nil, nil, err
	}
	g, err = choose(b.solver.integrals, g, z, b.perRow())
	return k, g, err
}

// firstStage adds the right-hand sides at (z, t), and the integrands if they are
// asked for.
func (b *stepBuilder) firstStage(z *gorgonia.Node, integrands bool) (fields, g gorgonia.Nodes, err error) {
	if integrands {
		k1, g, err := b.fieldAndIntegrands(z, 0)
		return gorgonia.Nodes{k1}, g, err
	}
	for i := range b.solver.equation.fields() {
		y, err := b.evaluate(i, z, 0)
		if err != nil {
			return nil, nil, err
		}
		fields = append(fields, y)
	}
	return fields, nil, b.checkAdditive(z, fields)
}

// checkAdditive fails if noise that is said to be additive depends on the state.
func (b *stepBuilder) checkAdditive(z *gorgonia.Node, fields gorgonia.Nodes) error {
	if len(fields) < 2 || b.solver.equation.Form != Additive {
		return nil
	}
	switch depends, err := b.scope.Depends(fields[1], z); {
	case err != nil:
		return errors.Wrap(err, "diffusion")
	case depends:
		return errors.New("the diffusion of additive noise is computed from the state, expected one of the time alone")
	}
	return nil
}

// columns adds what each process drives the entries (batch, dim) of a state by, all of
// them at once where every entry has a process of its own.
func (b *stepBuilder) columns(g *gorgonia.Node, dim int) (gorgonia.Nodes, error) {
	e := &b.solver.equation
	m := e.processes(dim)
	if e.elementwise() || m == 1 {
		return gorgonia.Nodes{g}, nil
	}
	columns := make(gorgonia.Nodes, m)
	for j := range columns {
		pick, err := b.ones(g, m, j, m)
		if err != nil {
			return nil, err
		}
		if columns[j], err = ops.NoiseProduct(nil, []ops.NoiseFactor{{X: g, Noise: []float64{1}}}, gorgonia.Nodes{pick}); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// spread adds |x| + 3 Σ|g| for diffusions g, over all of their processes.
func (b *stepBuilder) spread(x *gorgonia.Node, g ...*gorgonia.Node) (*gorgonia.Node, error) {
	parts, weights := gorgonia.Nodes{x}, []float64{1}
	for _, d := range g {
		columns, err := b.columns(d, x.Shape()[1])
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			parts, weights = append(parts, c), append(weights, deviations)
		}
	}
	return ops.AbsSum(parts, weights)
}

// deviations is how many standard deviations of the noise count as its slope.
const deviations = 3

// slopeNorm adds the scaled norm of the slope: RMS(f/sk) or RMS((|f| + 3|g|)/sk).
func (b *stepBuilder) slopeNorm(z *gorgonia.Node, fields gorgonia.Nodes) (*gorgonia.Node, error) {
	if len(fields) == 1 {
		return b.scaledNorm(fields[0], nil, z)
	}
	x, err := b.spread(fields[0], fields[1])
	if err != nil {
		return nil, err
	}
	return b.scaledNorm(x, nil, z)
}

// probe adds a step of Euler's method without noise from z, where the fields are
// given, and the scaled norm by which the slope changes over it: RMS((f1 - f0)/sk)
// or RMS((|f1 - f0| + 3|g0| + 3|g1|)/sk).
func (b *stepBuilder) probe(z *gorgonia.Node, fields gorgonia.Nodes) (change *gorgonia.Node, err error) {
	f0 := fields[0]
	z1, err := advance(z, b.h, gorgonia.Nodes{f0}, []float64{1})
	if err != nil {
		return nil, err
	}
	f1, err := b.drift(z1, 1)
	if err != nil {
		return nil, err
	}
	if len(fields) == 1 {
		return b.scaledNorm(f1, f0, z)
	}
	g1, err := b.diffusion(z1, 1)
	if err != nil {
		return nil, err
	}
	difference, err := ops.LinComb([]ops.Term{{X: f1, C: 1}, {X: f0, C: -1}}, nil, nil)
	if err != nil {
		return nil, err
	}
	x, err := b.spread(difference, fields[1], g1)
	if err != nil {
		return nil, err
	}
	return b.scaledNorm(x, nil, z)
}

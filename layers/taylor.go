package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// A Taylor is a layer that can expand its result along a curve, given the
// expansion of its argument: it propagates Taylor coefficients, in Gorgonia's
// nodes and so differentiably. All layers of this package that are smooth and
// can serve in dynamics do, but for GroupNorm, ConcatSquash, Componentwise, InContext and
// OfTime.
type Taylor interface {
	Layer
	// Series starts an expansion. The error says why there is none, and wraps
	// ErrNoSeries.
	Series() (Series, error)
}

// A Series expands y(t) = f(x(t), t) for a layer f about one time, derivative by
// derivative: its k-th call, k = 0, 1, …, takes x⁽ᵏ⁾ (batch, in) and returns y⁽ᵏ⁾
// (batch, out), for which it remembers what it needs of the calls before. These
// are derivatives with respect to t, k! times the Taylor coefficients, which
// makes dz/dt = f(z, t) mean z⁽ᵏ⁺¹⁾ = y⁽ᵏ⁾. The first call adds the nodes that the
// layer's Forward adds. Calls belong to one graph.
//
// A layer that depends on time takes it from s.Time; its derivatives are 1, 0,
// 0, ….
type Series func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error)

// ErrNoSeries is the cause of errors about layers that cannot propagate Taylor
// coefficients.
var ErrNoSeries = errors.New("cannot propagate Taylor coefficients")

// Expand starts an expansion of a layer. The error, which wraps ErrNoSeries,
// names a layer that has none.
func Expand(l Layer) (Series, error) {
	if l == nil {
		return nil, errors.Wrap(ErrNoSeries, "layer is nil")
	}
	if t, ok := l.(Taylor); ok {
		return t.Series()
	}
	return nil, errors.Wrapf(ErrNoSeries, "%T", l)
}

// Series expands the layers one after the other. An error names the position of
// a layer.
func (c Chain) Series() (Series, error) {
	all := make([]Series, len(c))
	for i, l := range c {
		var err error
		if all[i], err = Expand(l); err != nil {
			return nil, errors.Wrapf(err, "layer %d of the chain", i+1)
		}
	}
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		for i, next := range all {
			y, err := next(s, x)
			if err != nil {
				return nil, errors.Wrapf(err, "layer %d of the chain, on %v", i+1, x.Shape())
			}
			x = y
		}
		return x, nil
	}, nil
}

// TaylorIntegrand returns the integrand of the regularizer of Kelly et al.,
// "Learning Differential Equations that are Easy to Solve" (NeurIPS 2020),
//
//	R_K = ∫ mean ( z⁽ᴷ⁾ )² dt        (Eq. 10 of the paper)
//
// for the dynamics dz/dt = f(z, t) of a NeuralODE and K = order ≥ 1. The mean is
// over the entries of the state and the batch, with steps per row over those of each
// row, z⁽ᴷ⁾ the total derivative along the solution; it is the only scalar of the
// integrand. Put it in Settings.Integrand,
// beside the regularizer integrators.Integral. The error, which wraps ErrNoSeries,
// names a layer of f that cannot propagate Taylor coefficients, if K is above 3, see
// Derivatives.
func TaylorIntegrand(f Layer, order int) (integrators.Integrand, error) {
	if order < 1 {
		return nil, errors.Errorf("Taylor regularizer of order %d, expected at least 1", order)
	}
	if _, err := Expand(f); f == nil || err != nil && order > maxProducts {
		return nil, errors.Wrapf(err, "Taylor regularizer of order %d", order)
	}
	return func(s *graph.Scope, z *gorgonia.Node) (k *gorgonia.Node, g gorgonia.Nodes, err error) {
		d, err := Derivatives(s, f, z, order)
		if err != nil {
			return nil, nil, err
		}
		r, err := meanSquare(s, d[order-1])
		return d[0], gorgonia.Nodes{r}, err
	}, nil
}

// Derivatives adds the total derivatives z⁽¹⁾, …, z⁽ᴷ⁾ of the solution of
// dz/dt = f(z, t) that passes through z (batch, dim) at the time of s, for K =
// order. The cost is K evaluations of f, but for terms by element that grow with
// K². Of a layer that cannot propagate Taylor coefficients they are products with
// Jacobians, z⁽ᵏ⁺¹⁾ = ∂z⁽ᵏ⁾/∂z·f + ∂z⁽ᵏ⁾/∂t, whose cost grows with 2ᴷ, up to K = 3;
// an operation in it without a second derivative is an error that names it.
func Derivatives(s *graph.Scope, f Layer, z *gorgonia.Node, order int) (gorgonia.Nodes, error) {
	if err := given("derivatives along a solution", s, "z", z); err != nil {
		return nil, err
	}
	if order < 1 {
		return nil, errors.Errorf("%d derivatives along a solution, expected at least one", order)
	}
	next, err := Expand(f)
	if err != nil {
		if f == nil || order > maxProducts {
			return nil, err
		}
		return derivativesByProducts(s, f, z, order)
	}
	var d gorgonia.Nodes
	x := z
	for k := range order {
		if x, err = next(s, x); err != nil {
			return nil, errors.Wrapf(err, "derivative %d", k+1)
		}
		if !x.Shape().Eq(z.Shape()) {
			return nil, errors.Errorf("the dynamics map %v to %v, expected the same shape", z.Shape(), x.Shape())
		}
		d = append(d, x)
	}
	return d, nil
}

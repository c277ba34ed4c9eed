package integrators

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// linearize adds f(z, t), its Jacobian by z (batch, dim·dim), column after column, and
// its derivative by t (batch, dim), nil where f does not ask for the time. They are
// expressions like any other, so that the gradient of a step has the second
// derivatives of f in it: the error estimate cancels to a high order, and with a
// constant in place of the Jacobian its gradient is wrong by orders of magnitude.
func (b *stepBuilder) linearize(z *gorgonia.Node) (k, jacobian, rate *gorgonia.Node, err error) {
	now, err := b.at(0, z.Dtype())
	if err != nil {
		return nil, nil, nil, err
	}
	if k, err = b.evaluateIn(now, 0, z); err != nil {
		return nil, nil, nil, err
	}
	if jacobian, err = b.jacobian(k, z); err != nil || !now.Timed() {
		return k, jacobian, nil, errors.Wrap(err, "Jacobian of the dynamics")
	}
	t, err := now.Time()
	if err != nil {
		return nil, nil, nil, err
	}
	ones := value.New(t.Dtype(), t.Shape()...)
	value.SetFloat64s(ones, slices.Repeat([]float64{1}, t.Shape().TotalSize()))
	dt, err := b.scope.Data(ones)
	if err != nil {
		return nil, nil, nil, err
	}
	rate, err = b.scope.JVP(k, gorgonia.Nodes{t}, gorgonia.Nodes{dt})
	return k, jacobian, rate, errors.Wrap(err, "derivative of the dynamics by the time")
}

// jacobian adds ∂k/∂z, one product with a unit vector for each column.
func (b *stepBuilder) jacobian(k, z *gorgonia.Node) (*gorgonia.Node, error) {
	along, err := b.scope.Linearize(k, z)
	if err != nil {
		return nil, err
	}
	dim := z.Shape()[1]
	columns := make([]*gorgonia.Node, dim)
	for j := range columns {
		direction, err := b.ones(z, dim, j, dim)
		if err != nil {
			return nil, err
		}
		if columns[j], err = along(direction); err != nil {
			return nil, err
		}
	}
	return ops.Beside(columns...)
}

// ones adds unitRows.
func (b *stepBuilder) ones(z *gorgonia.Node, n, from, step int) (*gorgonia.Node, error) {
	return unitRows(b.scope, z, n, from, step)
}

// unitRows adds a matrix of as many rows as z and of n columns, which is one in the
// column from and every step further ones, and else zero.
func unitRows(s *graph.Scope, z *gorgonia.Node, n, from, step int) (*gorgonia.Node, error) {
	batch := z.Shape()[0]
	x := make([]float64, batch*n)
	for i := range batch {
		for j := from; j < n; j += step {
			x[i*n+j] = 1
		}
	}
	v := value.New(z.Dtype(), batch, n)
	value.SetFloat64s(v, x)
	return s.Data(v)
}

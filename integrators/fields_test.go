package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// expr composes stock operations and keeps the first error.
type expr struct {
	s   *graph.Scope
	err error
}

func (e *expr) node(n *gorgonia.Node, err error) *gorgonia.Node {
	if e.err == nil {
		e.err = err
	}
	return n
}

// do applies f unless an error came before.
func (e *expr) do(f func() (*gorgonia.Node, error)) *gorgonia.Node {
	if e.err != nil {
		return nil
	}
	return e.node(f())
}

func (e *expr) mul(a, b *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.HadamardProd(a, b) })
}

func (e *expr) add(a, b *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Add(a, b) })
}

func (e *expr) scale(c float64, a *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(gorgonia.NewConstant(c), a) })
}

func (e *expr) shift(c float64, a *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Add(a, gorgonia.NewConstant(c)) })
}

// column returns column j of z (1, 2) as a (1, 1) matrix.
func (e *expr) column(z *gorgonia.Node, j int) *gorgonia.Node {
	pick := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(2, 1))
	pick.Float64s()[j] = 1
	return e.do(func() (*gorgonia.Node, error) {
		p, err := e.s.Data(pick)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(z, p)
	})
}

func (e *expr) pair(a, b *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Concat(1, a, b) })
}

func spiralField(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	c := e.mul(z, e.mul(z, z))
	x, y := e.column(c, 0), e.column(c, 1)
	n := e.pair(e.add(e.scale(-0.1, x), e.scale(-2, y)), e.add(e.scale(2, x), e.scale(-0.1, y)))
	return n, e.err
}

func decayField(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Neg(z) }

func vdpField(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	x, y := e.column(z, 0), e.column(z, 1)
	dy := e.add(e.scale(5, e.mul(e.shift(1, e.scale(-1, e.mul(x, x))), y)), e.scale(-1, x))
	n := e.pair(y, dy)
	return n, e.err
}

func pulseField(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	u := e.scale(100, e.shift(-0.5, e.do(s.Time)))
	p := e.mul(u, u)
	p = e.do(func() (*gorgonia.Node, error) { return gorgonia.Neg(p) })
	p = e.scale(10, e.do(func() (*gorgonia.Node, error) { return gorgonia.Exp(p) }))
	n := e.add(e.do(func() (*gorgonia.Node, error) { return gorgonia.Neg(z) }), p)
	return n, e.err
}

func stiffField(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	c := e.do(s.Time)
	c = e.do(func() (*gorgonia.Node, error) { return gorgonia.Cos(c) })
	n := e.scale(-50, e.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(z, c) }))
	return n, e.err
}

// row returns the state (1, len(x)).
func row(x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(append([]float64(nil), x...)))
}

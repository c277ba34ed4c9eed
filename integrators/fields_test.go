package integrators

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// expr composes operations, stock ones but for columns, and keeps the first error.
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
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(constant(c, a), a) })
}

func (e *expr) shift(c float64, a *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return gorgonia.Add(a, constant(c, a)) })
}

// constant returns the constant c of the element type of a.
func constant(c float64, a *gorgonia.Node) *gorgonia.Node {
	if a.Dtype() == tensor.Float32 {
		return gorgonia.NewConstant(float32(c))
	}
	return gorgonia.NewConstant(c)
}

// apply applies a stock operation of one argument.
func (e *expr) apply(f func(*gorgonia.Node) (*gorgonia.Node, error), a *gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return f(a) })
}

// column returns column j of z (1, dim) as a (1, 1) matrix.
func (e *expr) column(z *gorgonia.Node, j int) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) {
		pick := tensor.New(tensor.Of(z.Dtype()), tensor.WithShape(z.Shape()[1], 1))
		value.SetFloat64s(pick, unit(z.Shape()[1], j))
		p, err := e.s.Data(pick)
		if err != nil {
			return nil, err
		}
		return gorgonia.Mul(z, p)
	})
}

// unit returns the j-th of n unit vectors.
func unit(n, j int) []float64 {
	x := make([]float64, n)
	x[j] = 1
	return x
}

// columns returns the matrix of the given columns.
func (e *expr) columns(c ...*gorgonia.Node) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) { return ops.Beside(c...) })
}

func (e *expr) pair(a, b *gorgonia.Node) *gorgonia.Node { return e.columns(a, b) }

// vectorField is the right-hand side of a problem in Gorgonia's own operations.
type vectorField func(e *expr, z *gorgonia.Node) *gorgonia.Node

// dynamics returns the field as an ODE takes it.
func (f vectorField) dynamics(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
	e := &expr{s: s}
	n := f(e, z)
	return n, e.err
}

// The fields of problems.All, by name.
var fields = map[string]vectorField{
	"decay":  func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(-1, z) },
	"growth": func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.mul(z, e.apply(gorgonia.Cos, e.do(e.s.Time))) },
	"rotation": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.pair(e.scale(-1, e.column(z, 1)), e.column(z, 0))
	},
	"logistic": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.scale(2, e.mul(z, e.shift(1, e.scale(-1, z))))
	},
	"lorentzian": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.mul(e.scale(-2, e.mul(z, z)), e.do(e.s.Time))
	},
	"lotka-volterra": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		prey, predators := e.column(z, 0), e.column(z, 1)
		meet := e.mul(prey, predators)
		return e.pair(e.add(e.scale(1.5, prey), e.scale(-1, meet)), e.add(e.scale(-3, predators), meet))
	},
	"kepler": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		x, y := e.column(z, 0), e.column(z, 1)
		r := e.apply(gorgonia.Sqrt, e.add(e.mul(x, x), e.mul(y, y)))
		pull := e.apply(gorgonia.Inverse, e.mul(r, e.mul(r, r)))
		return e.columns(e.column(z, 2), e.column(z, 3), e.scale(-1, e.mul(x, pull)), e.scale(-1, e.mul(y, pull)))
	},
	"van der pol": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		x, y := e.column(z, 0), e.column(z, 1)
		return e.pair(y, e.add(e.scale(5, e.mul(e.shift(1, e.scale(-1, e.mul(x, x))), y)), e.scale(-1, x)))
	},
	"spiral": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		c := e.mul(z, e.mul(z, z))
		x, y := e.column(c, 0), e.column(c, 1)
		return e.pair(e.add(e.scale(-0.1, x), e.scale(-2, y)), e.add(e.scale(2, x), e.scale(-0.1, y)))
	},
	"pulse": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		u := e.scale(100, e.shift(-0.5, e.do(e.s.Time)))
		kick := e.scale(10, e.apply(gorgonia.Exp, e.scale(-1, e.mul(u, u))))
		return e.add(e.scale(-1, z), kick)
	},
	"stiff cosine": func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		c := e.apply(gorgonia.Cos, e.do(e.s.Time))
		return e.scale(-50, e.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(z, c) }))
	},
}

// TestFieldsAreTheProblems evaluates both forms of every right-hand side.
func TestFieldsAreTheProblems(t *testing.T) {
	for _, p := range problems.All() {
		want := make([]float64, len(p.Y0))
		for _, at := range []float64{p.T0 + 0.1, p.T0 + 0.4987, p.T1} {
			z := append([]float64(nil), p.Y0...)
			floats.AddConst(0.3, z)
			p.F(at, z, want)
			f := fields[p.Name].dynamics
			k := valueOf(t, f, row(z...), at)
			if !floats.EqualApprox(k, want, 1e-12*(1+floats.Norm(want, 2))) {
				t.Errorf("%s: field %v at t = %v, expected %v", p.Name, k, at, want)
			}
		}
	}
}

// valueOf evaluates dynamics once.
func valueOf(t *testing.T, f Dynamics, z *tensor.Dense, at float64) []float64 {
	t.Helper()
	o, err := NewSolver(Equation{Drift: f, T0: at, T1: at + 1}, Tsit5, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := o.compiledFor(z, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := s.newSolve(z, nil, false)
	defer r.Release()
	r.segment = segment{start: at, end: at + 1}
	if err := r.startSegment(); err != nil {
		t.Fatal(err)
	}
	return value.Float64s(r.from.k1)
}

// newODE returns a solver of p without parameters.
func newODE(t testing.TB, m *Tableau, p problems.Problem, set *Settings) *Solver {
	t.Helper()
	o, err := NewSolver(Equation{Drift: fields[p.Name].dynamics, T0: p.T0, T1: p.T1}, m, set)
	if err != nil {
		t.Fatalf("%s, %s: %v", m.Name, p.Name, err)
	}
	return o
}

// predict solves from the initial value of p.
func predict(t testing.TB, m *Tableau, p problems.Problem, set *Settings) *Solution {
	t.Helper()
	sol, err := newODE(t, m, p, set).Predict(row(p.Y0...))
	if err != nil {
		t.Fatalf("%s, %s: %v", m.Name, p.Name, err)
	}
	return sol
}

// row returns the state (1, len(x)).
func row(x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(append([]float64(nil), x...)))
}

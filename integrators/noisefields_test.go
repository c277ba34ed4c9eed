package integrators

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// noisyEquation is an equation with noise of some form.
type noisyEquation struct {
	form      NoiseForm
	processes int
	f, g      vectorField
}

func (q noisyEquation) equation(c Calculus, t0, t1 float64, noise *Noise) Equation {
	return Equation{Drift: q.f.dynamics, Diffusion: q.g.dynamics, Form: q.form, Processes: q.processes, Calculus: c, T0: t0, T1: t1, Noise: noise}
}

// solver returns one by the method, in its sense.
func (q noisyEquation) solver(t testing.TB, m Method, t0, t1 float64, noise *Noise, set *Settings) *Solver {
	t.Helper()
	s, err := NewSolver(q.equation(m.traits().calculus, t0, t1, noise), m, set)
	if err != nil {
		t.Fatalf("%s: %v", m.traits().name, err)
	}
	return s
}

// same is a column of as many rows as z that are c, and no function of it.
func (e *expr) same(z *gorgonia.Node, c float64) *gorgonia.Node {
	return e.do(func() (*gorgonia.Node, error) {
		v := value.New(z.Dtype(), z.Shape()[0], 1)
		x := value.Float64s(v)
		for i := range x {
			x[i] = c
		}
		value.SetFloat64s(v, x)
		return e.s.Data(v)
	})
}

// The equations of the golden steps: two entries, their drift, and noise that is
// additive, diagonal or general. The first two are also written as matrices.
var (
	goldenDrift vectorField = func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		a, b, at := e.column(z, 0), e.column(z, 1), e.do(e.s.Time)
		return e.pair(
			e.add(e.add(e.scale(-1, a), e.apply(gorgonia.Sin, b)), at),
			e.add(e.mul(a, b), e.scale(-1, e.mul(e.mul(b, b), at))))
	}
	additiveEntries = func(e *expr, z *gorgonia.Node) (a, b *gorgonia.Node) {
		at := e.do(e.s.Time)
		return e.mul(e.same(z, 0.3), e.apply(gorgonia.Cos, at)), e.add(e.same(z, 0.2), e.mul(e.same(z, 0.1), at))
	}
	diagonalEntries = func(e *expr, z *gorgonia.Node) (a, b *gorgonia.Node) {
		root := func(x *gorgonia.Node) *gorgonia.Node {
			return e.mul(e.apply(gorgonia.Sqrt, e.shift(1, e.mul(x, x))), e.shift(0.4, e.scale(0.04, e.do(e.s.Time))))
		}
		return root(e.column(z, 0)), root(e.column(z, 1))
	}

	additiveNoise  = noisyEquation{Additive, 0, goldenDrift, func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.pair(additiveEntries(e, z)) }}
	additiveMatrix = noisyEquation{Additive, 2, goldenDrift, func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		a, b := additiveEntries(e, z)
		return e.columns(a, e.same(z, 0), e.same(z, 0), b)
	}}
	diagonalNoise  = noisyEquation{Commutative, 0, goldenDrift, func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.pair(diagonalEntries(e, z)) }}
	diagonalMatrix = noisyEquation{Commutative, 2, goldenDrift, func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		a, b := diagonalEntries(e, z)
		return e.columns(a, e.same(z, 0), e.same(z, 0), b)
	}}
	generalNoise = noisyEquation{General, 2, goldenDrift, func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		a, b := e.column(z, 0), e.column(z, 1)
		return e.columns(e.shift(0.1, e.scale(0.3, a)), e.scale(0.2, b),
			e.scale(0.1, e.apply(gorgonia.Cos, a)), e.add(e.scale(0.4, b), e.scale(0.1, e.mul(e.same(z, 1), e.do(e.s.Time)))))
	}}
)

// as returns the equation with its noise declared to be of another form.
func (q noisyEquation) as(f NoiseForm) noisyEquation {
	q.form = f
	return q
}

// wh is the increment over an interval of which W and H are known, as Noise has it.
func wh(length float64, w, h []float64) Increment {
	z := make([]float64, len(h))
	for i, x := range h {
		z[i] = 2 * math.Sqrt(3) * x
	}
	return Increment{Length: length, DW: w, DZ: z}
}

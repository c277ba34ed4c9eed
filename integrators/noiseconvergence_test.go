package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// noisyProblem is an equation over [0, 1] in either sense, from a state.
type noisyProblem struct {
	noisyEquation
	ito, strat vectorField // drifts
	y0         []float64
	// exact computes the end from that of W. Without it the end is that of the
	// reference in many steps.
	exact     func(w, y []float64)
	reference Method
}

// in returns the equation of the problem in a sense.
func (p noisyProblem) in(c Calculus) noisyEquation {
	q := p.noisyEquation
	if q.f = p.ito; c == Stratonovich {
		q.f = p.strat
	}
	return q
}

func (p noisyProblem) solve(t testing.TB, m Method, paths, steps int, noise *Noise) []float64 {
	t.Helper()
	var z0 []float64
	for range paths {
		z0 = append(z0, p.y0...)
	}
	o := p.in(m.traits().calculus).solver(t, m, 0, 1, noise, &Settings{FixedSteps: steps})
	return value.Float64s(predictFrom(t, o, rows(paths, z0...)).Z)
}

// ends returns the exact ends of paths, or those of the reference.
func (p noisyProblem) ends(t testing.TB, paths, fine int, noise *Noise) []float64 {
	t.Helper()
	if p.exact == nil {
		return p.solve(t, p.reference, paths, fine, noise)
	}
	dim := len(p.y0)
	e := p.equation(Ito, 0, 1, noise)
	m := e.processes(dim)
	b := startBrownian(t, paths, m, false, noise, 0, 1)
	b.prepare(1)
	y := make([]float64, paths*dim)
	for r := range paths {
		p.exact(b.dW()[r*m:(r+1)*m], y[r*dim:(r+1)*dim])
	}
	return y
}

// rest is 1 - z².
func rest(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.shift(1, e.scale(-1, e.mul(z, z))) }

// linear is the field z·A, of which row i is what entry i is multiplied by.
func linearField(a [][]float64) vectorField {
	return func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		return e.do(func() (*gorgonia.Node, error) {
			v := value.New(z.Dtype(), len(a), len(a[0]))
			var x []float64
			for _, row := range a {
				x = append(x, row...)
			}
			value.SetFloat64s(v, x)
			n, err := e.s.Data(v)
			if err != nil {
				return nil, err
			}
			return gorgonia.Mul(z, n)
		})
	}
}

var (
	nonlinearAdditive = noisyProblem{
		noisyEquation: noisyEquation{form: Additive, g: func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.add(e.same(z, 0.5), e.mul(e.same(z, 0.3), e.apply(gorgonia.Cos, e.scale(2, e.do(e.s.Time)))))
		}},
		ito: additiveDrift, strat: additiveDrift, y0: []float64{0.5}, reference: SRA1,
	}
	geometric = noisyProblem{
		noisyEquation: noisyEquation{form: Scalar, g: scaled(0.7)},
		ito:           scaled(0.5), strat: scaled(0.5 - 0.7*0.7/2), y0: []float64{1},
		exact: func(w, y []float64) { y[0] = math.Exp(0.5 - 0.7*0.7/2 + 0.7*w[0]) },
	}
	cubicNoise = noisyProblem{
		noisyEquation: noisyEquation{form: Commutative, g: func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(0.5, rest(e, z)) }},
		ito:           func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(-0.25, e.mul(z, rest(e, z))) },
		strat:         scaled(0), y0: []float64{0.5},
		exact: func(w, y []float64) { x := 1.5 * math.Exp(w[0]); y[0] = (x - 0.5) / (x + 0.5) },
	}
	commutativePair = noisyProblem{
		noisyEquation: noisyEquation{form: Commutative, processes: 2, g: linearField([][]float64{{0.4, 0.3, 0, 0}, {0, 0, -0.2, 0.5}})},
		ito:           linearField([][]float64{{0.3, 0}, {0, -0.2}}),
		strat:         linearField([][]float64{{0.3 - 0.125, 0}, {0, -0.2 - 0.145}}), y0: []float64{1, 1},
		exact: func(w, y []float64) {
			y[0] = math.Exp(0.3 - 0.125 + 0.4*w[0] + 0.3*w[1])
			y[1] = math.Exp(-0.2 - 0.145 - 0.2*w[0] + 0.5*w[1])
		},
	}
	// One process for two entries, by a matrix that does not commute with that of the drift.
	scalarPair = noisyProblem{
		noisyEquation: noisyEquation{form: Scalar, g: linearField([][]float64{{0.5, 0.4}, {-0.3, 0.2}})},
		ito:           linearField([][]float64{{-0.5, 1}, {-1, 0.3}}),
		strat:         linearField([][]float64{{-0.5 - 0.5*(0.25-0.12), 1 - 0.5*0.28}, {-1 + 0.5*0.21, 0.3 - 0.5*(-0.12+0.04)}}),
		y0:            []float64{1, 0.5}, reference: SOSRI,
	}
	// dX1 = dW1, dX2 = X1 dW2, in both senses.
	iteratedIntegral = noisyProblem{
		noisyEquation: noisyEquation{form: General, processes: 2, g: func(e *expr, z *gorgonia.Node) *gorgonia.Node {
			return e.columns(e.same(z, 1), e.same(z, 0), e.same(z, 0), e.column(z, 0))
		}},
		ito: scaled(0), strat: scaled(0), y0: []float64{0, 0}, reference: StratonovichHeun,
	}
	// dX = B1 X∘dW1 + B2 X∘dW2, rotations about two axes.
	rotations = noisyProblem{
		noisyEquation: noisyEquation{form: General, processes: 2, g: linearField([][]float64{
			{0, 0, 1, 0, 0, 0},
			{-1, 0, 0, 0, 0, 0.8},
			{0, 0, 0, -0.8, 0, 0},
		})},
		ito:   linearField([][]float64{{-0.5, 0, 0}, {0, -0.5 - 0.32, 0}, {0, 0, -0.32}}),
		strat: scaled(0), y0: []float64{0.6, 0, 0.8}, reference: StratonovichHeun,
	}
)

func additiveDrift(e *expr, z *gorgonia.Node) *gorgonia.Node {
	return e.add(wells(e, z), e.apply(gorgonia.Sin, e.do(e.s.Time)))
}

// TestNoiseConvergence regresses the error of every method on the size of its steps,
// over paths that all sizes share, and compares the slope with that of an independent
// implementation. Without the area of two processes none has more than order 1/2 where
// they do not commute; rotations have not settled there. Paths of another seed give
// slopes that differ by 0.05 or so.
func TestNoiseConvergence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, band = 200, 0.15
	for _, tt := range []struct {
		name   string
		p      noisyProblem
		slopes map[Method]float64
	}{
		{"nonlinear additive", nonlinearAdditive, map[Method]float64{
			EulerMaruyama: 1.03, StratonovichHeun: 1.02, SRA1: 1.59, SOSRA: 1.66, SOSRA2: 1.61, SPaRK: 1.59, SlowRK: 1.64, GeneralShARK: 1.7, EulerHeun: 1, StratonovichMilstein: 1, LambaEulerHeun: 1.02}},
		{"geometric Brownian motion", geometric, map[Method]float64{
			EulerMaruyama: 0.49, Milstein: 1, StratonovichMilstein: 0.98, EulerHeun: 0.98, StratonovichHeun: 0.96, SPaRK: 0.98, GeneralShARK: 0.97, SlowRK: 1.53, LambaEulerHeun: 0.96, ReversibleHeun: 0.95}},
		{"cubic", cubicNoise, map[Method]float64{
			EulerMaruyama: 0.5, Milstein: 0.93, StratonovichMilstein: 0.94, EulerHeun: 0.97, StratonovichHeun: 0.97, SPaRK: 0.98, GeneralShARK: 0.96, SlowRK: 1.86, ReversibleHeun: 0.94}},
		{"commutative pair", commutativePair, map[Method]float64{
			EulerMaruyama: 0.5, StratonovichMilstein: 1, EulerHeun: 0.99, StratonovichHeun: 0.98, SPaRK: 0.99, GeneralShARK: 0.98, SlowRK: 1.54, ReversibleHeun: 0.97}},
		{"scalar pair", scalarPair, map[Method]float64{
			EulerMaruyama: 0.65, SOSRI: 1.5, SOSRI2: 1.5, SRIW1: 1.5, Milstein: 1, StratonovichMilstein: 1, EulerHeun: 1, StratonovichHeun: 1, SPaRK: 1, SlowRK: 1.5}},
		{"iterated integral", iteratedIntegral, map[Method]float64{
			EulerMaruyama: 0.49, EulerHeun: 0.49, StratonovichHeun: 0.49, SPaRK: 0.5, GeneralShARK: 0.5, ReversibleHeun: 0.49}},
		{"rotations", rotations, map[Method]float64{
			EulerMaruyama: 0.47, EulerHeun: 0.59, StratonovichHeun: 0.59, SPaRK: 0.61, GeneralShARK: 0.72, ReversibleHeun: 0.6, LambaEulerHeun: 0.59}},
	} {
		fine := 128
		if tt.p.exact == nil {
			fine = 1024
		}
		noise := &Noise{Seed: 3, Grid: fine}
		exact := tt.p.ends(t, paths, fine, noise)
		for m, want := range tt.slopes {
			slope := strongSlope(exact, []int{8, 16, 32, 64, 128}, func(n int) []float64 { return tt.p.solve(t, m, paths, n, noise) })
			if !(math.Abs(slope-want) <= band) {
				t.Errorf("%s converges with slope %.2f on %s, expected %v ± %v", m.traits().name, slope, tt.name, want, band)
			}
		}
	}
}

// TestDenseDiagonalDiffusion: a diffusion that is called diagonal and whose entries
// depend on the other entries of the state, as every dense layer does, does not
// commute: the order of a method for commutative noise is 1/2 then, and its error no
// less than that of Euler and Maruyama. With entry i a function of entry i alone it is
// that of the method.
func TestDenseDiagonalDiffusion(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, fine, band = 200, 2048, 0.15
	noise := &Noise{Seed: 8, Grid: fine}
	steps := []int{8, 16, 32, 64, 128, 256}
	for _, tt := range []struct {
		name      string
		g         vectorField
		reference Method
		sosri     float64
	}{
		{"crossed", linearField([][]float64{{0, 0.5}, {0.5, 0}}), EulerMaruyama, 0.5},
		{"by entries", scaled(0.5), SOSRI, 1.62},
	} {
		p := noisyProblem{noisyEquation: noisyEquation{g: tt.g}, ito: scaled(-1), y0: []float64{1, 1}, reference: tt.reference}
		exact := p.ends(t, paths, fine, noise)
		last := map[Method]float64{} // error of the shortest steps
		slope := func(m Method) float64 {
			return strongSlope(exact, steps, func(n int) []float64 {
				z := p.solve(t, m, paths, n, noise)
				last[m] = floats.Distance(z, exact, 1)
				return z
			})
		}
		if got := slope(SOSRI); !(math.Abs(got-tt.sosri) <= band) {
			t.Errorf("%s: SOSRI converges with slope %.2f, expected %v ± %v", tt.name, got, tt.sosri, band)
		}
		slope(EulerMaruyama)
		if crossed := tt.reference == EulerMaruyama; crossed != (last[SOSRI] > 0.8*last[EulerMaruyama]) {
			t.Errorf("%s: error of SOSRI %.2g times that of Euler and Maruyama", tt.name, last[SOSRI]/last[EulerMaruyama])
		}
	}
}

// TestNoiseToleranceOnAPath: tighter tolerances converge on one path, although steps end
// between the times at which it is known and some are rejected.
func TestNoiseToleranceOnAPath(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths, fine = 100, 1024
	noise := &Noise{Seed: 5, Grid: fine}
	for _, tt := range []struct {
		p     noisyProblem
		m     Method
		tols  []float64
		slope float64 // of the error by the number of steps, at least
	}{
		{nonlinearAdditive, SRA1, []float64{0.1, 0.05, 0.02}, 1.4},
		{nonlinearAdditive, SOSRA, []float64{0.1, 0.05, 0.02}, 1.4},
		{nonlinearAdditive, SOSRA2, []float64{0.1, 0.05, 0.02}, 1.4},
		{nonlinearAdditive, SPaRK, []float64{0.005, 0.002, 0.001}, 1.4},
		{commutativePair, SPaRK, []float64{0.005, 0.002, 0.001}, 0.85},
		{commutativePair, StratonovichHeun, []float64{0.02, 0.01, 0.004}, 0.85},
		{commutativePair, ReversibleHeun, []float64{0.02, 0.01, 0.004}, 0.85},
		{commutativePair, LambaEulerHeun, []float64{0.02, 0.01, 0.004}, 0.85},
	} {
		var z0 []float64
		for range paths {
			z0 = append(z0, tt.p.y0...)
		}
		exact := tt.p.ends(t, paths, fine, noise)
		var logSteps, logError []float64
		for _, tol := range tt.tols {
			o := tt.p.in(tt.m.traits().calculus).solver(t, tt.m, 0, 1, noise, &Settings{AbsTol: tol, RelTol: tol, InitialStep: 1})
			sol := predictFrom(t, o, rows(paths, z0...))
			if sol.Rejected == 0 {
				t.Errorf("%v, tolerance %v: no step was rejected", tt.m, tol)
			}
			d := floats.Distance(value.Float64s(sol.Z), exact, 1) / float64(len(exact))
			logSteps, logError = append(logSteps, math.Log(float64(sol.Accepted))), append(logError, math.Log(d))
		}
		if _, slope := stat.LinearRegression(logSteps, logError, nil, false); !(-slope >= tt.slope) {
			t.Errorf("%v converges with slope %.2f in the number of steps, expected %v or more", tt.m, -slope, tt.slope)
		}
	}
}

// TestNoiseOnATree: methods that take ΔW alone and those that take H as well follow one
// path of a virtual Brownian tree, with noise of several processes.
func TestNoiseOnATree(t *testing.T) {
	const paths = 20
	noise := &Noise{Seed: 5, Tree: 1e-4}
	ends := map[Method][]float64{}
	for _, m := range []Method{EulerHeun, StratonovichHeun, SPaRK, ReversibleHeun, LambaEulerHeun} {
		ends[m] = commutativePair.solve(t, m, paths, 64, noise)
	}
	for m, z := range ends {
		if d := floats.Distance(z, ends[SPaRK], 1) / float64(len(z)); d > 0.01 {
			t.Errorf("%v: ends differ by %v from those of SPaRK, on average", m, d)
		}
	}
	other := commutativePair.solve(t, SPaRK, paths, 64, &Noise{Seed: 6, Tree: 1e-4})
	if d := floats.Distance(other, ends[SPaRK], 1) / float64(len(other)); d < 0.1 {
		t.Errorf("ends of another seed differ by %v", d)
	}
}

package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// vanDerPol is van der Pol's oscillator of stiffness mu.
func vanDerPol(mu float64) vectorField {
	return func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		x, y := e.column(z, 0), e.column(z, 1)
		return e.pair(y, e.add(e.scale(mu, e.mul(e.shift(1, e.scale(-1, e.mul(x, x))), y)), e.scale(-1, x)))
	}
}

// nonautonomous is u1' = -2t u1 + u2², u2' = cos(t) u1 - u2.
func nonautonomous(e *expr, z *gorgonia.Node) *gorgonia.Node {
	x, y := e.column(z, 0), e.column(z, 1)
	t := e.do(e.s.Time)
	return e.pair(e.add(e.scale(-2, e.mul(x, t)), e.mul(y, y)), e.add(e.mul(x, e.apply(gorgonia.Cos, t)), e.scale(-1, y)))
}

// robertson is the kinetics of Robertson.
func robertson(e *expr, z *gorgonia.Node) *gorgonia.Node {
	x, y, w := e.column(z, 0), e.column(z, 1), e.column(z, 2)
	first := e.add(e.scale(-0.04, x), e.scale(1e4, e.mul(y, w)))
	third := e.scale(3e7, e.mul(y, y))
	return e.columns(first, e.scale(-1, e.add(first, third)), third)
}

// TestRosenbrockSteps compares single steps with an independent implementation, run
// in 40 digits.
func TestRosenbrockSteps(t *testing.T) {
	for _, tt := range []struct {
		name         string
		f            vectorField
		z0           []float64
		t0, h, tol   float64
		stiffness    float64
		method       *Rosenbrock
		end, at, err []float64 // at 0.3 h, and the error estimate
		e            float64
	}{
		{"spiral", fields["spiral"], []float64{2, 0}, 0, 0.01, 1e-6, 24, Rosenbrock23,
			[]float64{1.9920375702675233, 0.15904543236232113}, []float64{1.997606428868802, 0.04791347413911754},
			[]float64{-1.0006835333215495e-05, -1.0214326383795005e-06}, 2.439563871253614},
		{"spiral", fields["spiral"], []float64{2, 0}, 0, 0.01, 1e-6, 24, Rodas5P,
			[]float64{1.9920275427185035, 0.1590443832883485}, []float64{1.997604147000187, 0.047913758977287925},
			[]float64{-1.4937357540222054e-09, -2.1765738443683414e-09}, 0.0013737610666054573},
		{"van der Pol", vanDerPol(50), []float64{2, 0}, 0, 0.01, 1e-4, 151, Rosenbrock23,
			[]float64{1.999939307899885, -0.010896205683031394}, []float64{1.9999919290608756, -0.004789294413219226},
			[]float64{-4.068742815066873e-06, 0.000610158114526292}, 4.2679755561534325},
		{"van der Pol", vanDerPol(50), []float64{2, 0}, 0, 0.01, 1e-4, 151, Rodas5P,
			[]float64{1.9999357214050144, -0.010358379938563858}, []float64{1.999992222514809, -0.004833374138945774},
			[]float64{4.67424889899339e-08, -7.002135697179035e-06}, 0.049005088149094184},
		{"nonautonomous", nonautonomous, []float64{1, 0.5}, 0.3, 0.1, 1e-6, 1.955336489125606, Rosenbrock23,
			[]float64{0.9585006825242096, 0.539988717785361}, []float64{0.9888509887086704, 0.5131879771048462},
			[]float64{9.864809143818742e-05, -2.0448391015967402e-05}, 36.11906717326507},
		{"nonautonomous", nonautonomous, []float64{1, 0.5}, 0.3, 0.1, 1e-6, 1.955336489125606, Rodas5P,
			[]float64{0.9585945839744274, 0.5399718212850529}, []float64{0.9889063759849432, 0.5131676881990695},
			[]float64{1.0308975547228178e-07, 1.3636185206078068e-07}, 0.07244885042603383},
	} {
		t.Run(tt.method.Name+" "+tt.name, func(t *testing.T) {
			o, err := NewSolver(Equation{Drift: tt.f.dynamics, T0: tt.t0, T1: tt.t0 + tt.h}, tt.method,
				&Settings{AbsTol: tt.tol, RelTol: tt.tol, FixedSteps: 1, Record: true, SaveAt: []float64{tt.t0 + 0.3*tt.h, tt.t0 + tt.h}})
			if err != nil {
				t.Fatal(err)
			}
			sol, err := o.Predict(row(tt.z0...))
			if err != nil {
				t.Fatal(err)
			}
			z := value.Float64s(sol.Z)
			if !floats.EqualApprox(z[2:], tt.end, 1e-13) {
				t.Errorf("end %v, expected %v", z[2:], tt.end)
			}
			if !floats.EqualApprox(z[:2], tt.at, 1e-12) {
				t.Errorf("at 0.3 h %v, expected %v", z[:2], tt.at)
			}
			// E sums errors that are differences of states, known to their rounding.
			rounding := 1e-15 / tt.tol
			if e := sol.Steps[0].E; math.Abs(e-tt.e) > rounding+1e-12*tt.e {
				t.Errorf("E = %v, expected %v", e, tt.e)
			}
			if want := scaledError(tt.err, tt.z0, tt.end, tt.tol); !scalar.EqualWithinRel(tt.e, want, 1e-9) {
				t.Errorf("the table has E = %v, expected %v of its error estimate", tt.e, want)
			}
			if s := sol.MaxStiffness; !scalar.EqualWithinRel(s, tt.stiffness, 1e-14) {
				t.Errorf("S = %v, expected %v", s, tt.stiffness)
			}
		})
	}
}

// TestRosenbrockRuns compares adaptive solves with an independent implementation of
// the algorithm of OrdinaryDiffEq.jl. Long ones depend on rounding a little.
func TestRosenbrockRuns(t *testing.T) {
	type run struct {
		method             *Rosenbrock
		accepted, rejected int
		sumError           float64
		stiffness, first   float64
		end                []float64
	}
	for _, tt := range []struct {
		name           string
		f              vectorField
		z0             []float64
		t1             float64
		absTol, relTol float64
		band           float64 // of the number of steps; 0 is exact
		runs           []run
	}{
		{"decay", fields["decay"], []float64{1}, 1, 1e-6, 1e-6, 0, []run{
			{Rosenbrock23, 39, 0, 0.40979149354115973, 1, 0.0001414213562373095, []float64{0.3678657074215166}},
			{Rodas5P, 8, 0, 0.007330597559626941, 1, 0.02885399811814427, []float64{0.367879441262557}},
		}},
		{"stiff cosine", fields["stiff cosine"], []float64{0}, 1.5, 1e-4, 1e-4, 0, []run{
			{Rosenbrock23, 71, 0, 0.5989553420110966, 50, 1.9999999899993075e-05, []float64{0.09066435843656544}},
			{Rodas5P, 23, 0, 0.008728070146731323, 50, 9.999999999999999e-05, []float64{0.09065085428244679}},
		}},
		{"van der Pol 5", vanDerPol(5), []float64{2, 0}, 10, 1e-5, 1e-5, 0.03, []run{
			{Rosenbrock23, 255, 32, 6.721064882528726, 99.28780491366568, 6.865043100411101e-05, []float64{-1.1589372441247483, 0.4301465625888419}},
			{Rodas5P, 86, 17, 3.3747370368760463, 99.27569613632099, 0.021610126407382753, []float64{-1.1587095166943193, 0.4304607228763272}},
		}},
		{"van der Pol 100", vanDerPol(100), []float64{2, 0}, 200, 1e-5, 1e-5, 0.03, []run{
			{Rosenbrock23, 680, 145, 102.12517138027943, 32544.002512411655, 1.5352593100203913e-05, []float64{1.7188708416975873, -0.008794056803771662}},
			{Rodas5P, 203, 98, 50.38530059844039, 32495.926980572567, 0.01187060068141337, []float64{1.7185822764249417, -0.008796872682957039}},
		}},
		{"Robertson", robertson, []float64{1, 0, 0}, 1e4, 1e-8, 1e-4, 0.03, []run{
			{Rosenbrock23, 126, 0, 2014.3231098340761, 8905.107445641917, 1.0099715196205757e-05, []float64{0.10726486868877971, 4.798224065926732e-07, 0.8927346514888137}},
			{Rodas5P, 65, 2, 124.89508291272706, 8941.717060759853, 0.00249975001250125, []float64{0.10730020874263325, 4.800155977606063e-07, 0.8926993112417683}},
		}},
	} {
		for _, want := range tt.runs {
			t.Run(want.method.Name+" "+tt.name, func(t *testing.T) {
				o, err := NewSolver(Equation{Drift: tt.f.dynamics, T1: tt.t1}, want.method, &Settings{AbsTol: tt.absTol, RelTol: tt.relTol, Record: true})
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(row(tt.z0...))
				if err != nil {
					t.Fatal(err)
				}
				near := func(what string, got, want, tol float64) {
					if math.Abs(got-want) > tol*math.Abs(want) {
						t.Errorf("%s %v, expected %v", what, got, want)
					}
				}
				attempts := want.accepted + want.rejected
				near("attempts", float64(sol.Accepted+sol.Rejected), float64(attempts), tt.band)
				if tt.band == 0 && sol.Rejected != want.rejected {
					t.Errorf("%d steps rejected, expected %d", sol.Rejected, want.rejected)
				}
				once := 2
				if want.method.FSAL {
					once = 3
				}
				if n := once + want.method.EvaluationsPerStep()*(sol.Accepted+sol.Rejected); sol.NFE != n {
					t.Errorf("NFE %d, expected %d", sol.NFE, n)
				}
				sum := 0.0
				for _, s := range sol.Steps {
					if s.Accepted {
						sum += s.E * s.H
					}
				}
				near("Σ E h", sum, want.sumError, 1e-5+tt.band) // E is made of differences near rounding
				near("largest S", sol.MaxStiffness, want.stiffness, 1e-7+tt.band)
				near("first step", sol.Steps[0].H, want.first, 1e-9)
				for i, z := range value.Float64s(sol.Z) {
					near("end", z, want.end[i], 1e-9+1e-2*tt.band)
				}
			})
		}
	}
}

// TestRobertson solves Robertson's kinetics to a tight tolerance, where an implicit
// method of order 5 takes 34 steps.
func TestRobertson(t *testing.T) {
	o, err := NewSolver(Equation{Drift: vectorField(robertson).dynamics, T1: 100}, Rodas5P, &Settings{AbsTol: 1e-8, RelTol: 1e-8})
	if err != nil {
		t.Fatal(err)
	}
	sol, err := o.Predict(row(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	z := value.Float64s(sol.Z)
	for i, want := range []float64{0.6172348816, 6.1536e-6, 0.3827589648} {
		if tol := []float64{1e-8, 1e-10, 1e-8}[i]; math.Abs(z[i]-want) > tol {
			t.Errorf("z[%d] = %v, expected %v", i, z[i], want)
		}
	}
	if n := sol.Accepted + sol.Rejected; n > 100 {
		t.Errorf("%d steps, expected at most 100", n)
	}
}

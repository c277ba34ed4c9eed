package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// protheroRobinson is u' = λ(u - φ) + φ' with the solution φ = sin(π/4 + t), on which
// stiff methods lose order.
func protheroRobinson(e *expr, z *gorgonia.Node) *gorgonia.Node {
	at := e.shift(math.Pi/4, e.do(e.s.Time))
	away := e.do(func() (*gorgonia.Node, error) { return gorgonia.Sub(z, e.apply(gorgonia.Sin, at)) })
	return e.do(func() (*gorgonia.Node, error) {
		return gorgonia.Add(e.scale(-1e6, away), e.apply(gorgonia.Cos, at))
	})
}

// TestRosenbrockConvergence regresses log(error) on log(h) for fixed steps, and
// likewise the mean of the error estimates.
func TestRosenbrockConvergence(t *testing.T) {
	for _, tt := range []struct {
		name   string
		f      vectorField
		z0     []float64
		exact  []float64 // nil: that of Dopri8 at a tight tolerance
		method *Rosenbrock
		steps  []int
		order  float64
		// estimate is the order of the error estimates, 0 if it is not known.
		estimate float64
		// worst bounds the error of the last number of steps.
		worst float64
	}{
		{"nonautonomous", nonautonomous, []float64{1, 0.5}, nil, Rosenbrock23, []int{16, 32, 64}, 2, 3, 1.5e-5},
		{"nonautonomous", nonautonomous, []float64{1, 0.5}, nil, Rodas5P, []int{16, 32, 64}, 5, 5, 3e-11},
		{"van der Pol", vanDerPol(2), []float64{2, 0}, nil, Rosenbrock23, []int{32, 48, 64}, 2, 3, 1e-3},
		{"van der Pol", vanDerPol(2), []float64{2, 0}, nil, Rodas5P, []int{16, 32, 64}, 5, 5, 1e-8},
		{"Prothero–Robinson", protheroRobinson, []float64{math.Sqrt2 / 2}, []float64{math.Sin(math.Pi/4 + 1)}, Rosenbrock23, []int{16, 32, 64}, 2, 0, 2e-5},
		{"Prothero–Robinson", protheroRobinson, []float64{math.Sqrt2 / 2}, []float64{math.Sin(math.Pi/4 + 1)}, Rodas5P, []int{4, 8, 16}, 3, 0, 3e-12},
	} {
		t.Run(tt.method.Name+" "+tt.name, func(t *testing.T) {
			solve := func(m Method, set *Settings) *Solution {
				o, err := NewSolver(Equation{Drift: tt.f.dynamics, T1: 1}, m, set)
				if err != nil {
					t.Fatal(err)
				}
				sol, err := o.Predict(row(tt.z0...))
				if err != nil {
					t.Fatal(err)
				}
				return sol
			}
			exact := tt.exact
			if exact == nil {
				exact = value.Float64s(solve(Dopri8, &Settings{AbsTol: 1e-14, RelTol: 1e-14}).Z)
			}
			var logH, logError, logEstimate []float64
			for _, n := range tt.steps {
				sol := solve(tt.method, &Settings{FixedSteps: n, AbsTol: 1, RelTol: Zero, Record: true})
				logH = append(logH, -math.Log(float64(n)))
				logError = append(logError, math.Log(floats.Distance(value.Float64s(sol.Z), exact, math.Inf(1))))
				sum := 0.0
				for _, step := range sol.Steps {
					sum += step.E
				}
				logEstimate = append(logEstimate, math.Log(sum/float64(n)))
			}
			if _, slope := stat.LinearRegression(logH, logError, nil, false); math.Abs(slope-tt.order) > 0.2 {
				t.Errorf("order %.2f, expected %v", slope, tt.order)
			}
			if _, slope := stat.LinearRegression(logH, logEstimate, nil, false); tt.estimate > 0 && math.Abs(slope-tt.estimate) > 0.2 {
				t.Errorf("error estimate of order %.2f, expected %v", slope, tt.estimate)
			}
			if last := math.Exp(logError[len(logError)-1]); last > tt.worst {
				t.Errorf("error %v, expected at most %v", last, tt.worst)
			}
		})
	}
}

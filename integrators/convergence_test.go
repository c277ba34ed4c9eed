package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/regnde/regnde/integrators/problems"
)

// TestConvergence regresses log(error) on log(h) for fixed steps: the slope is
// the order of the method, and that of the estimated error of a step is one more
// than the embedded order. One problem is a system, the other depends on time.
func TestConvergence(t *testing.T) {
	// band is less than half an order. It is wide because methods of high order
	// reach rounding error before their slope has settled.
	const band = 0.45

	for _, tt := range []struct {
		method *Tableau
		steps  int // the coarsest grid
	}{
		{Euler, 8000},
		{Midpoint, 800},
		{HeunEuler, 800},
		{BS3, 400},
		{RK4, 300},
		{Tsit5, 200},
		{DP5, 200},
		{Vern7, 100},
		{Dopri8, 100},
	} {
		for _, p := range []problems.Problem{problems.Kepler(0.4), problems.Growth()} {
			var logH, logError, logEstimate []float64
			for _, n := range []int{tt.steps, tt.steps * 5 / 4, tt.steps * 3 / 2, tt.steps * 2} {
				e, estimate := plainFixed(tt.method, p, n)
				logH = append(logH, -math.Log(float64(n)))
				logError = append(logError, math.Log(e))
				logEstimate = append(logEstimate, math.Log(estimate))
			}
			_, slope := stat.LinearRegression(logH, logError, nil, false)
			if !(math.Abs(slope-float64(tt.method.Order)) <= band) {
				t.Errorf("%s converges with order %.2f on %s, expected %d", tt.method.Name, slope, p.Name, tt.method.Order)
			}
			if !tt.method.Adaptive() {
				continue
			}
			_, slope = stat.LinearRegression(logH, logEstimate, nil, false)
			if !(math.Abs(slope-float64(tt.method.EmbeddedOrder+1)) <= band) {
				t.Errorf("%s estimates an error of order %.2f on %s, expected %d", tt.method.Name, slope, p.Name, tt.method.EmbeddedOrder+1)
			}
		}
	}
}

package problems_test

import (
	"fmt"

	"github.com/regnde/regnde/integrators/problems"
)

// Euler's method runs ahead of the solution of y' = y(1-y).
func Example() {
	p := problems.Logistic(1, 0.5)
	const steps = 40
	h := (p.T1 - p.T0) / steps
	y, slope := p.Y0, make([]float64, len(p.Y0))
	for i := range steps {
		p.F(p.T0+float64(i)*h, y, slope)
		y[0] += h * slope[0]
	}
	exact := make([]float64, len(p.Y0))
	p.Exact(p.T1, exact)
	fmt.Printf("%s at t = %g: %.4f, exactly %.4f\n", p.Name, p.T1, y[0], exact[0])
	// Output: logistic at t = 4: 0.9843, exactly 0.9820
}

package spiralsde_test

import (
	"fmt"
	"log"
	"math"

	"github.com/regnde/regnde/datasets/spiralsde"
)

// The mean of the trajectories, and their standard deviation around it, at four
// of the save times.
func Example() {
	moments, err := spiralsde.Load()
	if err != nil {
		log.Fatal(err)
	}
	times := spiralsde.Times()
	for _, i := range []int{0, 1, 15, 29} {
		m, v := moments.Mean[2*i:2*i+2], moments.Variance[2*i:2*i+2]
		fmt.Printf("t = %.2f: (%.2f, %.2f) ± (%.2f, %.2f)\n", times[i], m[0], m[1], math.Sqrt(v[0]), math.Sqrt(v[1]))
	}
	// Output:
	// t = 0.00: (2.00, 0.00) ± (0.00, 0.00)
	// t = 0.03: (1.97, 0.54) ± (0.07, 0.04)
	// t = 0.52: (-1.66, 0.17) ± (0.24, 0.77)
	// t = 1.00: (0.58, -0.99) ± (0.96, 0.79)
}

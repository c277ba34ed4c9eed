package spiral_test

import (
	"fmt"

	"github.com/regnde/regnde/datasets/spiral"
)

// Every seventh point of the trajectory, and the slope there.
func Example() {
	times, u := spiral.Data()
	for i := 0; i < len(times); i += 7 {
		point := [2]float64{u[2*i], u[2*i+1]}
		slope := spiral.Field(point)
		fmt.Printf("t = %.2f: u = (%.2f, %.2f), du/dt = (%.1f, %.1f)\n", times[i], point[0], point[1], slope[0], slope[1])
	}
	// Output:
	// t = 0.00: u = (2.00, 0.00), du/dt = (-0.8, 16.0)
	// t = 0.36: u = (-1.24, 1.66), du/dt = (-9.0, -4.3)
	// t = 0.72: u = (-1.33, -1.40), du/dt = (5.7, -4.4)
	// t = 1.09: u = (1.20, -1.31), du/dt = (4.3, 3.7)
	// t = 1.45: u = (1.37, 0.73), du/dt = (-1.0, 5.1)
}

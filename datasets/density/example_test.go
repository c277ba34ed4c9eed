package density_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/regnde/regnde/datasets/density"
)

// No model of the data has a smaller mean negative log-likelihood than the density
// that they are from.
func Example() {
	set, err := density.Named("6gaussians")
	if err != nil {
		log.Fatal(err)
	}
	x := set.Sample(2046, rand.New(rand.NewPCG(1, 0)))
	var mean float64
	for i := 0; i < len(x); i += 2 {
		mean -= set.LogDensity(x[i], x[i+1]) / 2046
	}
	fmt.Printf("entropy %.2f, of the sample %.2f\n", set.Entropy, mean)
	// Output:
	// entropy 2.33, of the sample 2.30
}

package datasets_test

import (
	"fmt"
	"log"

	"github.com/regnde/regnde/datasets"
)

// Seven items in batches of three, in a new order every epoch.
func Example() {
	batches, err := datasets.NewBatches(7, 3, false, 1)
	if err != nil {
		log.Fatal(err)
	}
	for epoch := range 2 {
		fmt.Printf("epoch %d:", epoch)
		seen := make([]int, 7)
		for _, idx := range batches.Epoch(epoch) {
			fmt.Printf(" a batch of %d,", len(idx))
			for _, i := range idx {
				seen[i]++
			}
		}
		fmt.Println(" items seen", seen)
	}
	// Output:
	// epoch 0: a batch of 3, a batch of 3, a batch of 1, items seen [1 1 1 1 1 1 1]
	// epoch 1: a batch of 3, a batch of 3, a batch of 1, items seen [1 1 1 1 1 1 1]
}

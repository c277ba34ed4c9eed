package mnist_test

import (
	"fmt"
	"log"

	"github.com/regnde/regnde/datasets/mnist"
)

// The first three of the embedded training images as a mini-batch, and the
// middle of the first as characters.
func Example() {
	train, test, err := mnist.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), "images to train on,", test.Len(), "to test with")

	idx := []int{0, 1, 2}
	x := make([]float32, len(idx)*mnist.Pixels) // (3, 784)
	y := make([]float32, len(idx))              // (3)
	if err := mnist.Fill(train, idx, x, y); err != nil {
		log.Fatal(err)
	}
	fmt.Println("labels", y)
	for row := 5; row < 25; row += 2 {
		line := x[row*mnist.Cols : (row+1)*mnist.Cols]
		for _, ink := range line[6:24] {
			fmt.Print(string(".+#"[min(int(3*ink), 2)]))
		}
		fmt.Println()
	}
	// Output:
	// 2000 images to train on, 500 to test with
	// labels [5 0 4]
	// ..........++#.+##+
	// ..##########+.....
	// ...++###...+......
	// .....+##..........
	// .......##++.......
	// .........###+.....
	// ...........###....
	// .......+######....
	// ....######........
	// ######+...........
}

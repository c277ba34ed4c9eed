package physionet_test

import (
	"fmt"
	"log"

	"github.com/regnde/regnde/datasets/physionet"
)

// The temperature of the first patient in the first hours, out of a mini-batch
// of two.
func Example() {
	set, err := physionet.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	train, test, err := set.Split(0.8, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), "patients to train on,", test.Len(), "to test with")

	const temperature = 32
	idx := []int{0, 1}
	n := physionet.Times * len(idx) * physionet.Channels
	x, mask := make([]float64, n), make([]float64, n) // (49, 2, 37)
	if err := physionet.Fill(set, idx, x, mask); err != nil {
		log.Fatal(err)
	}
	for hour := range 4 {
		i := hour*len(idx)*physionet.Channels + temperature // of patient 0
		if mask[i] == 0 {
			fmt.Printf("hour %d: %s not observed\n", hour, physionet.Variables[temperature])
			continue
		}
		fmt.Printf("hour %d: %s %.1f °C\n", hour, physionet.Variables[temperature], set.Range.Denormalize(temperature, x[i]))
	}
	// Output:
	// 256 patients to train on, 64 to test with
	// hour 0: Temp 35.1 °C
	// hour 1: Temp 35.6 °C
	// hour 2: Temp not observed
	// hour 3: Temp not observed
}

package exchange_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

// Parameters are written to a file and loaded from it. Those of another element type are
// loaded if the settings say so.
func Example() {
	dir := must(os.MkdirTemp("", "exchange"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	params := graph.NewParams(tensor.Float64)
	must(params.Add("w", func(w []float64) { copy(w, []float64{1, 2, 3}) }, 3))
	if err := exchange.Safetensors.SaveFile(path, params, nil); err != nil {
		log.Fatal(err)
	}

	single := graph.NewParams(tensor.Float32)
	must(single.Add("w", nil, 3))
	fmt.Println(exchange.Safetensors.LoadFile(path, single, nil) != nil)
	if err := exchange.Safetensors.LoadFile(path, single, &exchange.Settings{Convert: true}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(single.Float64s())
	// Output:
	// true
	// [1 2 3]
}

package ops_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/ops"
)

// An affine layer with its activation is one node. It mixes with stock
// operations and runs on any machine, here Gorgonia's own.
func Example() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(1, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 2}))))
	w := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("w"), gorgonia.WithShape(2, 2),
		gorgonia.WithValue(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{3, -1, 0, 0.25}))))
	y, err := ops.Affine(ops.ReLU, x, w, nil, nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	loss := gorgonia.Must(gorgonia.Sum(y))
	grads, err := gorgonia.Grad(loss, w)
	if err != nil {
		log.Fatal(err)
	}
	var value, grad gorgonia.Value
	gorgonia.Read(loss, &value)
	gorgonia.Read(grads[0], &grad)
	if err := gorgonia.NewTapeMachine(g).RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("loss", value)
	fmt.Println("gradient", grad.Data())
	// Output:
	// loss 3
	// gradient [1 0 2 0]
}

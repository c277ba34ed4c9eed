package optim_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/optim"
)

// Minimize ∑(x-a)² over x, in a graph that is differentiated once.
func Example() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("x"),
		gorgonia.WithValue(tensor.New(tensor.WithBacking([]float64{0, 0}))))
	a := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithName("a"),
		gorgonia.WithValue(tensor.New(tensor.WithBacking([]float64{3, -1}))))
	loss := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(x, a))))))
	if _, err := gorgonia.Grad(loss, x); err != nil {
		log.Fatal(err)
	}
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()

	solver, err := optim.New(optim.Momentum{Rho: 0.5}, &optim.Settings{LearnRate: 0.1})
	if err != nil {
		log.Fatal(err)
	}
	for range 60 {
		if err := vm.RunAll(); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{x}); err != nil {
			log.Fatal(err)
		}
		vm.Reset()
	}
	fmt.Printf("%.4f\n", x.Value().Data())
	// Output: [3.0000 -1.0000]
}

// The learning rate decays from epoch to epoch, and the optimizer's state is
// saved to go on later.
func ExampleSolver_State() {
	opt, err := optim.New(optim.AdaMax{}, &optim.Settings{LearnRate: 0.01})
	if err != nil {
		log.Fatal(err)
	}
	for epoch := range 3 {
		opt.SetLearnRate(0.01 / float64(1+epoch))
		// … the epoch's steps
	}

	saved := opt.State()
	resumed, err := optim.New(optim.AdaMax{}, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := resumed.SetState(saved); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s at rate %.4f\n", saved.Rule, resumed.State().LearnRate)
	// Output: adamax at rate 0.0033
}

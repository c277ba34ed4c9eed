package networks

import (
	"math/rand/v2"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// MNISTODE is the classifier of digits in section 4.1.1 of Pal et al. (2021): dynamics
//
//	f(z, t) = tanh([tanh([z; t]·W1 + b1); t]·W2 + b2)
//
// with 100 units on the pixels, divided by 255 as mnist.Fill does, over [0, 1], and an
// affine layer to the classes.
type MNISTODE struct {
	Dynamics layers.Chain
	Head     *layers.Dense
}

// NewMNISTODE declares the network, with the layers "dynamics.1", "dynamics.2" and "head".
func NewMNISTODE(p *graph.Params, rng *rand.Rand) (*MNISTODE, error) {
	const hidden = 100
	first, err := layers.NewTimeDense(p, "dynamics.1", mnist.Pixels, hidden, layers.Tanh, rng)
	if err != nil {
		return nil, err
	}
	second, err := layers.NewTimeDense(p, "dynamics.2", hidden, mnist.Pixels, layers.Tanh, rng)
	if err != nil {
		return nil, err
	}
	head, err := layers.NewDense(p, "head", mnist.Pixels, mnist.Classes, layers.Identity, rng)
	return &MNISTODE{layers.Chain{first, second}, head}, err
}

// Solve returns the solution over [0, 1] of images (batch, 784), to which the head
// belongs.
func (n *MNISTODE) Solve(p *graph.Params, method integrators.Method, solver *integrators.Settings) (*layers.NeuralODE, error) {
	return layers.NewNeuralODE(p, n.Dynamics, 0, 1, method, solver)
}

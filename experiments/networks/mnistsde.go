package networks

import (
	"math/rand/v2"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// MNISTSDE is the classifier of digits in section 4.2.2 of Pal et al. (2021): an affine
// layer from the pixels, divided by 255, to 32 dimensions, where
//
//	dz = (tanh(z·W2 + b2)·W3 + b3) dt + (z·W4 + b4) ⊙ dW
//
// with 64 units is solved over [0, 1], and an affine layer to the classes. The paper
// gives W3 and W4 other shapes, which do not fit.
type MNISTSDE struct {
	Encoder   *layers.Dense
	Drift     layers.Chain
	Diffusion *layers.Dense
	Head      *layers.Dense
}

// NewMNISTSDE declares the network, with the layers "encoder", "drift.1", "drift.2",
// "diffusion" and "head".
func NewMNISTSDE(p *graph.Params, rng *rand.Rand) (*MNISTSDE, error) {
	const state, hidden = 32, 64
	var n MNISTSDE
	var first, second *layers.Dense
	err := declare(p, rng,
		dense{&n.Encoder, "encoder", mnist.Pixels, state, layers.Identity},
		dense{&first, "drift.1", state, hidden, layers.Tanh},
		dense{&second, "drift.2", hidden, state, layers.Identity},
		dense{&n.Diffusion, "diffusion", state, state, layers.Identity},
		dense{&n.Head, "head", state, mnist.Classes, layers.Identity},
	)
	n.Drift = layers.Chain{first, second}
	return &n, err
}

// Solve returns the solution over [0, 1] of states (batch, 32), between the encoder and
// the head.
func (n *MNISTSDE) Solve(p *graph.Params, method integrators.Method, solver *integrators.Settings) (*layers.NeuralSDE, error) {
	return layers.NewNeuralSDE(p, n.Drift, n.Diffusion, 0, 1, leastWork(), method, solver)
}

// leastWork is the noise of an equation with values at the times that steps ask for
// alone.
func leastWork() *integrators.Noise { return &integrators.Noise{Grid: -1} }

package networks

import (
	"math/rand/v2"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/datasets/spiralsde"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// spiralHidden is the number of units on the spirals.
const spiralHidden = 50

// SpiralODE is the neural ODE of the spiral, with dynamics tanh(z³·W1 + b1)·W2 + b2 of 50
// units.
type SpiralODE struct{ Dynamics layers.Chain }

// NewSpiralODE declares the network, with the layers "dynamics.1" and "dynamics.2".
func NewSpiralODE(p *graph.Params, rng *rand.Rand) (*SpiralODE, error) {
	f, err := cubic(p, "dynamics", rng)
	return &SpiralODE{f}, err
}

// Solve returns the solution over the time of the data, from states (batch, 2).
func (n *SpiralODE) Solve(p *graph.Params, method integrators.Method, solver *integrators.Settings) (*layers.NeuralODE, error) {
	return layers.NewNeuralODE(p, n.Dynamics, 0, spiral.End, method, solver)
}

// SpiralSDE is the neural SDE of the noisy spiral (section 4.2.1 of Pal et al., 2021),
//
//	dz = (tanh(z³·W1 + b1)·W2 + b2) dt + (z·W3 + b3) ⊙ dW
//
// with 50 units.
type SpiralSDE struct {
	Drift     layers.Chain
	Diffusion *layers.Dense
}

// NewSpiralSDE declares the network, with the layers "drift.1", "drift.2" and
// "diffusion".
func NewSpiralSDE(p *graph.Params, rng *rand.Rand) (*SpiralSDE, error) {
	drift, err := cubic(p, "drift", rng)
	if err != nil {
		return nil, err
	}
	diffusion, err := layers.NewDense(p, "diffusion", 2, 2, layers.Identity, rng)
	return &SpiralSDE{drift, diffusion}, err
}

// Solve returns the solution over the time of the data, from states (batch, 2).
func (n *SpiralSDE) Solve(p *graph.Params, method integrators.Method, solver *integrators.Settings) (*layers.NeuralSDE, error) {
	const end = spiralsde.End + 0x1p-23 // a little after the last save time, as in the official code
	return layers.NewNeuralSDE(p, n.Drift, n.Diffusion, 0, end, leastWork(), method, solver)
}

// cubic declares tanh(z³·W1 + b1)·W2 + b2 in the plane.
func cubic(p *graph.Params, name string, rng *rand.Rand) (layers.Chain, error) {
	var first, second *layers.Dense
	err := declare(p, rng,
		dense{&first, name + ".1", 2, spiralHidden, layers.Tanh},
		dense{&second, name + ".2", spiralHidden, 2, layers.Identity},
	)
	return layers.Chain{layers.Cube{}, first, second}, err
}

package layers

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
)

// LatentODESettings are the sizes of a latent ODE. nil or a zero field means the
// default, that of the official code of Pal et al. for PhysioNet. The text of
// the paper (Section 4.1.2) describes another network: a recognition state of 40
// and dynamics of four layers with 50 units, State 40 and Dynamics {50, 50, 50}.
type LatentODESettings struct {
	// Latent is the dimension of the differential equation; 20 if zero.
	Latent int
	// State is the number of units for the mean, and for the deviation, in the
	// recognition network; 50 if zero.
	State int
	// Gate is the number of hidden units in each of its gates; 40 if zero.
	Gate int
	// Encoder is the number of hidden units between its last state and the
	// Gaussian; 50 if zero.
	Encoder int
	// Dynamics are the hidden units of the dynamics, layer by layer;
	// {50, 20, 50, 20, 50, 20, 50} if nil. They begin with tanh(z), and every layer
	// is followed by tanh, the last one too.
	Dynamics []int
	// Sigma is the standard deviation of the observations; 0.01 if zero.
	Sigma float64
	// TaylorOrder is K for the regularizer integrators.Integral to be the R_K of the
	// dynamics, see TaylorIntegrand; zero leaves the solver's settings as they are.
	TaylorOrder int
	// Mode and Memory are those of the recognition network.
	Mode   integrators.Mode
	Memory integrators.Memory
}

// NewLatentODE declares a latent ODE for series of the given number of features:
// a recognition network that runs backwards in time over inputs (times·batch,
// 2·features + 1), see LatentGRU and RecognitionInput, dynamics that do not
// depend on time, and an affine decoder. The series have the times
// solver.SaveAt within [t0, t1]. The parameters are those of the layers
// "recognition" …, "encoder.1", "encoder.2", "dynamics.1" …, "decoder".
func NewLatentODE(p *graph.Params, features int, method *integrators.Tableau, t0, t1 float64, solver *integrators.Settings, settings *LatentODESettings, rng *rand.Rand) (*LatentODE, error) {
	var set LatentODESettings
	if settings != nil {
		set = *settings
	}
	if solver == nil || len(solver.SaveAt) == 0 {
		return nil, errors.New("latent ODE without save times")
	}
	l := &LatentODE{Sigma: set.Sigma}
	latent := cmp.Or(set.Latent, 20)
	cell, err := NewLatentGRU(p, "recognition", features, cmp.Or(set.State, 50), cmp.Or(set.Gate, 40), rng)
	if err != nil {
		return nil, err
	}
	recurrence, err := NewRecurrence(p, cell, len(solver.SaveAt), &RecurrenceSettings{Backward: true, Mode: set.Mode, Memory: set.Memory})
	if err != nil {
		return nil, err
	}
	encoder, err := perceptron(p, "encoder", []int{cell.Size(), cmp.Or(set.Encoder, 50), 2 * latent}, Identity, rng)
	if err != nil {
		return nil, err
	}
	l.Encoder = append(Chain{recurrence}, encoder...)
	sizes := set.Dynamics
	if sizes == nil {
		sizes = []int{50, 20, 50, 20, 50, 20, 50}
	}
	sizes = append(append([]int{latent}, sizes...), latent)
	dynamics, err := perceptron(p, "dynamics", sizes, Tanh, rng)
	if err != nil {
		return nil, err
	}
	f := append(Chain{Tanh}, dynamics...)
	if set.TaylorOrder != 0 {
		with := *solver
		if with.Integrand, err = TaylorIntegrand(f, set.TaylorOrder); err != nil {
			return nil, err
		}
		solver = &with
	}
	if l.ODE, err = NewNeuralODE(p, f, t0, t1, method, solver); err != nil {
		return nil, err
	}
	l.Decoder, err = NewDense(p, "decoder", latent, features, Identity, rng)
	return l, err
}

// perceptron returns dense layers "name.1", "name.2", … of the given sizes, with
// tanh between them and an activation at the end.
func perceptron(p *graph.Params, name string, sizes []int, last Activation, rng *rand.Rand) (Chain, error) {
	var c Chain
	for i := 1; i < len(sizes); i++ {
		act := Tanh
		if i == len(sizes)-1 {
			act = last
		}
		d, err := NewDense(p, fmt.Sprintf("%s.%d", name, i), sizes[i-1], sizes[i], act, rng)
		if err != nil {
			return nil, err
		}
		c = append(c, d)
	}
	return c, nil
}

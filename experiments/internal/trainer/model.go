package trainer

import (
	"io"
	"math"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
)

// Model is one variant in training. The trainer calls its methods one at a time.
//
// What a method draws at random must depend on the seed given to Experiment.New
// and on its arguments alone, not on earlier calls: this makes a resumed run the
// same as one that never stopped.
type Model interface {
	// Examples returns the number of training examples, whose indices are
	// batched.
	Examples() int

	// Iterate does the forward and the reverse pass of one training iteration on a
	// batch, or on a part of it. An error ends the run.
	Iterate(it Iteration) (Result, error)

	// Gradient returns that of the last Iterate with respect to all parameters, as
	// []float32 or []float64, in memory that Update reads. Before the first Iterate it
	// may hold anything.
	Gradient() (any, error)

	// Update does the optimizer's step with the gradient.
	Update() error

	// Evaluate is called after every epoch = 1, 2, …. It must not change the
	// model.
	Evaluate(epoch int) (Metrics, error)

	// Predict solves forward on the fixed batch of Evaluate, a few times to measure
	// how long it takes.
	Predict() (Prediction, error)

	// Watch has f called after every attempted step of a solve, in all methods. An
	// error of f ends the solve and the method, and leaves what State returns as it
	// was.
	Watch(f func(integrators.Step) error)

	// State returns a copy of everything that training changes.
	State() (ModelState, error)

	// Export writes the parameters as safetensors.
	Export(w io.Writer) error

	// SetState goes on from a state returned by State of the same variant,
	// configuration and seed.
	SetState(ModelState) error
}

// Iteration says what one training iteration works on.
type Iteration struct {
	Epoch  int   // 1, 2, …
	Number int   // 1, 2, … over the whole run: the key for randomness, with the seed
	Batch  []int // indices of training examples, not to be changed
	First  int   // row of the whole batch with which Batch begins, if that is a part of it: the key for what a row draws
}

// Result is what one training iteration found, before the optimizer's step. If several
// ranks have trained on parts of the batch, losses and regularizers are the means of
// theirs, weighted by their examples.
type Result struct {
	Loss    float64 // mean over the batch, without the regularizers, so that variants compare
	Correct int     // examples of the batch that were classified right; 0 without classes

	NFE, Accepted, Rejected int // evaluations of the vector field and steps, in the forward solve; of several ranks those of the one with the most

	// MeanNFE is the mean of the evaluations over several ranks, 0 if there is one.
	MeanNFE float64

	Regularization

	// Lambda has the weights of the regularizers, 0 of those that are not in the
	// objective, and LearnRate is the rate of the optimizer's step. They are for who
	// watches the training, and may be 0.
	Lambda    Regularization
	LearnRate float64

	// Graph is the time to build graphs, Forward and Backward that of the two
	// passes, Optimizer that of the update, which the trainer measures.
	Graph, Forward, Backward, Optimizer time.Duration

	// Wait is the time until the other ranks had come as far, Exchange that of adding up
	// their gradients. The trainer measures them.
	Wait, Exchange time.Duration
}

func (r Result) check() error {
	return checkFinite(append(r.quantities(), quantity{"loss", r.Loss})...)
}

// Prediction is the forward solve over the nominal interval on the fixed first
// training batch, in the order of the data set. It is repeated for its time.
type Prediction struct {
	NFE, Accepted, Rejected int
	DiffusionNFE            int // evaluations of the diffusion, of an SDE

	// Time is the median over the repeats of the time of the whole model's forward
	// pass, Fastest the least and Slowest the greatest.
	Time, Fastest, Slowest time.Duration

	// Steps are the attempted steps of the solve, for -trace, -tensorboard and -live.
	Steps []integrators.Step
}

// Metrics is the quality of a model after an epoch.
type Metrics struct {
	TestLoss     float64
	TestAccuracy float64 // percentage classified right; 0 without classes

	// TrainLoss and TrainAccuracy, in percent, are on the training set. Nil
	// stands for the mean over the epoch's iterations.
	TrainLoss, TrainAccuracy *float64

	// Measurements are the experiment's own, in the order of the columns of the table.
	// Optional.
	Measurements []Measurement

	Prediction
}

func (m Metrics) check() error {
	q := []quantity{{"test_loss", m.TestLoss}, {"test_accuracy", m.TestAccuracy}}
	if m.TrainLoss != nil {
		q = append(q, quantity{"train_loss", *m.TrainLoss})
	}
	if m.TrainAccuracy != nil {
		q = append(q, quantity{"train_accuracy", *m.TrainAccuracy})
	}
	for _, own := range m.Measurements {
		q = append(q, quantity{own.Name, own.Value})
	}
	return checkFinite(q...)
}

// ModelState is what training changes in a model.
type ModelState struct {
	Parameters []byte // what graph.Params.Save writes
	Optimizer  optim.State
}

// ErrNonFinite is the cause of the failure of a run whose loss, regularizer or
// metric is NaN or infinite.
var ErrNonFinite = errors.New("expected a finite number")

type quantity struct {
	name  string
	value float64
}

func checkFinite(quantities ...quantity) error {
	for _, q := range quantities {
		if math.IsNaN(q.value) || math.IsInf(q.value, 0) {
			return errors.Wrapf(ErrNonFinite, "%s is %v", q.name, q.value)
		}
	}
	return nil
}

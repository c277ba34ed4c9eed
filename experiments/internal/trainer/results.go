package trainer

import (
	"bytes"
	"encoding/json"
	"runtime"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// MaxResults bounds a file of results, and others that the report reads, in bytes.
// A results.json takes about 400 for each epoch.
const MaxResults = 256 << 20

// Results is the content of results.json.
type Results struct {
	Experiment string `json:"experiment"`
	Preset     string `json:"preset"`

	// Flags are those that override the preset, but for -variants and -seeds, as
	// they were typed in: names and values in turn. Nil if the file does not tell.
	Flags []string `json:"flags"`

	Config  Config  `json:"config"`
	Machine Machine `json:"machine"`
	Runs    []Run   `json:"runs"` // seed by seed, in the order of the variants; those that have ended an epoch, or failed
}

// Machine is what the times were measured on.
type Machine struct {
	CPUs int    `json:"cpus"`
	Go   string `json:"go"`
}

func thisMachine() Machine { return Machine{CPUs: runtime.NumCPU(), Go: runtime.Version()} }

// Run is the training of one variant with one seed.
type Run struct {
	Variant Variant `json:"variant"`
	Seed    uint64  `json:"seed"`
	Epochs  []Epoch `json:"epochs"`

	// Final is the last epoch so far with the training time of all. Nil before
	// the first epoch has ended.
	Final *Epoch `json:"final,omitempty"`

	// Error says why the run failed.
	Error string `json:"error,omitempty"`
}

// Epoch is the record of one epoch. Losses are without regularizers. Accuracies
// are in percent and nil without classes. NFE, which counts evaluations of the
// drift if there is a diffusion, DiffusionNFE, Accepted and Rejected are those of
// a prediction after the epoch, see Prediction; the regularizers are means over
// the epoch's iterations.
type Epoch struct {
	Epoch         int      `json:"epoch"`
	TrainLoss     float64  `json:"train_loss"`
	TrainAccuracy *float64 `json:"train_accuracy,omitempty"`
	TestLoss      float64  `json:"test_loss"`
	TestAccuracy  *float64 `json:"test_accuracy,omitempty"`
	NFE           int      `json:"nfe"`
	DiffusionNFE  int      `json:"diffusion_nfe,omitempty"`
	Accepted      int      `json:"accepted"`
	Rejected      int      `json:"rejected"`
	Regularization
	TrainNFE       *RanksNFE `json:"train_nfe,omitempty"` // nil on one rank
	Iterations     int       `json:"iterations"`
	TrainSeconds   float64   `json:"train_seconds"`   // time of the iterations, without evaluation
	PredictSeconds float64   `json:"predict_seconds"` // time of the prediction, the median of several

	// PredictMin and PredictMax are the least and the greatest time of the prediction
	// in seconds, zero in files that hold one sample.
	PredictMin float64 `json:"predict_seconds_min,omitempty"`
	PredictMax float64 `json:"predict_seconds_max,omitempty"`

	// Measurements are the experiment's own.
	Measurements []Measurement `json:"measurements,omitempty"`
}

// RanksNFE has the evaluations in an iteration on several ranks, each of which takes
// steps of its own: those of the rank with the most and their mean over the ranks,
// averaged over an epoch's iterations.
type RanksNFE struct {
	Largest float64 `json:"largest"`
	Mean    float64 `json:"mean"`
}

// final returns the last epoch with the training time summed, or nil.
func final(epochs []Epoch) *Epoch {
	if len(epochs) == 0 {
		return nil
	}
	last := epochs[len(epochs)-1]
	last.TrainSeconds = 0
	for _, e := range epochs {
		last.TrainSeconds += e.TrainSeconds
	}
	return &last
}

// write replaces the file at path.
func (r Results) write(path string) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", " ")
	if err := enc.Encode(r); err != nil {
		return errors.Wrapf(err, "cannot write %s", path)
	}
	return atomicfile.WriteBytes(path, text.Bytes())
}

// WithoutTimes returns a copy with all measured times set to zero. What is left
// depends on the configuration alone, and on the machine only in its own field.
func (r Results) WithoutTimes() Results {
	runs := make([]Run, len(r.Runs))
	for i, run := range r.Runs {
		epochs := make([]Epoch, len(run.Epochs))
		for j, e := range run.Epochs {
			epochs[j] = e.withoutTimes()
		}
		run.Epochs = epochs
		if run.Final != nil {
			f := run.Final.withoutTimes()
			run.Final = &f
		}
		runs[i] = run
	}
	r.Runs = runs
	return r
}

func (e Epoch) withoutTimes() Epoch {
	e.TrainSeconds, e.PredictSeconds, e.PredictMin, e.PredictMax = 0, 0, 0, 0
	return e
}

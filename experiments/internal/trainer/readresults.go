package trainer

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// ReadResults reads a results.json, which must be as the trainer writes it now, or
// wrote it when it had fewer fields.
func ReadResults(path string) (Results, error) {
	text, err := atomicfile.Read(path, MaxResults)
	if err != nil {
		return Results{}, errors.Wrap(err, "cannot read results")
	}
	r, err := ParseResults(text)
	return r, errors.Wrap(err, path)
}

// ParseResults reads the content of a results.json.
func ParseResults(text []byte) (Results, error) {
	var r Results
	if err := decodeStrictly(text, &r); err != nil {
		return r, errors.Wrap(err, "damaged results")
	}
	return r, errors.Wrap(r.validate(), "damaged results")
}

// decodeStrictly reads JSON without fields that the value lacks, which could stand for
// a difference, and with nothing after it.
func decodeStrictly(text []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is more after the end")
	}
	return nil
}

// choice is what experiments, variants and all other choices are called.
var choice = regexp.MustCompile(`^[\pL\pN_.+-]{1,100}$`)

// validate returns an error for results that the trainer does not write.
func (r Results) validate() error {
	if !choice.MatchString(r.Experiment) {
		return errors.Errorf("%.40q is no name of an experiment", r.Experiment)
	}
	c := r.Config
	choices := []string{r.Preset, c.Method, c.Dtype, c.Memory, c.Mode}
	for option, value := range c.Options {
		choices = append(choices, option, value)
	}
	for param := range c.Params {
		choices = append(choices, param)
	}
	for variant, method := range c.Methods {
		choices = append(choices, string(variant), method)
	}
	for _, text := range choices {
		if !choice.MatchString(text) {
			return errors.Errorf("%.40q in the configuration, expected a name", text)
		}
	}
	if c.Epochs < 1 || len(c.Variants) == 0 || len(c.Seeds) == 0 {
		return errors.Errorf("%d epochs, %d variants and %d seeds, expected at least one each", c.Epochs, len(c.Variants), len(c.Seeds))
	}
	if c.Ranks < 0 || c.Ranks == 1 {
		return errors.Errorf("%d ranks, expected at least two, or none for one process", c.Ranks)
	}
	for _, v := range c.Variants {
		if !choice.MatchString(string(v)) {
			return errors.Errorf("%.40q is no name of a variant", v)
		}
	}
	for i, run := range r.Runs {
		if !slices.Contains(c.Variants, run.Variant) || !slices.Contains(c.Seeds, run.Seed) {
			return errors.Errorf("run of %.40q, seed %d, which the configuration lacks", run.Variant, run.Seed)
		}
		for _, other := range r.Runs[:i] {
			if other.Variant == run.Variant && other.Seed == run.Seed {
				return errors.Errorf("two runs of %s, seed %d", run.Variant, run.Seed)
			}
		}
		if err := run.validate(c.Epochs, r.Runs[0]); err != nil {
			return errors.Wrapf(err, "%s, seed %d", run.Variant, run.Seed)
		}
	}
	return nil
}

// validate checks a run of at most so many epochs, which measures what the
// first one does.
func (run Run) validate(epochs int, first Run) error {
	if len(run.Epochs) > epochs {
		return errors.Errorf("%d epochs, expected at most %d", len(run.Epochs), epochs)
	}
	seconds := 0.0
	for i, e := range run.Epochs {
		if e.Epoch != i+1 {
			return errors.Errorf("epoch %d in place %d", e.Epoch, i+1)
		}
		if err := e.validate(); err != nil {
			return errors.Wrapf(err, "epoch %d", e.Epoch)
		}
		if len(first.Epochs) > 0 && (e.TestAccuracy == nil) != (first.Epochs[0].TestAccuracy == nil) {
			return errors.Errorf("epoch %d: accuracies in some epochs, and in others none", e.Epoch)
		}
		seconds += e.TrainSeconds
	}
	f := run.Final
	switch {
	case len(run.Epochs) == 0 && (f != nil || run.Error == ""):
		return errors.New("no epochs, expected at least one or an error alone")
	case len(run.Epochs) == 0:
		return nil
	case f == nil:
		return errors.New("no final record")
	}
	last := run.Epochs[len(run.Epochs)-1]
	if err := f.validate(); err != nil {
		return errors.Wrap(err, "final record")
	}
	if f.Epoch != last.Epoch || f.NFE != last.NFE || f.TrainLoss != last.TrainLoss || f.TestLoss != last.TestLoss ||
		!sameNumber(f.TrainAccuracy, last.TrainAccuracy) || !sameNumber(f.TestAccuracy, last.TestAccuracy) {
		return errors.New("the final record is not that of the last epoch")
	}
	if math.Abs(f.TrainSeconds-seconds) > 1e-6*seconds {
		return errors.Errorf("%v s of training in the final record, %v s in all epochs", f.TrainSeconds, seconds)
	}
	return nil
}

func sameNumber(x, y *float64) bool {
	return x == nil && y == nil || x != nil && y != nil && *x == *y
}

func (e Epoch) validate() error {
	if (e.TrainAccuracy == nil) != (e.TestAccuracy == nil) {
		return errors.New("one accuracy, expected two or none")
	}
	for _, a := range []*float64{e.TrainAccuracy, e.TestAccuracy} {
		if a != nil && !(*a >= 0 && *a <= 100+1e-9) {
			return errors.Errorf("accuracy %v, expected one from 0 to 100", *a)
		}
	}
	for _, m := range e.Measurements {
		if !measurementName.MatchString(m.Name) {
			return errors.Errorf("measurement %.40q, expected a name", m.Name)
		}
	}
	if e.NFE < 0 || e.Accepted < 0 || e.Rejected < 0 || e.Iterations < 0 {
		return errors.Errorf("%d evaluations, %d and %d steps, %d iterations, expected none below zero", e.NFE, e.Accepted, e.Rejected, e.Iterations)
	}
	if n := e.TrainNFE; n != nil && !(0 <= n.Mean && n.Mean <= n.Largest*(1+1e-9)) {
		return errors.Errorf("%v evaluations on the ranks in the mean, expected a number up to the largest %v", n.Mean, n.Largest)
	}
	if e.TrainSeconds < 0 || e.PredictSeconds < 0 {
		return errors.Errorf("%v s of training and %v s of prediction, expected none below zero", e.TrainSeconds, e.PredictSeconds)
	}
	if e.PredictMax != 0 && !(0 <= e.PredictMin && e.PredictMin <= e.PredictSeconds && e.PredictSeconds <= e.PredictMax) {
		return errors.Errorf("%v s of prediction, expected a number from the least %v to the greatest %v", e.PredictSeconds, e.PredictMin, e.PredictMax)
	}
	return nil
}

package trainer

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Config is everything that decides the outcome of a run, apart from the code. A
// zero field without a default stands for zero.
type Config struct {
	Preset    string    `json:"preset"`   // quick or paper; set by the trainer
	Variants  []Variant `json:"variants"` // default the experiment's
	Seeds     []uint64  `json:"seeds"`    // default 1
	Epochs    int       `json:"epochs"`
	Batch     int       `json:"batch"` // examples in a batch
	Limit     int       `json:"limit"` // training examples used, 0 for all
	LearnRate float64   `json:"lr"`
	Tol       float64   `json:"tol"`    // absolute and relative tolerance
	Method    string    `json:"method"` // name of the integration method

	Weights

	TaylorOrder int `json:"taylor_order,omitempty"` // K of TayNODE's regularizer R_K

	CommonWeights

	// SteerB is the half width b of STEER's end times or, where it draws save
	// times, of these, relative to the intervals between them.
	SteerB float64 `json:"steer_b"`

	// AnnealEpochs is the number of epochs over which weights go from their first to
	// their last value, which they keep in the epochs after those. Default Epochs. A
	// run that is extended has it, so that its first epochs are what they were.
	AnnealEpochs int `json:"anneal_epochs,omitempty"`

	Dtype  string `json:"dtype"`  // float32 (default) or float64
	Memory string `json:"memory"` // store (default) or checkpoint
	Mode   string `json:"mode"`   // called (default) or inline
	Data   string `json:"data"`   // folder, empty for the data in the binary

	// Estimate is the type in which stages are summed to an error estimate: empty for
	// float64, or state for that of the state, see integrators.Settings.RoundedEstimate.
	Estimate string `json:"estimate,omitempty"`

	// Ranks is the number of processes among which every batch is split, 0 for one. It
	// is that of the group which trains; no flag changes it.
	Ranks int `json:"ranks,omitempty"`

	// Params are the experiment's own numbers, say of hidden units. No flag
	// changes them.
	Params map[string]float64 `json:"params,omitempty"`

	// Options are the experiment's own choices, by the name of the flag; see
	// Experiment.Options.
	Options map[string]string `json:"options,omitempty"`

	// PerVariant holds the weights of variants that need others.
	PerVariant map[Variant]Weights `json:"per_variant,omitempty"`

	// Batches holds the number of examples in a training batch of variants that have
	// a part, by that part, if it is another. Evaluation keeps to Batch, so that the
	// evaluations of variants compare. The flag -batch is for all variants, and
	// empties it.
	Batches map[string]int `json:"batches,omitempty"`

	// Methods holds the methods of variants that need another one. The flag
	// -method is for all variants, and empties it.
	Methods map[Variant]string `json:"methods,omitempty"`
}

// estimates are the values of the flag -estimate, the default first.
var estimates = []string{"float64", "state"}

// TrainingBatch returns the number of examples in a training batch of a variant.
func (c Config) TrainingBatch(v Variant) int {
	for _, part := range v.Parts() {
		if n, ok := c.Batches[part]; ok {
			return n
		}
	}
	return c.Batch
}

// For returns the configuration with the weights and the method of the variant.
// Regularizers that were added have one weight in all variants, so their parts do not
// count.
func (c Config) For(v Variant) Config {
	v = Variant(strings.Join(slices.DeleteFunc(v.Parts(), added), "+"))
	if w, ok := c.PerVariant[v]; ok {
		c.Weights = w
	}
	if m, ok := c.Methods[v]; ok {
		c.Method = m
	}
	return c
}

// Schedule returns the number of epochs over which weights are annealed.
func (c Config) Schedule() int { return cmp.Or(c.AnnealEpochs, c.Epochs) }

// extend makes the configuration one that goes on from another, which has as many
// epochs or fewer: weights are annealed as there. It reports whether it can be.
func (c *Config) extend(there Config) bool {
	schedule := there.Schedule()
	if there.Epochs < 1 || there.Epochs > c.Epochs || c.AnnealEpochs != 0 && c.AnnealEpochs != schedule {
		return false
	}
	c.AnnealEpochs = schedule
	if schedule == c.Epochs {
		c.AnnealEpochs = 0
	}
	return true
}

// anneals reports whether a weight depends on the epoch.
func (c Config) anneals() bool {
	return slices.ContainsFunc(c.Variants, func(v Variant) bool {
		return slices.ContainsFunc(Regularizers, func(r Regularizer) bool {
			first, last := r.Range(c.For(v))
			return first != last && r.In(v)
		})
	})
}

// withDefaults returns a copy, which shares no slice or map, with defaults
// filled in.
func (c Config) withDefaults() Config {
	c.Variants = slices.Clone(c.Variants)
	c.Seeds = slices.Clone(c.Seeds)
	c.Params = maps.Clone(c.Params)
	c.Options = maps.Clone(c.Options)
	c.PerVariant = maps.Clone(c.PerVariant)
	c.Batches = maps.Clone(c.Batches)
	c.Methods = maps.Clone(c.Methods)
	if c.Seeds == nil {
		c.Seeds = []uint64{1}
	}
	for _, d := range []struct {
		field *string
		value string
	}{{&c.Dtype, "float32"}, {&c.Memory, "store"}, {&c.Mode, "called"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if c.LambdaErrorDecay == 0 {
		c.LambdaErrorDecay = 1
	}
	for v, w := range c.PerVariant {
		if w.LambdaErrorDecay == 0 {
			w.LambdaErrorDecay = 1
			c.PerVariant[v] = w
		}
	}
	return c
}

// setWeight changes the weight of a regularizer in all variants.
func (c *Config) setWeight(r Regularizer, x float64) {
	*r.Weight(c) = x
	for v := range c.PerVariant {
		own := c.For(v)
		*r.Weight(&own) = x
		c.PerVariant[v] = own.Weights
	}
}

// Bounds of numbers, far above what makes sense. A number beyond them is a slip, and
// would end in memory or time that nobody has.
const (
	maxEpochs      = 100_000
	maxBatch       = 1_000_000
	maxCount       = 1_000_000_000
	maxTaylorOrder = 10 // an iteration on digits takes half a minute
)

// inRange returns an error for a number that is not from lo to hi.
func inRange(name string, n, lo, hi int) error {
	switch {
	case n < lo:
		return errors.Errorf("%s is %d, expected at least %d", name, n, lo)
	case n > hi:
		return errors.Errorf("%s is %d, expected at most %d", name, n, hi)
	}
	return nil
}

// validate checks everything that is the same in all experiments.
func (c Config) validate() error {
	for _, n := range []struct {
		name            string
		value, min, max int
	}{
		{"epochs", c.Epochs, 1, maxEpochs}, {"anneal-epochs", c.AnnealEpochs, 0, maxEpochs}, {"batch", c.Batch, 1, maxBatch}, {"limit", c.Limit, 0, maxCount},
		{"taylor-order", c.TaylorOrder, 0, maxTaylorOrder},
	} {
		if err := inRange("-"+n.name, n.value, n.min, n.max); err != nil {
			return err
		}
	}
	for part, n := range c.Batches {
		if err := inRange("batch of "+part, n, 1, maxBatch); err != nil {
			return err
		}
	}
	type number struct {
		quantity
		zero bool // the number may be zero
	}
	numbers := []number{{quantity{"lr", c.LearnRate}, false}, {quantity{"tol", c.Tol}, false}, {quantity{"steer-b", c.SteerB}, true}}
	for _, r := range Regularizers {
		numbers = append(numbers, number{quantity{r.flag, *r.Weight(&c)}, true})
	}
	for _, x := range numbers {
		switch {
		case !x.zero && !(x.value > 0) || math.IsInf(x.value, 0):
			return errors.Errorf("-%s is %v, expected a finite number above zero", x.name, x.value)
		case !(x.value >= 0):
			return errors.Errorf("-%s is %v, expected a finite number, not negative", x.name, x.value)
		}
	}
	for _, s := range []struct {
		name, value string
		known       []string
	}{
		{"dtype", c.Dtype, []string{"float32", "float64"}},
		{"memory", c.Memory, []string{"store", "checkpoint"}},
		{"mode", c.Mode, []string{"called", "inline"}},
		{"estimate", cmp.Or(c.Estimate, estimates[0]), estimates},
	} {
		if !slices.Contains(s.known, s.value) {
			return errors.Errorf("unknown %s %q, expected %s or %s", s.name, Clip(s.value, maxValue), s.known[0], s.known[1])
		}
	}
	if err := distinct("variants", c.Variants); err != nil {
		return err
	}
	return distinct("seeds", c.Seeds)
}

// distinct returns an error if the list is empty or holds something twice.
func distinct[T comparable](name string, list []T) error {
	if len(list) == 0 {
		return errors.Errorf("-%s is empty, expected at least one", name)
	}
	for i, x := range list {
		if slices.Contains(list[:i], x) {
			return errors.Errorf("-%s holds %v twice", name, x)
		}
	}
	return nil
}

// fingerprint tells configurations apart in checkpoints. It does not when they
// differ in the number of epochs alone, but not in how weights are annealed: a run
// can go on to another end.
func (c Config) fingerprint(experiment string) ([sha256.Size]byte, error) {
	c.Epochs, c.AnnealEpochs = c.Schedule(), 0
	text, err := json.Marshal(c)
	if err != nil {
		return [sha256.Size]byte{}, errors.Wrap(err, "configuration")
	}
	return sha256.Sum256(append([]byte(experiment+"\n"), text...)), nil
}

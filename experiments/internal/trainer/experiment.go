package trainer

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/figure"
)

// Experiment describes an experiment to Main. Fields are required unless they
// are said to be optional.
type Experiment struct {
	Name    string // name of the experiment, its program and its results folder
	Summary string // one sentence for -help

	// Quick and Paper are the configurations that flags override. Quick ends
	// within about two minutes on two cores.
	Quick, Paper Config

	// Parts are what the names of variants are made of. The first is the
	// baseline, which stands alone and which the table compares with; the others
	// are in the order in which compositions are written, say vanilla, steer,
	// taynode, srnode, ernode for "steer+ernode" and "srnode+ernode".
	Parts []string

	// Default is what is trained without -variants.
	Default []Variant

	// Options are flags of the experiment's own. Optional.
	Options []Option

	// Data names the files in the folder of -data, for messages. Optional: without it
	// there is no such flag.
	Data string

	// DataFile says that -data is a file, which Data names, in place of a folder.
	DataFile bool

	// Subset says that the data in the binary are a part of those in such a folder, so
	// that the paper preset asks which are meant.
	Subset bool

	// Unused are general flags that mean nothing to the experiment, and that it refuses
	// therefore. Those for variants that it lacks are refused in any case. Optional.
	Unused []string

	// Classes says that the model classifies, so that there are accuracies.
	Classes bool

	// DropLast leaves out the last batch of an epoch if it is smaller than the
	// others.
	DropLast bool

	// Indivisible says why a batch cannot be split among several ranks, for a message
	// such as "as there is one trajectory". Optional: without it, the loss is a mean over
	// the examples of a batch, and what is random for one depends on the seed, the number
	// of the iteration and its row in the batch alone.
	Indivisible string

	// Loss names the loss in tables and figures, with its unit if it has one.
	// Optional, default "loss".
	Loss string

	// Floor returns what no loss gets below in the mean and its name, for figures. It
	// is NaN if that is not known. Optional.
	Floor func(cfg Config) (name string, loss float64)

	// Methods are the names of the integration methods, for -help. Optional.
	Methods []string

	// CheckMethod returns an error that lists the known methods if the name of an
	// integration method is not one of them. Optional, default none.
	CheckMethod func(name string) error

	// Check returns an error for a configuration, completed for the variant,
	// that the experiment cannot run. It must be quick and not touch files.
	// Optional.
	Check func(cfg Config, v Variant) error

	// New makes the model of a variant, at the start of training. The
	// configuration is completed for the variant.
	New func(cfg Config, v Variant, seed uint64) (Model, error)

	// Fit draws what a trained model has learnt, in one panel or a row of them.
	// Those of all variants, for the first seed, make up the figure "fit". A panel
	// without a title gets the variant and its NFE. Optional.
	Fit func(m Model, v Variant) ([]figure.Panel, error)

	// Reference is the table of the paper to compare with. Optional.
	Reference *Reference

	noFigures bool // tests of all else are ten times as fast without figures
}

// Option is a flag with a choice of values, which Config.Options records.
type Option struct {
	Name   string   // name of the flag
	Usage  string   // text for -help, to which the values are added
	Values []string // values of the flag, the default first
	// Added says that there are results from before there was the option. They are
	// those of the default, which is not recorded.
	Added bool
}

// Reference is a table of published numbers, shown below our own.
type Reference struct {
	Title   string     // says where the numbers are from
	Columns []string   // heads
	Rows    [][]string // rows as long as Columns, the variant first
}

// preset returns the named preset with defaults filled in.
func (e *Experiment) preset(name string) (Config, error) {
	var cfg Config
	switch name {
	case "quick":
		cfg = e.Quick
	case "paper":
		cfg = e.Paper
	default:
		return cfg, errors.Errorf("unknown preset %q, expected quick or paper", Clip(name, maxValue))
	}
	cfg.Preset = name
	if cfg.Variants == nil {
		cfg.Variants = e.Default
	}
	cfg = cfg.withDefaults()
	for _, r := range Regularizers {
		if r.preset != 0 && slices.ContainsFunc(e.Parts, r.is) {
			*r.Weight(&cfg) = r.preset
		}
	}
	for _, o := range e.Options {
		if cfg.Options == nil {
			cfg.Options = map[string]string{}
		}
		if cfg.Options[o.Name] == "" && !o.Added {
			cfg.Options[o.Name] = o.Values[0]
		}
	}
	return cfg, nil
}

// forgetAdded leaves the defaults of options that were added later out of a
// configuration, and the weights of regularizers that were and that no variant has.
func (e *Experiment) forgetAdded(cfg *Config) {
	for _, r := range Regularizers {
		if r.preset != 0 && !slices.ContainsFunc(cfg.Variants, r.In) {
			*r.Weight(cfg) = 0
		}
	}
	for _, o := range e.Options {
		if o.Added && cfg.Options[o.Name] == o.Values[0] {
			delete(cfg.Options, o.Name)
		}
	}
}

// loss is the name of the loss.
func (e *Experiment) loss() string {
	if e.Loss == "" {
		return "loss"
	}
	return e.Loss
}

// validate returns an error for a configuration that cannot be run.
func (e *Experiment) validate(cfg Config) error {
	if err := cfg.validate(); err != nil {
		return err
	}
	for _, o := range e.Options {
		if _, recorded := cfg.Options[o.Name]; o.Added && !recorded {
			continue
		}
		if v := cfg.Options[o.Name]; !slices.Contains(o.Values, v) {
			return errors.Errorf("-%s is %q, expected %s", o.Name, Clip(v, maxValue), strings.Join(o.Values, " or "))
		}
	}
	for _, v := range cfg.Variants {
		if canonical, err := ParseVariant(string(v), e.Parts); err != nil {
			return err
		} else if canonical != v {
			return errors.Errorf("variant %q, expected it written %q", v, canonical)
		}
		if err := cfg.For(v).validate(); err != nil {
			return errors.Wrapf(err, "variant %s", v)
		}
		if v.Has(TayNODE) && cfg.TaylorOrder < 1 {
			return errors.Errorf("-taylor-order is %d, expected at least 1", cfg.TaylorOrder)
		}
	}
	if e.CheckMethod != nil {
		if err := e.CheckMethod(cfg.Method); err != nil {
			return err
		}
		for _, v := range cfg.Variants {
			if err := e.CheckMethod(cfg.For(v).Method); err != nil {
				return errors.Wrapf(err, "variant %s", v)
			}
		}
	}
	if e.Check != nil {
		for _, v := range cfg.Variants {
			if err := e.Check(cfg.For(v), v); err != nil {
				return errors.Wrapf(err, "variant %s", v)
			}
		}
	}
	return nil
}

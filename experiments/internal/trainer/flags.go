package trainer

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/live"
)

// options is a command line.
type options struct {
	config      Config
	out         string
	bench       int // iterations to measure, 0 to train
	resume      bool
	quiet       bool
	trace       bool
	tensorboard bool
	live        string   // address of the page, empty for none
	flags       []string // flags that override the preset, but for -variants and -seeds
	notes       []string // remarks on flags that do nothing
	args        []string
}

// commandLine collects flags. Those that override the preset are applied to it
// in the order given, once it is known; a flag that is not given does nothing.
type commandLine struct {
	*flag.FlagSet
	options
	preset    string
	overrides []func(*Config)
	given     map[string]string // values of the overriding flags
}

func newCommandLine(e *Experiment) *commandLine {
	c := &commandLine{FlagSet: flag.NewFlagSet(e.Name, flag.ContinueOnError), given: map[string]string{}}
	c.SetOutput(io.Discard) // Run prints errors, on one line
	c.Usage = func() {}

	c.StringVar(&c.preset, "preset", "quick", "`name` of the configuration to start from, quick or paper")
	c.StringVar(&c.out, "out", filepath.Join("results", e.Name), "`folder` for the results")
	c.BoolVar(&c.resume, "resume", false, "go on from the last checkpoint in the results folder")
	c.BoolVar(&c.quiet, "quiet", false, "no progress bar")
	c.BoolVar(&c.trace, "trace", false, "record the steps of a prediction before and after training, and draw them")
	c.BoolVar(&c.tensorboard, "tensorboard", false, "write event files that TensorBoard reads, in the folder tensorboard of the results")
	c.Func("live", "`address` at which to serve a page of the training so far, as 127.0.0.1:8080, or :8080 for the same", func(v string) (err error) {
		c.live, err = live.Address(v)
		return err
	})
	c.IntVar(&c.bench, "bench", 0, "measure this `number` of iterations of the first variant in place of training")

	c.settings(e)
	return c
}

// parseArgs reads a command line, without the program's name. The error is
// flag.ErrHelp for -help.
func parseArgs(e *Experiment, args []string) (*options, error) {
	c := newCommandLine(e)
	c.args = args
	if err := c.Parse(args); err != nil {
		return nil, err
	}
	if c.NArg() > 0 {
		return nil, errors.Errorf("unexpected argument %q", Clip(c.Arg(0), maxValue))
	}

	var err error
	if c.config, err = e.preset(c.preset); err != nil {
		return nil, err
	}
	for _, apply := range c.overrides {
		apply(&c.config)
	}
	if c.config.AnnealEpochs == c.config.Epochs {
		c.config.AnnealEpochs = 0 // one configuration, one form
	}
	e.forgetAdded(&c.config)
	if err := e.validate(c.config); err != nil {
		return nil, err
	}
	given := make(map[string]bool)
	c.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["bench"] && inRange("-bench", c.bench, 1, maxCount) != nil:
		return nil, inRange("-bench", c.bench, 1, maxCount)
	case given["bench"] && c.resume:
		return nil, errors.New("-bench and -resume exclude each other")
	case given["bench"] && c.trace:
		return nil, errors.New("-bench and -trace exclude each other")
	case given["bench"] && c.tensorboard:
		return nil, errors.New("-bench and -tensorboard exclude each other, as -bench writes no file")
	case given["bench"] && given["out"]:
		return nil, errors.New("-bench and -out exclude each other, as -bench writes no file")
	case given["bench"] && given["live"]:
		return nil, errors.New("-bench and -live exclude each other")
	case c.out == "":
		return nil, errors.New("-out is empty, expected a folder")
	case c.preset == "paper" && e.Subset && !given["data"]:
		return nil, errors.Errorf("-preset paper is on the whole data set, expected -data with the folder of %s, or -data %s for the part of them in the binary", e.Data, embedded)
	}
	c.flags = c.overriding()
	c.notes = c.idle()
	return &c.options, nil
}

// overriding returns the flags, sorted by name, with which the preset becomes the
// configuration, whatever its variants and seeds.
func (c *commandLine) overriding() []string {
	flags := []string{}
	for _, name := range slices.Sorted(maps.Keys(c.given)) {
		if name != "variants" && name != "seeds" {
			flags = append(flags, "-"+name, c.given[name])
		}
	}
	return flags
}

// printHelp explains the flags.
func printHelp(e *Experiment, w io.Writer) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\n", e.Name)
	if e.Summary != "" {
		fmt.Fprintf(w, "%s\n\n", e.Summary)
	}
	fmt.Fprint(w, "A flag that is given overrides the preset. Values of presets are in brackets: of both, or of quick | paper.\n\n")
	c := newCommandLine(e)
	c.SetOutput(w)
	c.PrintDefaults()
}

func list[T any](parse func(string) (T, error)) func(string) ([]T, error) {
	return func(s string) ([]T, error) {
		if strings.TrimSpace(s) == "" {
			return nil, errors.New("the list is empty, expected at least one")
		}
		var values []T
		for item := range strings.SplitSeq(s, ",") {
			v, err := parse(strings.TrimSpace(item))
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return values, nil
	}
}

func text(s string) (string, error) { return s, nil }

func parseInt(s string) (int, error) {
	v, err := strconv.Atoi(s)
	if err != nil {
		return 0, errors.New("expected a whole number")
	}
	return v, nil
}

func parseSeed(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errors.Errorf("%q is no seed, expected a whole number from 0 to 2⁶⁴-1", Clip(s, maxValue))
	}
	return v, nil
}

func parseFloat(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errors.New("expected a number")
	}
	return v, nil
}

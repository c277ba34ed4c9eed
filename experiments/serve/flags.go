package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/mnist"
)

// options are what the flags of the server say.
type options struct {
	addr   string
	model  modelSettings
	limits limits
}

// usageError is a command line that is wrong.
type usageError struct{ error }

// parseFlags reads flags, of which the help goes to out.
func parseFlags(flags *flag.FlagSet, args []string, out io.Writer) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		flags.Usage()
		return err
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// The largest numbers that are not taken for a mistake.
const (
	maxInstances = 1 << 10
	maxRows      = 1 << 16
	maxWaiting   = 1 << 20
)

// entryBytes are more than a number of a request has in JSON.
const entryBytes = 32

// parse reads the flags of the server, of which the help goes to out.
func parse(args []string, out io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	set, l := &o.model, &o.limits
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "host and port to serve at; no host means this machine only")
	flags.StringVar(&set.file, "model", "", "safetensors `FILE` of a model of mnist_node, as it writes beside its results; the one in the binary if empty")
	flags.Float64Var(&set.tol, "tol", 1.4e-8, "absolute and relative tolerance of the solver")
	flags.IntVar(&set.maxEvaluations, "max-evaluations", 10_000, "evaluations of the dynamics after which a prediction is given up")
	flags.IntVar(&set.instances, "instances", runtime.GOMAXPROCS(0), "batches that are solved at once")
	flags.IntVar(&l.images, "max-images", 64, "images that a request may have")
	flags.IntVar(&l.rows, "batch", 32, "images that are solved together")
	flags.IntVar(&l.waiting, "waiting", 256, "images that may wait or be solved; requests beyond that get 503")
	flags.DurationVar(&l.window, "window", time.Millisecond, "how long an image waits for others to be solved with")
	flags.DurationVar(&l.timeout, "timeout", 5*time.Second, "time of a request")
	if err := parseFlags(flags, args, out); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, usageError{errors.Errorf("arguments %q, expected flags or load", flags.Args())}
	}
	l.body = max(1<<20, int64(l.images)*mnist.Pixels*entryBytes)
	for _, f := range []struct {
		name     string
		fits     bool
		expected string
	}{
		{"tol", set.tol > 0, "a positive number"},
		{"max-evaluations", set.maxEvaluations > 0, "a positive number"},
		{"instances", set.instances > 0 && set.instances <= maxInstances, fmt.Sprintf("a positive number, at most %d", maxInstances)},
		{"max-images", l.images > 0 && l.images <= maxWaiting, fmt.Sprintf("a positive number, at most %d", maxWaiting)},
		{"batch", l.rows > 0 && l.rows <= maxRows, fmt.Sprintf("a positive number, at most %d", maxRows)},
		{"waiting", l.waiting >= l.images && l.waiting <= maxWaiting, fmt.Sprintf("at least -max-images, and at most %d", maxWaiting)},
		{"window", l.window >= 0, "a time"},
		{"timeout", l.timeout > 0, "a positive time"},
	} {
		if !f.fits {
			return o, usageError{errors.Errorf("-%s %v, expected %s", f.name, flags.Lookup(f.name).Value, f.expected)}
		}
	}
	return o, nil
}

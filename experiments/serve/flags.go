package main

import (
	"flag"
	"io"
	"runtime"
	"time"

	"github.com/pkg/errors"
)

// options are what the flags of the server say.
type options struct {
	addr   string
	model  modelSettings
	limits limits
}

// parse reads the flags of the server, of which the help goes to out.
func parse(args []string, out io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(out)
	o.limits.body = 1 << 20
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
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, errors.Errorf("arguments %q, expected flags or load", flags.Args())
	}
	for _, f := range []struct {
		name     string
		fits     bool
		expected string
	}{
		{"tol", set.tol > 0, "a positive number"},
		{"max-evaluations", set.maxEvaluations > 0, "a positive number"},
		{"instances", set.instances > 0, "a positive number"},
		{"max-images", l.images > 0, "a positive number"},
		{"batch", l.rows > 0, "a positive number"},
		{"waiting", l.waiting >= l.images, "at least -max-images"},
		{"window", l.window >= 0, "a time"},
		{"timeout", l.timeout > 0, "a positive time"},
	} {
		if !f.fits {
			return o, errors.Errorf("-%s %v, expected %s", f.name, flags.Lookup(f.name).Value, f.expected)
		}
	}
	return o, nil
}

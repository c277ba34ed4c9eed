// Serve answers requests for predictions of a trained model over HTTP: the neural ODE
// of mnist_node classifies images of digits.
//
//	go run ./experiments/serve
//
// serves the model in the binary at http://127.0.0.1:8080, where a page shows a live
// prediction with the steps of its solver. POST /predict takes images as JSON and returns
// classes, probabilities and what the solve cost. Requests that come at the same time
// are solved together, each image in steps of its own, so that no answer depends on
// what else is asked. GET /healthz and GET /metrics are for what watches the server.
//
//	go run ./experiments/serve load
//
// sends it requests and prints how long they took. Run either with -help for its flags.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/live"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout, nil)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return
	}
	fmt.Fprintln(os.Stderr, "serve:", err)
	os.Exit(1)
}

// run serves or, if the first argument is load, tests a server, until the context ends.
// ready, if there is one, gets the address that is served.
func run(ctx context.Context, args []string, out io.Writer, ready chan<- net.Addr) error {
	if len(args) > 0 && args[0] == "load" {
		images, err := samples(100)
		if err != nil {
			return err
		}
		return load(ctx, args[1:], images, out)
	}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(out)
	var set modelSettings
	l := limits{body: 1 << 20}
	addr := flags.String("addr", "127.0.0.1:8080", "host and port to serve at; no host means this machine only")
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
		return err
	}
	if flags.NArg() > 0 {
		return errors.Errorf("arguments %q, expected flags or load", flags.Args())
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
			return errors.Errorf("-%s %v, expected %s", f.name, flags.Lookup(f.name).Value, f.expected)
		}
	}
	c, err := newClassifier(set)
	if err != nil {
		return err
	}
	images, err := samples(10)
	if err != nil {
		return err
	}
	text := about
	if set.file != "" {
		text = "The model of " + set.file + "."
	}
	page, err := newPage(images, text)
	if err != nil {
		return err
	}
	s := newServer(c, mnist.Pixels, page, l)
	if err := s.batcher.warm(ctx, images, set.instances); err != nil {
		return err
	}
	return serve(ctx, *addr, s, set.instances, out, ready)
}

// serve answers until the context ends, and then what has been asked by then.
func serve(ctx context.Context, addr string, s *server, workers int, out io.Writer, ready chan<- net.Addr) error {
	addr, err := live.Address(addr)
	if err != nil {
		return errors.Wrap(err, "-addr")
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Wrap(err, "-addr")
	}
	h := &http.Server{
		Handler: s.handler(), MaxHeaderBytes: 1 << 14, ReadHeaderTimeout: s.limits.timeout,
		IdleTimeout: time.Minute, WriteTimeout: 2*s.limits.timeout + 10*time.Second, // reading, solving, writing
	}
	working, finish := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { s.batcher.run(working, workers) })
	var stopped error
	all.Go(func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), 2*s.limits.timeout)
		defer cancel()
		stopped = h.Shutdown(limited)
		finish()
	})
	fmt.Fprintf(out, "serving at http://%s\n", listener.Addr())
	if ready != nil {
		ready <- listener.Addr()
	}
	if err := h.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		finish()
		return errors.Wrap(err, "serve")
	}
	all.Wait()
	return errors.Wrap(stopped, "shutdown")
}

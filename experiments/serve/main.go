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
	if errors.As(err, new(usageError)) {
		os.Exit(2)
	}
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
	o, err := parse(args, out)
	if err != nil {
		return err
	}
	listener, err := listen(o.addr)
	if err != nil {
		return errors.Wrap(err, "-addr")
	}
	defer listener.Close() // for the errors below; else it is closed by then
	c, err := newClassifier(o.model)
	if err != nil {
		return err
	}
	images, err := samples(10)
	if err != nil {
		return err
	}
	text := about
	if o.model.file != "" {
		text = "The model of " + o.model.file + "."
	}
	page, err := newPage(images, text)
	if err != nil {
		return err
	}
	s := newServer(c, mnist.Pixels, page, o.limits)
	if err := s.batcher.warm(ctx, images, o.model.instances); err != nil {
		return err
	}
	return serve(ctx, listener, s, o.model.instances, out, ready)
}

// listen listens at an address.
func listen(addr string) (net.Listener, error) {
	addr, err := live.Address(addr)
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp", addr)
}

// farewell is how long a server that ends waits for a first request on a connection.
const farewell = 100 * time.Millisecond

// serve answers until the context ends, and then what has been asked by then.
func serve(ctx context.Context, listener net.Listener, s *server, workers int, out io.Writer, ready chan<- net.Addr) error {
	var u unused
	h := &http.Server{
		Handler: s.handler(), ConnState: u.note, MaxHeaderBytes: 1 << 14, ReadHeaderTimeout: s.limits.timeout,
		ReadTimeout: 2 * s.limits.timeout,                                           // of bodies that no route reads
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
		defer time.AfterFunc(farewell, u.close).Stop()
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

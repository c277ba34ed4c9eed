package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/integrators"
)

// limits bound what the server takes on.
type limits struct {
	body    int64         // bytes of a request
	images  int           // images of a request
	waiting int           // images that wait or are solved
	rows    int           // images that are solved together
	window  time.Duration // how long an image waits for others
	timeout time.Duration // of a request, and of reading one
}

// server answers requests for predictions.
type server struct {
	limits  limits
	inputs  int // numbers of an image
	batcher *batcher
	metrics *metrics
	page    http.Handler
}

func newServer(p predictor, inputs int, page http.Handler, l limits) *server {
	s := &server{limits: l, inputs: inputs, page: page}
	s.batcher = newBatcher(p, l.window, l.rows, l.waiting, func(rows int) { s.metrics.rows.Observe(float64(rows)) })
	s.metrics = newMetrics(func() float64 { return float64(s.batcher.present.Load()) })
	return s
}

// handler returns the routes of the server.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /predict", s.predict)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.Handle("GET /{$}", s.page)
	return mux
}

// predict answers POST /predict.
func (s *server) predict(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	// A body that comes too slowly ends with the time limit. A writer without deadlines,
	// as of a test, has no connection that could be slow.
	_ = http.NewResponseController(w).SetReadDeadline(start.Add(s.limits.timeout))
	if s.batcher.full() {
		w.Header().Set("Connection", "close") // else the body is read before this is sent
		code, reason := failure(errOverloaded)
		s.refuse(w, code, reason, errOverloaded, start)
		return
	}
	images, trace, err := decode(http.MaxBytesReader(w, r.Body, s.limits.body), s.inputs, s.limits.images)
	if err != nil {
		code, reason := refusal(err)
		switch code {
		case http.StatusRequestTimeout:
			err = errors.Errorf("the request did not come within %v", s.limits.timeout)
		case http.StatusRequestEntityTooLarge:
			err = errors.Errorf("the request is longer than %d bytes", s.limits.body)
		}
		s.refuse(w, code, reason, err, start)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.timeout)
	defer cancel()
	start = time.Now()
	answers, err := s.batcher.submit(ctx, images)
	if err != nil {
		code, reason := failure(err)
		s.refuse(w, code, reason, err, start)
		return
	}
	for i := range answers {
		s.metrics.solved(answers[i])
		if !trace {
			answers[i].Trace = nil
		}
	}
	s.reply(w, http.StatusOK, map[string]any{"predictions": answers}, start)
}

// refuse answers with an error.
func (s *server) refuse(w http.ResponseWriter, code int, reason string, err error, start time.Time) {
	s.metrics.failures.WithLabelValues(reason).Inc()
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	s.reply(w, code, map[string]string{"error": err.Error()}, start)
}

func (s *server) reply(w http.ResponseWriter, code int, body any, start time.Time) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // whoever asked may have gone
	s.metrics.served(code, start)
}

// refusal returns the status code of a request that cannot be read.
func refusal(err error) (code int, reason string) {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, "too large"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "slow"
	}
	return http.StatusBadRequest, "malformed"
}

// failure returns the status code of a request that was not answered.
func failure(err error) (code int, reason string) {
	var f *integrators.Failure
	switch {
	case errors.Is(err, errOverloaded):
		return http.StatusServiceUnavailable, "overload"
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "time limit"
	case errors.Is(err, context.Canceled):
		return 499, "gone" // nobody reads it; the code is that of common web servers
	case errors.As(err, &f):
		return http.StatusUnprocessableEntity, "solver"
	}
	return http.StatusInternalServerError, "internal"
}

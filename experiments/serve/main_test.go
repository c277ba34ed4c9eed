package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/errors"
)

// start serves the model in the binary at a free port. stop ends it and returns the error.
func start(t *testing.T, args ...string) (url string, stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), io.Discard, ready) }()
	select {
	case addr := <-ready:
		return "http://" + addr.String(), func() error { cancel(); return <-ended }
	case err := <-ended:
		t.Fatal(err)
	}
	return "", nil
}

// ask returns what a server answers for images.
func ask(t *testing.T, url string, images ...[]float64) []answer {
	b, err := json.Marshal(request{Images: images, Trace: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Post(url+"/predict", "application/json", strings.NewReader(string(b)))
	code, body := get(t, r, err)
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	var answers struct{ Predictions []answer }
	if err := json.Unmarshal([]byte(body), &answers); err != nil {
		t.Fatal(err)
	}
	return answers.Predictions
}

// TestNeighbours: what an image is answered, its steps and the last bit of its
// probabilities, does not depend on what is asked with it or meanwhile.
func TestNeighbours(t *testing.T) {
	url, stop := start(t, "-window", "20ms")
	images, err := samples(20)
	if err != nil {
		t.Fatal(err)
	}
	alone := make([]string, len(images))
	text := func(a answer) string { b, _ := json.Marshal(a); return string(b) }
	for i, x := range images {
		alone[i] = text(ask(t, url, x)[0])
	}
	var all sync.WaitGroup
	for i := range images {
		all.Go(func() {
			for j, a := range ask(t, url, images[i], images[(i+7)%len(images)]) {
				if want := alone[(i+7*j)%len(images)]; text(a) != want {
					t.Errorf("image %d in a batch: %.200s, expected %.200s as alone", i, text(a), want)
				}
			}
		})
	}
	all.Wait()
	a := ask(t, url, images[0])[0]
	if len(a.Trace) != a.Accepted+a.Rejected || a.Class != 7 {
		t.Errorf("answer %v, expected a 7 with a trace of all attempts", a)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestShutdown: a server that is told to stop answers what has been asked before.
func TestShutdown(t *testing.T) {
	url, stop := start(t)
	images, err := samples(1)
	if err != nil {
		t.Fatal(err)
	}
	var asked sync.WaitGroup
	for range 8 {
		asked.Go(func() { ask(t, url, images[0]) })
	}
	asked.Wait()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(url + "/healthz"); err == nil {
		t.Error("the server answers after its end")
	}
}

// TestEvaluationLimit: a prediction that would cost too much fails as such, and the
// server goes on.
func TestEvaluationLimit(t *testing.T) {
	_, err := newClassifierForTest(t, modelSettings{tol: 1e-12, maxEvaluations: 20, instances: 1}).predict(t.Context(), [][]float64{make([]float64, 784)})
	if code, reason := failure(err); code != http.StatusUnprocessableEntity || reason != "solver" {
		t.Errorf("error %v: status %d for %s", err, code, reason)
	}
}

func newClassifierForTest(t *testing.T, set modelSettings) *classifier {
	c, err := newClassifier(set)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBadArguments: what cannot be served ends the program with a message.
func TestBadArguments(t *testing.T) {
	hostile := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(hostile, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"-model", hostile}, "model.safetensors"},
		{[]string{"-model", "nothing.safetensors"}, "nothing.safetensors"},
		{[]string{"-addr", taken.Addr().String()}, "in use"},
		{[]string{"-addr", "nowhere"}, "-addr"},
		{[]string{"-tol", "NaN"}, "-tol NaN, expected a positive number"},
		{[]string{"-batch", "0"}, "-batch 0, expected a positive number"},
		{[]string{"-waiting", "3"}, "-waiting 3, expected at least -max-images"},
		{[]string{"-waiting", "1000000000000000"}, "at most 1048576"},
		{[]string{"-instances", "1000000000"}, "at most 1024"},
		{[]string{"-nothing"}, "-nothing"},
		{[]string{"load", "foo"}, `"foo"`},
		{[]string{"-window", "-1s"}, "-window -1s, expected a time"},
		{[]string{"stop"}, `"stop"`},
		{[]string{"load", "-requests", "-1"}, "expected positive"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := run(ctx, tt.args, io.Discard, nil)
		cancel()
		if err == nil || !strings.Contains(err.Error(), tt.says) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q: error %v, expected one with %q", tt.args, err, tt.says)
		}
	}
}

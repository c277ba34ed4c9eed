package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

var testLimits = limits{body: 1 << 10, images: 4, waiting: 8, rows: 4, window: time.Millisecond, timeout: 5 * time.Second}

// serving returns a server of a predictor of four numbers until the test ends.
func serving(t *testing.T, p predictor, l limits) *httptest.Server {
	page, err := newPage([][]float64{input(0)}, "About <the> model")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(p, 4, page, l)
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { s.batcher.run(ctx, 2) })
	ts := httptest.NewServer(s.handler())
	t.Cleanup(func() { ts.Close(); cancel(); done.Wait() })
	return ts
}

func get(t *testing.T, r *http.Response, err error) (code int, body string) {
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func post4(t *testing.T, url, body string) (int, string) {
	r, err := http.Post(url+"/predict", "application/json", strings.NewReader(body))
	return get(t, r, err)
}

// TestServer: every kind of request has its status code, and bad ones leave the server
// at work.
func TestServer(t *testing.T) {
	ts := serving(t, &fake{}, testLimits)
	for _, tt := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "/predict", `{"image":[0,0,0.5,0]}`, 200, `"class":2`},
		{"POST", "/predict", `{"images":[[0,0,0.5,0],[0,0.5,0,0]]}`, 200, `"class":1`},
		{"POST", "/predict", `{"image":[0,0,0.5,0],"trace":true}`, 200, `"trace":[{`},
		{"POST", "/predict", `{"image":[0,0,NaN,0]}`, 400, "error"},
		{"POST", "/predict", `{"image":[0]}`, 400, "expected 4"},
		{"POST", "/predict", `{"image":[` + strings.Repeat("0,", 1<<10) + `0]}`, 413, "longer than 1024 bytes"},
		{"POST", "/predict", `{"image":[1,0,0,0]}`, 500, "cannot be solved"},
		{"GET", "/predict", "", 405, ""},
		{"GET", "/nothing", "", 404, ""},
		{"GET", "/healthz", "", 200, "ok"},
		{"GET", "/", "", 200, "About &lt;the&gt; model"},
		{"GET", "/metrics", "", 200, `regnde_requests_total{code="200"} 3`},
		{"GET", "/metrics", "", 200, `regnde_failures_total{reason="malformed"} 2`},
		{"GET", "/metrics", "", 200, `regnde_steps_total{accepted="true"} 28`},
		{"GET", "/metrics", "", 200, `regnde_nfe_count 4`},
		{"GET", "/metrics", "", 200, `regnde_inputs_present 0`},
	} {
		q, err := http.NewRequest(tt.method, ts.URL+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.DefaultClient.Do(q)
		if code, body := get(t, r, err); code != tt.code || !strings.Contains(body, tt.says) {
			t.Errorf("%s %s %.60s: %d %q, expected %d with %q", tt.method, tt.path, tt.body, code, body, tt.code, tt.says)
		}
	}
}

// TestServerOverload: while as many images are present as may be, requests get 503 and
// are told when to come again; then they are answered again.
func TestServerOverload(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	ts := serving(t, f, testLimits)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if code, body := post4(t, ts.URL, `{"images":[[0,0,0.5,0],[0,0.5,0,0],[0,0,0.5,0],[0,0.5,0,0]]}`); code != 200 {
				t.Errorf("a request that came first: %d %s", code, body)
			}
		})
	}
	for {
		r, err := http.Get(ts.URL + "/metrics")
		if _, body := get(t, r, err); strings.Contains(body, "regnde_inputs_present 8") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	r, err := http.Post(ts.URL+"/predict", "application/json", strings.NewReader(`{"image":[0,0,0.5,0]}`))
	after := r.Header.Get("Retry-After")
	if code, body := get(t, r, err); code != 503 || after == "" || !strings.Contains(body, "busy") {
		t.Errorf("overload: %d %q, Retry-After %q", code, body, after)
	}
	// Nor is a body waited for that does not come.
	c, err := net.Dial("tcp", ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 503 || !r.Close {
		t.Errorf("overload and no body: %v, error %v, expected 503 on a connection that closes", r, err)
	}
	if code, _ := post4(t, ts.URL, "nothing that is read"); code != 503 {
		t.Errorf("overload: %d for a body that is not to be read", code)
	}
	close(f.hold)
	all.Wait()
	if code, body := post4(t, ts.URL, `{"image":[0,0,0.5,0]}`); code != 200 {
		t.Errorf("after overload: %d %s", code, body)
	}
}

// TestServerTimeLimit: a prediction that takes too long, and a body that comes too slowly,
// end with the time limit.
func TestServerTimeLimit(t *testing.T) {
	l := testLimits
	l.timeout = 50 * time.Millisecond
	ts := serving(t, &fake{hold: make(chan struct{})}, l)
	if code, body := post4(t, ts.URL, `{"image":[0,0,0.5,0]}`); code != 503 || !strings.Contains(body, "deadline") {
		t.Errorf("a prediction without end: %d %s", code, body)
	}
	c, err := net.Dial("tcp", ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if code, body := get(t, r, err); code != 408 || !strings.Contains(body, "within 50ms") {
		t.Errorf("a body without end: %d %s", code, body)
	}
}

// TestLoad: the load test says how many requests were answered, and how fast.
func TestLoad(t *testing.T) {
	ts := serving(t, &fake{}, testLimits)
	var out strings.Builder
	if err := load(t.Context(), []string{"-url", ts.URL, "-requests", "50", "-callers", "2", "-images", "2"}, [][]float64{input(1), input(2)}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"answers: 50 × 200", "p50 ", "p95 ", "p99 ", "images/s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("report %q, expected %q in it", out.String(), want)
		}
	}
	if err := load(t.Context(), []string{"-callers", "0"}, nil, io.Discard); err == nil {
		t.Error("no callers: no error")
	}
	ts.Close()
	out.Reset()
	err := load(t.Context(), []string{"-url", ts.URL, "-requests", "5", "-callers", "2"}, [][]float64{input(1)}, &out)
	if err == nil || !strings.Contains(err.Error(), ts.URL) || !strings.Contains(out.String(), "answers: 5 × dial: ") {
		t.Errorf("no server: report %q, error %v, expected the one failure of all requests", out.String(), err)
	}
}

// TestAnswerFields: the fields of an answer are those that the documentation names.
func TestAnswerFields(t *testing.T) {
	b, err := json.Marshal(answer{Trace: []attempt{{}}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"class":0,"probabilities":null,"nfe":0,"accepted":0,"rejected":0,"trace":[{"t":0,"h":0,"e":0,"s":0,"accepted":false}]}`
	if string(b) != want {
		t.Errorf("answer %s, expected %s", b, want)
	}
}

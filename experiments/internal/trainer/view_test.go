package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// watched trains the toy with -live, and calls look with the address of the page after
// every iteration.
func watched(t *testing.T, e func(*hooks) Experiment, look func(url string, id runID, it Iteration), args ...string) {
	t.Helper()
	var stderr bytes.Buffer
	line := regexp.MustCompile(`live: (http://127\.0\.0\.1:[0-9]+/)`)
	h := &hooks{iterate: func(id runID, it Iteration, _ *Result) error {
		m := line.FindStringSubmatch(stderr.String())
		if m == nil {
			t.Fatalf("no address in %q", stderr.String())
		}
		look(m[1], id, it)
		return nil
	}}
	args = append(args, "-live", "127.0.0.1:0")
	if status := RunExperiment(t.Context(), e(h), args, io.Discard, &stderr); status != exitOK {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
}

func quickToy(h *hooks) Experiment {
	e := toy(h)
	e.noFigures = true
	return e
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d: %s", url, answer.StatusCode, body)
	}
	return string(body)
}

// The page has what there is after every iteration, and the run is what it is without.
func TestLive(t *testing.T) {
	dir, whole := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(whole)...)
	var last string
	watched(t, quickToy, func(url string, id runID, it Iteration) {
		last = url
		var data struct {
			Progress struct {
				Variant          Variant
				Epoch, Iteration int
				Left             int `json:"iterations_left"`
			}
			Iterations struct {
				First     int
				Loss, NFE []float64
			}
			Results Results
		}
		if err := json.Unmarshal([]byte(fetch(t, url+"data.json")), &data); err != nil {
			t.Fatal(err)
		}
		done := it.Number - 1 // as this one is not over
		run := 0
		if id.variant == "steer+ernode" {
			run = 1
		}
		if p := data.Progress; p.Variant != id.variant || p.Iteration != done || p.Left != resumeIterations-6*run-done {
			t.Errorf("%s, after iteration %d: progress %+v", id, done, p)
		}
		if i := data.Iterations; i.First != 1 || len(i.Loss) != done || len(i.NFE) != done {
			t.Errorf("%s, after iteration %d: iterations %+v", id, done, i)
		}
		epochs := 0
		for _, r := range data.Results.Runs {
			epochs += len(r.Epochs)
		}
		if want := 2*run + done/3; epochs != want {
			t.Errorf("%s, after iteration %d: %d epochs, expected %d", id, done, epochs, want)
		}
		page := fetch(t, url)
		want := []string{"<dd>" + strings.ReplaceAll(id.String(), "+", "&#43;") + "</dd>"}
		if epochs > 0 {
			want = append(want, "<td>steer</td>", "figures/nfe.svg", "figures/loss.svg", "figures/accuracy.svg", "figures/trace.svg", "steer, seed 1, epoch 1/2: loss")
		}
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s, after iteration %d: page lacks %q:\n%s", id, done, text, page)
			}
		}
		if run == 0 || done < 5 {
			return
		}
		for _, name := range []string{"iterations", "nfe", "loss", "accuracy", "trace"} {
			if svg := fetch(t, url+"figures/"+name+".svg"); !strings.Contains(svg, "</text>") {
				t.Errorf("%s: no text in %s", name, svg)
			}
		}
	}, args(dir)...)
	sameRuns(t, dir, whole)
	if _, err := http.Get(last); err == nil {
		t.Error("the page is there after the end")
	}
}

// Who looks does not disturb who trains and draws the same figures.
func TestLiveFigures(t *testing.T) {
	var viewers sync.WaitGroup
	watched(t, toy, func(url string, _ runID, it Iteration) {
		if it.Number < 6 {
			return
		}
		for _, name := range []string{"loss", "trace"} {
			viewers.Go(func() {
				if answer, err := http.Get(url + "figures/" + name + ".svg"); err == nil { // else it has ended
					answer.Body.Close()
				}
			})
		}
	}, "-out", t.TempDir(), "-variants", "ernode")
	viewers.Wait()
}

// An address that is taken ends the program before it begins.
func TestLiveAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := filepath.Join(t.TempDir(), "results")
	o := runToy(t.Context(), after(1, func() { t.Error("it trains") }), args(dir, "-live", l.Addr().String())...)
	if o.status != exitFailed || !strings.Contains(o.stderr, "expected an address of this machine with a free port") {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("there is a folder")
	}
}

// An interrupted run with a page goes on without, and the other way round.
func TestLiveIsNoPartOfTheConfiguration(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	for _, first := range []bool{true, false} {
		dir, flag := t.TempDir(), []string{"-live", ":0"}
		given := map[bool][]string{first: flag, !first: nil}
		ctx, cancel := context.WithCancel(t.Context())
		runToy(ctx, after(4, cancel), args(dir, given[true]...)...)
		cancel()
		mustRun(t, nil, args(dir, append(given[false], "-resume")...)...)
		sameRuns(t, dir, whole)
		if got, want := readResults(t, dir).Flags, readResults(t, whole).Flags; !reflect.DeepEqual(got, want) {
			t.Errorf("flags %q, expected %q", got, want)
		}
	}
}

// Many iterations are drawn as means over a few, with their range.
func TestIterationsFigure(t *testing.T) {
	e := toy(nil)
	s := snapshot{exp: &e, run: runID{"vanilla", 1}, first: 101}
	for i := range 2*mostPoints + 2 { // three to a point
		s.loss = append(s.loss, float64(i%3)) // 0, 1, 2
		s.nfe = append(s.nfe, 75)
	}
	f := s.iterations()
	line := f.Panels[0].Series[0]
	if n := len(line.X); n > mostPoints || line.X[0] != 102 || line.Y[0] != 1 || line.Low[0] != 0 || line.High[0] != 2 {
		t.Errorf("%d points, the first %v, %v from %v to %v, expected 102, 1 from 0 to 2", n, line.X[0], line.Y[0], line.Low[0], line.High[0])
	}
	if last := len(line.X) - 1; line.X[last] != float64(100+len(s.loss)) {
		t.Errorf("last point at %v", line.X[last])
	}
	s.loss, s.nfe = s.loss[:5], s.nfe[:5]
	if line := s.iterations().Panels[0].Series[0]; len(line.X) != 5 || line.Low != nil {
		t.Errorf("line %+v, expected five points without a range", line)
	}
}

func TestPace(t *testing.T) {
	start := time.Unix(1000, 0)
	p := pace{began: start, left: 5}
	if got := p.remaining(start.Add(time.Hour)); got != 0 {
		t.Errorf("%v before the first iteration, expected 0", got)
	}
	p.step()
	p.step()
	if got, want := p.remaining(start.Add(8*time.Second)), 12*time.Second; got != want {
		t.Errorf("%v, expected %v", got, want)
	}
	p.left = 0
	if got := p.remaining(start.Add(time.Hour)); got != 0 {
		t.Errorf("%v at the end, expected 0", got)
	}
}

func TestCoarse(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 400 * time.Millisecond, "59s": 59 * time.Second, "1m0s": 60 * time.Second, "12m31s": 12*time.Minute + 30600*time.Millisecond,
		"1h0m": time.Hour, "26h3m": 26*time.Hour + 2*time.Minute + 40*time.Second,
	} {
		if got := coarse(d); got != want {
			t.Errorf("%v: %q, expected %q", d, got, want)
		}
	}
}

package trainer

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/integrators"
)

func readTrace(t *testing.T, dir string) []Trace {
	t.Helper()
	traces, err := ReadTraces(filepath.Join(dir, traceFile))
	if err != nil {
		t.Fatal(err)
	}
	return traces
}

// TestTrace: two solves of every run are recorded, with as many steps as the
// model took, and training does not know of it.
func TestTrace(t *testing.T) {
	plain, traced := t.TempDir(), t.TempDir()
	mustRun(t, nil, args(plain)...)
	mustRun(t, nil, args(traced, "-trace")...)
	sameRuns(t, traced, plain)

	traces := readTrace(t, traced)
	if len(traces) != 4 {
		t.Fatalf("%d traces, expected 4", len(traces))
	}
	runs := readResults(t, traced).Runs
	for i, tr := range traces {
		run := runs[i/2]
		if tr.Variant != run.Variant || tr.Seed != run.Seed || tr.Trained != (i%2 == 1) {
			t.Errorf("trace %d is of %s, seed %d, trained %v", i, tr.Variant, tr.Seed, tr.Trained)
		}
		want := 20 // of the initial weight 0.1
		if tr.Trained {
			want = run.Final.Accepted
		}
		if len(tr.Steps) != want {
			t.Errorf("%s, trained %v: %d steps, expected %d", tr.Variant, tr.Trained, len(tr.Steps), want)
		}
	}

	// A folder is traced afterwards, too, and in parts.
	mustRun(t, nil, args(plain, "-trace", "-resume")...)
	ctx, cancel := context.WithCancel(t.Context())
	parts := t.TempDir()
	runToy(ctx, after(5, cancel), args(parts, "-trace")...)
	cancel()
	mustRun(t, nil, args(parts, "-trace", "-resume")...)
	for _, dir := range []string{plain, parts} {
		if got := readTrace(t, dir); !reflect.DeepEqual(got, traces) {
			t.Errorf("resumed: traces differ from those of one run")
		}
	}
}

// TestTraceLeavesOutFailures: a run that did not come to its end has no final model.
func TestTraceLeavesOutFailures(t *testing.T) {
	dir := t.TempDir()
	h := &hooks{iterate: func(id runID, it Iteration, r *Result) error {
		if id.variant == "steer" && it.Number == 4 {
			r.Loss = math.NaN()
		}
		return nil
	}}
	if o := runToy(t.Context(), h, args(dir, "-trace")...); o.status != exitFailed {
		t.Fatalf("status %d, expected %d", o.status, exitFailed)
	}
	for _, tr := range readTrace(t, dir) {
		if tr.Variant != "steer+ernode" {
			t.Errorf("trace of %s", tr.Variant)
		}
	}
}

func someTraces() []Trace {
	before := []integrators.Step{{T: 0, H: 0.5, E: 0.25, S: 2, Accepted: true}, {T: 0.5, H: 0.5, E: 0.5, S: 1, Accepted: true}}
	return []Trace{
		{Variant: "vanilla", Seed: 2, Steps: before},
		{Variant: "vanilla", Seed: 2, Trained: true, Steps: []integrators.Step{
			{T: 0, H: 0.5, E: math.NaN(), S: math.NaN()}, {T: 0, H: 0.25, E: 1.5, S: 3}, {T: 0, H: 1, E: 1e-9, S: 4, Accepted: true},
		}},
		{Variant: "ernode", Seed: 2, Steps: before},
		{Variant: "ernode", Seed: 2, Trained: true, Steps: before[:1]},
		{Variant: "vanilla", Seed: 3, Steps: before},
	}
}

func TestTracesAreReadAsWritten(t *testing.T) {
	var b bytes.Buffer
	if err := writeTraces(&b, someTraces()); err != nil {
		t.Fatal(err)
	}
	if want := traceHeader + "\nvanilla,2,before,1,0,0.5,0.25,2,true\nvanilla,2,before,2,0.5,0.5,0.5,1,true\nvanilla,2,after,1,0,0.5,NaN,NaN,false\n"; !strings.HasPrefix(b.String(), want) {
		t.Errorf("written\n%s, expected it to begin with\n%s", b.String(), want)
	}
	got, err := parseTraces(b.String())
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := writeTraces(&again, got); err != nil || again.String() != b.String() { // NaN is not equal to itself
		t.Errorf("read and written again:\n%s, error %v, expected\n%s", again.String(), err, b.String())
	}
}

// switchedTrace is that of a switch that goes over to the stiff method for two steps.
func switchedTrace() Trace {
	return Trace{Variant: "vanilla", Seed: 1, Trained: true, Steps: []integrators.Step{
		{T: 0, H: 1e-4, E: 0.5, S: 2, Accepted: true},
		{T: 1e-4, H: 1e-3, E: 2, S: 2},
		{T: 1e-4, H: 1e-4, E: 0.5, S: 3, Accepted: true},
		{T: 2e-4, H: 1e-3, E: 0.5, S: 1e4, Accepted: true, Stiff: true},
		{T: 1.2e-3, H: 1e-2, E: 0.5, S: 1e4, Accepted: true, Stiff: true},
		{T: 1.12e-2, H: 5, E: 0.5, S: 4, Accepted: true},
	}}
}

// TestStiffStepsAreRecorded: where a method switched, a column more says which steps
// were stiff. Files without it are read as before.
func TestStiffStepsAreRecorded(t *testing.T) {
	want := []Trace{switchedTrace(), someTraces()[0]}
	var b bytes.Buffer
	if err := writeTraces(&b, want); err != nil {
		t.Fatal(err)
	}
	if got, err := parseTraces(b.String()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v, error %v, expected %+v", got, err, want)
	}
	damaged := strings.Replace(b.String(), "true,true\n", "true,maybe\n", 1)
	if _, err := parseTraces(damaged); err == nil || !strings.Contains(err.Error(), "stiff") {
		t.Errorf("a step that is maybe stiff: error %v", err)
	}
}

// TestStiffStepsAreDrawnApart: the steps of each method have a colour and a name in the
// legend, the changes have rings, and the time axis is one that shows the first steps.
func TestStiffStepsAreDrawnApart(t *testing.T) {
	f := TraceFigure([]Trace{switchedTrace()})
	names, rings := map[string]string{}, []float64{}
	for _, s := range f.Panels[0].Series {
		if s.Name != "" {
			names[s.Name] = s.Like
		}
		if s.Marks == figure.Rings {
			rings = append(rings, s.X...)
		}
		for _, x := range s.X {
			if !(x > 0) {
				t.Errorf("%q at time %v of a logarithmic axis", s.Name, x)
			}
		}
	}
	if want := map[string]string{"vanilla: 3 explicit steps": "vanilla explicit", "vanilla: 2 stiff steps": "vanilla stiff"}; !reflect.DeepEqual(names, want) {
		t.Errorf("legend and colours %v, expected %v", names, want)
	}
	if want := []float64{2e-4, 1.12e-2}; !reflect.DeepEqual(rings, want) {
		t.Errorf("rings at %v, expected the changes %v", rings, want)
	}
	if !f.Panels[0].LogX || !strings.Contains(f.Caption, "Rings") {
		t.Errorf("logarithmic time %v, caption %q", f.Panels[0].LogX, f.Caption)
	}
	if err := f.Save(filepath.Join(t.TempDir(), "trace")); err != nil {
		t.Error(err)
	}
	if TraceFigure(someTraces()).Panels[0].LogX {
		t.Error("steps all over the time span on a logarithmic axis")
	}
}

func TestDamagedTraces(t *testing.T) {
	line := "vanilla,2,before,1,0,0.5,0.25,2,true\n"
	for _, tt := range []struct{ text, want string }{
		{"", "line 1"},
		{"no header\n" + line, "line 1"},
		{traceHeader + "\n" + line + "vanilla,2", "line 3: 2 fields"},
		{traceHeader + "\n" + strings.Replace(line, ",1,", ",2,", 1), "line 2: attempt 2, expected 1"},
		{traceHeader + "\n" + line + strings.Replace(line, ",1,", ",3,", 1), "line 3: attempt 3"},
		{traceHeader + "\n" + strings.Replace(line, "before", "during", 1), "during"},
		{traceHeader + "\n" + strings.Replace(line, "0.25", "x", 1), `"x"`},
		{traceHeader + "\n" + strings.Replace(line, "true", "yes", 1), "accepted"},
		{traceHeader + "\n" + strings.Replace(line, ",2,", ",-2,", 1), "seed"},
	} {
		path := filepath.Join(t.TempDir(), traceFile)
		if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTraces(path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, expected one that names the file and has %q", tt.text, err, tt.want)
		}
	}
}

func FuzzParseTraces(f *testing.F) {
	var b bytes.Buffer
	if err := writeTraces(&b, someTraces()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	b.Reset()
	if err := writeTraces(&b, []Trace{switchedTrace()}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.String())
	f.Add(traceHeader)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		traces, err := parseTraces(text)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := writeTraces(&b, traces); err != nil {
			t.Fatal(err)
		}
		if _, err := parseTraces(b.String()); err != nil {
			t.Errorf("%q is read, but not what is written of it: %v", text, err)
		}
	})
}

func TestTraceFigure(t *testing.T) {
	f := TraceFigure(someTraces())
	if len(f.Panels) != 3 {
		t.Fatalf("%d panels, expected 3", len(f.Panels))
	}
	var names []string
	crosses := 0
	for _, s := range f.Panels[1].Series {
		if s.Name != "" {
			names = append(names, s.Name)
		}
		if s.Marks == figure.Crosses {
			crosses += len(s.X)
		}
	}
	if want := []string{"vanilla: 1 step", "ernode: 1 step", "before training: 2 steps"}; !reflect.DeepEqual(names, want) {
		t.Errorf("legend %q, expected %q", names, want)
	}
	if crosses != 2 {
		t.Errorf("%d crosses, expected one for each rejected step", crosses)
	}
	level := f.Panels[0].Series[len(f.Panels[0].Series)-3]
	if want := []float64{0, 0.5, 0.5, 1}; !reflect.DeepEqual(level.X, want) || !level.Light {
		t.Errorf("before training: levels at %v, light %v, expected %v", level.X, level.Light, want)
	}
	if f.Panels[0].LogY || !f.Panels[1].LogY {
		t.Errorf("logarithmic axes %v and %v, expected one of errors over decades alone", f.Panels[0].LogY, f.Panels[1].LogY)
	}
	if err := f.Save(filepath.Join(t.TempDir(), "trace")); err != nil {
		t.Error(err)
	}

	// A method that estimates no stiffness has no such panel, and nothing to draw
	// is no error.
	sde := someTraces()
	for i := range sde {
		for j := range sde[i].Steps {
			sde[i].Steps[j].S = 0
		}
	}
	if n := len(TraceFigure(sde).Panels); n != 2 {
		t.Errorf("%d panels without stiffness, expected 2", n)
	}
	if n := len(TraceFigure(nil).Panels); n != 0 {
		t.Errorf("%d panels of no traces", n)
	}
}

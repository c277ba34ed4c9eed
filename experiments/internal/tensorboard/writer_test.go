package tensorboard_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/regnde/regnde/experiments/internal/tensorboard"
	"github.com/regnde/regnde/experiments/internal/tensorboard/tensorboardtest"
)

// write begins an event file at a step and writes one event.
func write(t *testing.T, dir string, from, step int64, values ...tensorboard.Value) {
	t.Helper()
	w, err := tensorboard.Create(dir, from)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(step, values...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A file begins with its version and with the step from which it replaces others, and
// goes on with the values.
func TestEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs", "ernode-seed1")
	seconds := func() float64 { return float64(time.Now().UnixNano()) / 1e9 }
	before := seconds()
	write(t, dir, 41, 42, tensorboard.Scalar{Tag: "loss", Value: 0.1}, tensorboard.Scalar{Tag: "NFE", Value: 75})
	after := seconds()

	paths := tensorboardtest.Files(t, dir)
	if len(paths) != 1 {
		t.Fatalf("files %v, expected one", paths)
	}
	events := tensorboardtest.File(t, paths[0])
	for i := range events {
		if at := events[i].Time; at < before || at > after {
			t.Errorf("event at %v, expected from %v to %v", at, before, after)
		}
		events[i].Time = 0
	}
	none, noHistograms := map[string]float32{}, map[string]tensorboardtest.Histogram{}
	want := []tensorboardtest.Event{
		{Version: "brain.Event:2", Scalars: none, Histograms: noHistograms},
		{Step: 41, Start: true, Scalars: none, Histograms: noHistograms},
		{Step: 42, Scalars: map[string]float32{"loss": 0.1, "NFE": 75}, Histograms: noHistograms},
	}
	if !reflect.DeepEqual(events, want) {
		t.Errorf("events\n%+v, expected\n%+v", events, want)
	}
}

// The files of a run are read in the order in which they were made.
func TestFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	for step := range int64(20) {
		write(t, dir, step, step, tensorboard.Scalar{Tag: "step", Value: float64(step)})
	}
	events := tensorboardtest.Run(t, dir)
	if len(events) != 20 {
		t.Fatalf("%d events, expected 20", len(events))
	}
	for i, e := range events {
		if e.Step != int64(i) {
			t.Errorf("event %d is of step %d", i, e.Step)
		}
	}
}

func TestHistogram(t *testing.T) {
	ramp := make([]float64, 61) // 0, 0.5, …, 30: two in a bin, and three in the last
	for i := range ramp {
		ramp[i] = float64(i) / 2
	}
	twos := slices.Repeat([]float64{2}, 30)
	twos[29] = 3
	var limits []float64
	for i := range 30 {
		limits = append(limits, float64(i+1))
	}
	for name, test := range map[string]struct {
		values []float64
		want   tensorboardtest.Histogram
	}{
		"ramp": {ramp, tensorboardtest.Histogram{
			Min: 0, Max: 30, Number: 61, Sum: 915, SumSquares: 18452.5,
			Limits: limits, Counts: twos,
		}},
		"one value": {[]float64{2, 2, 2}, tensorboardtest.Histogram{
			Min: 2, Max: 2, Number: 3, Sum: 6, SumSquares: 12,
			Limits: []float64{2}, Counts: []float64{3},
		}},
		"none": {nil, tensorboardtest.Histogram{
			Min: 0, Max: 0, Number: 0, Sum: 0, SumSquares: 0,
			Limits: []float64{0}, Counts: []float64{0},
		}},
		"not finite": {[]float64{math.NaN(), -2, math.Inf(1)}, tensorboardtest.Histogram{
			Min: -2, Max: -2, Number: 1, Sum: -2, SumSquares: 4,
			Limits: []float64{-2}, Counts: []float64{1},
		}},
	} {
		dir := t.TempDir()
		write(t, dir, 0, 1, tensorboard.Histogram{Tag: "h", Values: test.values})
		events := tensorboardtest.Run(t, dir)
		want := map[string]tensorboardtest.Histogram{"h": test.want}
		if len(events) != 1 || !reflect.DeepEqual(events[0].Histograms, want) {
			t.Errorf("%s: events %+v, expected one with %+v", name, events, want)
		}
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tensorboard.Create(filepath.Join(path, "run"), 0); err == nil {
		t.Error("no error")
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	w, err := tensorboard.Create(filepath.Join(dir, "first-run"), 0)
	if err != nil {
		panic(err)
	}
	for step := range int64(10) {
		if err := w.Write(step, tensorboard.Scalar{Tag: "loss", Value: 1 / float64(1+step)}); err != nil {
			panic(err)
		}
	}
	fmt.Println(w.Close()) // tensorboard --logdir DIR draws it
	// Output: <nil>
}

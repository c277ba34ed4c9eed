package profile_test

import (
	"context"
	"runtime/pprof"
	"testing"

	"github.com/regnde/regnde/graph/profile"
	"github.com/regnde/regnde/graph/profile/profiletest"
)

func TestPhases(t *testing.T) {
	ctx := pprof.WithLabels(t.Context(), pprof.Labels("model", "spiral"))
	pprof.SetGoroutineLabels(pprof.WithLabels(t.Context(), pprof.Labels("user", "own")))
	defer pprof.SetGoroutineLabels(context.Background())

	profile.Enter(profile.Solve)
	if got, want := profiletest.Labels(t), `"user":"own"`; got != want {
		t.Errorf("labels %s, expected those of the program, %s", got, want)
	}
	if c := profile.Latest(); c != nil {
		t.Errorf("a context %v, expected none", c)
	}
	profile.Label(ctx)
	defer profile.Unlabel()
	for phase, want := range map[profile.Phase]string{
		profile.Forward: `"model":"spiral", "phase":"forward"`,
		profile.Solve:   `"model":"spiral", "phase":"solve"`,
		profile.Reverse: `"model":"spiral", "phase":"reverse"`,
		profile.Outside: `"model":"spiral"`,
	} {
		profile.Enter(phase)
		if got := profiletest.Labels(t); got != want {
			t.Errorf("labels %s, expected %s", got, want)
		}
		pprof.SetGoroutineLabels(profile.Latest())
		if got := profiletest.Labels(t); got != want {
			t.Errorf("labels of the latest %s, expected %s", got, want)
		}
	}
	profile.Enter(profile.Outside)
	profile.Unlabel()
	profile.Enter(profile.Forward)
	if got, want := profiletest.Labels(t), `"model":"spiral"`; got != want {
		t.Errorf("labels %s after the end, expected %s", got, want)
	}
}

func TestNoAllocation(t *testing.T) {
	enter := func() { profile.Enter(profile.Forward); profile.Enter(profile.Outside) }
	if n := testing.AllocsPerRun(100, enter); n != 0 {
		t.Errorf("%v allocations without labels, expected none", n)
	}
	profile.Label(t.Context())
	defer profile.Unlabel()
	defer profile.Enter(profile.Outside)
	if n := testing.AllocsPerRun(100, enter); n != 0 {
		t.Errorf("%v allocations with labels, expected none", n)
	}
}

func BenchmarkEnter(b *testing.B) {
	b.Run("off", func(b *testing.B) {
		for b.Loop() {
			profile.Enter(profile.Forward)
		}
	})
	b.Run("on", func(b *testing.B) {
		profile.Label(context.Background())
		defer profile.Unlabel()
		for b.Loop() {
			profile.Enter(profile.Forward)
		}
	})
}

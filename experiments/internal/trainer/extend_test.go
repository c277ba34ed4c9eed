package trainer

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A run that has ended goes on to more epochs, and is then what it would be if it
// had been begun so, with its weights annealed as far as they were.
func TestExtend(t *testing.T) {
	for _, variants := range []string{"steer,steer+ernode", "vanilla,ernode"} {
		args := func(dir, epochs string, more ...string) []string {
			return append([]string{"-out", dir, "-variants", variants, "-epochs", epochs}, more...)
		}
		dir, whole := t.TempDir(), t.TempDir()
		mustRun(t, nil, args(dir, "2")...)
		refused(t, dir, "holds results of 2 epochs: -resume goes on to 4", args(dir, "4")...)
		refused(t, dir, "anneal_epochs", args(dir, "4", "-resume", "-anneal-epochs", "3")...)
		refused(t, dir, "lr 0.05 there, 0.1 now", args(dir, "4", "-resume", "-lr", "0.1")...)

		// Interrupted on the way, and twice farther.
		ctx, cancel := context.WithCancel(t.Context())
		o := runToy(ctx, after(2, cancel), args(dir, "3", "-resume")...)
		cancel()
		if o.status != exitInterrupted {
			t.Fatalf("status %d: %s", o.status, o.stderr)
		}
		if noted := strings.Contains(o.stderr, "annealed over 2 epochs as before"); noted != (variants == "vanilla,ernode") {
			t.Errorf("%s: standard error %q", variants, o.stderr)
		}
		mustRun(t, nil, args(dir, "3", "-resume")...)
		mustRun(t, nil, args(dir, "4", "-resume")...)
		refused(t, dir, "epochs 4 there, 2 now", args(dir, "2", "-resume")...)

		mustRun(t, nil, args(whole, "4", "-anneal-epochs", "2")...)
		if got, want := readResults(t, dir).WithoutTimes(), readResults(t, whole).WithoutTimes(); !reflect.DeepEqual(got, want) {
			t.Errorf("results\n%+v, expected\n%+v", got, want)
		}
		if got, want := readStates(t, dir), readStates(t, whole); !reflect.DeepEqual(got, want) {
			t.Errorf("models\n%+v, expected\n%+v", got, want)
		}
		got, want := readLog(t, dir), readLog(t, whole) // in the order of training
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("log\n%s, expected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

package trainer

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A second process in the same folder is refused, whatever it is to do there, and
// the first one does not notice.
func TestFolderHasOneOwner(t *testing.T) {
	whole := t.TempDir()
	mustRun(t, nil, args(whole)...)
	dir := t.TempDir()
	others := after(3, func() {
		for _, more := range [][]string{{"-resume"}, {}, {"-resume", "-lr", "0.1"}} {
			before := contents(t, dir)
			o := runToy(t.Context(), nil, args(dir, more...)...)
			if want := dir + " is in use by another process ("; o.status != exitFailed || !strings.Contains(o.stderr, want) {
				t.Errorf("%v: status %d, standard error %q, expected %d and %q in it", more, o.status, o.stderr, exitFailed, want)
			}
			if contents(t, dir) != before {
				t.Errorf("%v: the folder has changed", more)
			}
		}
	})
	mustRun(t, others, args(dir, "-resume")...)
	sameRuns(t, dir, whole)
}

// Of several processes that begin at once those that are not refused leave what one
// alone does, and a process that is killed leaves no lock.
func TestProcessesInOneFolder(t *testing.T) {
	whole, dir := t.TempDir(), t.TempDir()
	args := []string{"-epochs", "4", "-quiet"}
	mustRun(t, nil, append(args, "-out", whole)...)
	args = append(args, "-out", dir, "-resume")

	killed := program(t, "slow", args...)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(dir, "vanilla-seed1.ckpt"))
	killed.Process.Kill()
	killed.Wait()

	var all [4]*exec.Cmd
	var stderr [len(all)]bytes.Buffer
	for i := range all {
		all[i] = program(t, "slow", args...)
		all[i].Stderr = &stderr[i]
		if err := all[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	ended := 0
	for i, cmd := range all {
		cmd.Wait()
		switch code := cmd.ProcessState.ExitCode(); {
		case code == exitOK:
			ended++
		case code != exitFailed || !strings.Contains(stderr[i].String(), "in use by another process"):
			t.Errorf("exit status %d, standard error %q", code, stderr[i].String())
		}
	}
	if ended == 0 {
		t.Error("all were refused")
	}
	sameRuns(t, dir, whole)
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 1000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no %s", path)
}

// What is taken from under a run ends it with a message, at the next checkpoint or
// at the end.
func TestFilesThatGo(t *testing.T) {
	for name, test := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"folder removed": {os.RemoveAll, "the results folder was lost during the run"},
		"folder replaced": {func(dir string) error {
			if err := os.Rename(dir, dir+"-moved"); err != nil {
				return err
			}
			return os.Mkdir(dir, 0o755)
		}, "the results folder was lost during the run"},
		"log removed": {func(dir string) error { return os.Remove(filepath.Join(dir, logFile)) }, "log.csv was removed during the run"},
		"log replaced": {func(dir string) error {
			path := filepath.Join(dir, logFile)
			if err := os.Rename(path, path+"-moved"); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o644)
		}, "log.csv was replaced or changed"},
		"log cut": {func(dir string) error { return os.Truncate(filepath.Join(dir, logFile), 10) }, "log.csv was replaced or changed"},
		"checkpoint removed": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "steer-seed1.ckpt"))
		}, "steer-seed1.ckpt was removed during the run"},
		"parameters removed": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "steer-seed1.safetensors"))
		}, "steer-seed1.safetensors was removed during the run"},
	} {
		for _, n := range []int{8, resumeIterations} { // in the second run
			dir := filepath.Join(t.TempDir(), "results")
			o := runToy(t.Context(), after(n, func() {
				if err := test.change(dir); err != nil {
					t.Fatal(err)
				}
			}), args(dir)...)
			if o.status != exitFailed || !strings.Contains(o.stderr, test.want) {
				t.Errorf("%s in iteration %d: status %d, standard error %q, expected %d and %q in it",
					name, n, o.status, o.stderr, exitFailed, test.want)
			}
		}
	}
}

// The lines of a log that has gone cannot be made again, which is said.
func TestResumeWithoutLog(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	runToy(ctx, after(5, cancel), args(dir)...)
	if err := os.Remove(filepath.Join(dir, logFile)); err != nil {
		t.Fatal(err)
	}
	o := mustRun(t, nil, args(dir, "-resume")...)
	if want := "log.csv lacks 5 of the iterations"; !strings.Contains(o.stderr, want) {
		t.Errorf("standard error %q, expected %q in it", o.stderr, want)
	}
}

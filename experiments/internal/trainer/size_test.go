package trainer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file of a size that no run leaves is refused without being read. These have
// terabytes, of which the disk holds nothing.
func TestFilesOfAnySize(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, args(dir, "-trace")...)
	for name, want := range map[string]string{
		resultsFile: "expected at most 268435456", "steer-seed1.ckpt": "expected at most 1073741824",
	} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		enlarge(t, path)
		o := runToy(t.Context(), nil, args(dir, "-resume")...)
		if o.status != exitFailed || !strings.Contains(o.stderr, want) || !strings.Contains(o.stderr, name) {
			t.Errorf("%s: status %d, standard error %q, expected %d and %q in it", name, o.status, o.stderr, exitFailed, want)
		}
		if err := os.WriteFile(path, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, read := range map[string]func(string) error{
		resultsFile: func(path string) error { _, err := ReadResults(path); return err },
		fitFile:     func(path string) error { _, err := ReadFits(path); return err },
		traceFile:   func(path string) error { _, err := ReadTraces(path); return err },
	} {
		path := filepath.Join(dir, name)
		enlarge(t, path)
		if err := read(path); err == nil || !strings.Contains(err.Error(), "expected at most 268435456") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func enlarge(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(1 << 40); err != nil {
		t.Skip(err)
	}
}

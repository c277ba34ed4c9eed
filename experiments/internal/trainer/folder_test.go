package trainer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refused checks that a command line is turned down in one line, and that the
// folder is as it was.
func refused(t *testing.T, dir, want string, args ...string) {
	t.Helper()
	before := contents(t, dir)
	o := runToy(t.Context(), nil, args...)
	if o.status != exitFailed || !strings.Contains(o.stderr, want) || o.stdout != "" {
		t.Errorf("%v: status %d, expected %d; standard error %q, expected %q in it", args, o.status, exitFailed, o.stderr, want)
	}
	if strings.Count(o.stderr, "\n") != 1 {
		t.Errorf("%v: standard error has several lines:\n%s", args, o.stderr)
	}
	if after := contents(t, dir); after != before {
		t.Errorf("%v: the folder changed from\n%s\nto\n%s", args, before, after)
	}
}

func contents(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range names(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(name + "\n" + string(data) + "\n")
	}
	return all.String()
}

func TestFolderOfAnotherConfiguration(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, "-out", dir)
	refused(t, dir, "of this configuration: -resume goes on with them, another -out starts anew", "-out", dir)
	for _, test := range []struct{ flag, value, want string }{
		{"-lr", "0.1", "(lr 0.05 there, 0.1 now)"},
		{"-epochs", "1", "(epochs 2 there, 1 now)"},
		{"-seeds", "1,2", "(seeds [1] there, [1,2] now)"},
		{"-variants", "vanilla", `(variants ["vanilla","ernode"] there, ["vanilla"] now)`},
		{"-dtype", "float64", `(dtype "float32" there, "float64" now)`},
	} {
		refused(t, dir, test.want, "-out", dir, test.flag, test.value)
		refused(t, dir, test.want, "-out", dir, "-resume", test.flag, test.value)
	}
	refused(t, dir, "(batch 4 there, 512 now; preset", "-out", dir, "-preset", "paper")
}

func TestFolderOfAnotherExperiment(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, "-out", dir)
	e := toy(nil)
	e.Name = "other"
	o := experimentRun(t.Context(), e, "-out", dir, "-resume")
	if o.status != exitFailed || !strings.Contains(o.stderr, `experiment "toy" there, "other" now`) {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
}

// Seeds beyond 2⁵³ are no float64, and must still be told apart.
func TestFolderWithLargeSeeds(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, "-out", dir, "-seeds", "18446744073709551615")
	refused(t, dir, "[18446744073709551615] there, [18446744073709551614] now", "-out", dir, "-seeds", "18446744073709551614", "-resume")
	mustRun(t, nil, "-out", dir, "-seeds", "18446744073709551615", "-resume")
}

func TestFolderWithForeignFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, resultsFile)
	for _, text := range []string{"", "text", "[]", `{"runs":1}`, `{"config":[]}`, "{}"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "another -out", "-out", dir)
		refused(t, dir, "another -out", "-out", dir, "-resume")
	}
	os.Remove(path)
	if err := os.WriteFile(filepath.Join(dir, "vanilla-seed1.ckpt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, "checkpoints of an unknown run", "-out", dir)
}

// TestFoldersThatStayEmpty: a session that ends before it writes leaves no folder behind
// that was not there.
func TestFoldersThatStayEmpty(t *testing.T) {
	parent := t.TempDir()
	e := toy(nil)
	e.New = func(Config, Variant, uint64) (Model, error) { return nil, errors.New("no data") }
	if o := experimentRun(t.Context(), e, "-out", filepath.Join(parent, "deep", "a", "b")); o.status != exitFailed {
		t.Fatalf("status %d, standard error %q", o.status, o.stderr)
	}
	if left := names(t, parent); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	trained := after(1, func() { t.Error("training began") })
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		o := runToy(t.Context(), trained, "-out", dir)
		if o.status != exitFailed || !strings.Contains(o.stderr, "not a directory") || strings.Count(o.stderr, "\n") != 1 {
			t.Errorf("%s: status %d, standard error %q", dir, o.status, o.stderr)
		}
	}
	if os.Geteuid() == 0 {
		return // who may write everywhere
	}
	locked := filepath.Join(parent, "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	o := runToy(t.Context(), trained, "-out", locked)
	if o.status != exitFailed || !strings.Contains(o.stderr, "cannot write to the results folder") {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
}

func FuzzParseResults(f *testing.F) {
	f.Add([]byte(`{"experiment":"toy","config":{"lr":0.1},"runs":[{"variant":"vanilla","seed":1,"epochs":[{"epoch":1}]}]}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"config":{"seeds":[18446744073709551616]}}`))
	f.Add([]byte(`null`))
	e := toy(nil)
	cfg, err := e.preset("quick")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseResults(data)
		if err != nil {
			return
		}
		r.WithoutTimes()
		if diff, err := difference("results.json", data, &e, cfg); err == nil && strings.Contains(diff, "\n") {
			t.Errorf("difference has several lines: %q", diff)
		}
	})
}

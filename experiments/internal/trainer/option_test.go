package trainer

import (
	"encoding/json"
	"strings"
	"testing"
)

// with is the toy experiment with an option.
func with(o Option) Experiment {
	e := toy(nil)
	e.noFigures = true
	e.Options = []Option{o}
	return e
}

// An option is a flag, takes its first value without one, and is part of the
// configuration that the model is made with and that results.json holds.
func TestOption(t *testing.T) {
	e := with(Option{Name: "arch", Usage: "the `network`", Values: []string{"wide", "deep"}})
	var seen string
	create := e.New
	e.New = func(cfg Config, v Variant, seed uint64) (Model, error) {
		seen = cfg.Options["arch"]
		return create(cfg, v, seed)
	}
	for _, test := range []struct{ args, want string }{
		{"", "wide"}, {"-arch deep", "deep"}, {"-arch=wide", "wide"}, {"-arch deep -preset paper -epochs 1 -batch 4", "deep"},
	} {
		dir := t.TempDir()
		o := experimentRun(t.Context(), e, append(strings.Fields(test.args), "-out", dir)...)
		if o.status != exitOK {
			t.Fatalf("%q: status %d: %s", test.args, o.status, o.stderr)
		}
		if got := readResults(t, dir).Config.Options["arch"]; got != test.want || seen != test.want {
			t.Errorf("%q: model made with %q, results hold %q, expected %q", test.args, seen, got, test.want)
		}
	}
	dir := t.TempDir()
	experimentRun(t.Context(), e, "-out", dir)
	if o := experimentRun(t.Context(), e, "-out", dir, "-arch", "deep", "-resume"); o.status != exitFailed {
		t.Errorf("resumed with another option: status %d, expected %d: %s", o.status, exitFailed, o.stderr)
	}
	if o := experimentRun(t.Context(), e, "-arch", "round"); o.status != exitUsage || !strings.Contains(o.stderr, `-arch is "round", expected wide or deep`) {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
	if o := experimentRun(t.Context(), e, "-help"); !strings.Contains(o.stdout, "-arch network") || !strings.Contains(o.stdout, "wide or deep") {
		t.Errorf("help lacks the option:\n%s", o.stdout)
	}
	if e.Quick.Options != nil {
		t.Errorf("the preset has been changed: %v", e.Quick.Options)
	}
}

// A preset may choose another value than the first.
func TestPresetChoosesOption(t *testing.T) {
	e := with(Option{Name: "arch", Values: []string{"wide", "deep"}})
	e.Paper.Options = map[string]string{"arch": "deep"}
	for preset, want := range map[string]string{"quick": "wide", "paper": "deep"} {
		opt, err := parseArgs(&e, []string{"-preset", preset})
		if err != nil {
			t.Fatal(err)
		}
		if got := opt.config.Options["arch"]; got != want {
			t.Errorf("preset %s: %q, expected %q", preset, got, want)
		}
	}
}

// An experiment without options has none in its results, nor in the hash that
// ties checkpoints to a configuration.
func TestNoOption(t *testing.T) {
	text, err := json.Marshal(parse(t).config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "options") {
		t.Errorf("configuration %s", text)
	}
}

// The default of an option that was added later is that of results without it.
func TestAddedOption(t *testing.T) {
	o := Option{Name: "arch", Usage: "the `network`", Values: []string{"wide", "deep"}, Added: true}
	e := with(o)
	dir := t.TempDir()
	before := with(o)
	before.Options = nil
	if r := experimentRun(t.Context(), before, "-out", dir); r.status != exitOK {
		t.Fatalf("without the option: status %d: %s", r.status, r.stderr)
	}
	for _, test := range []struct {
		args   string
		status int
	}{{"", exitOK}, {"-arch wide", exitOK}, {"-arch deep", exitFailed}, {"-arch round", exitUsage}, {"-arch=", exitUsage}} {
		if r := experimentRun(t.Context(), e, append(strings.Fields(test.args), "-out", dir, "-resume")...); r.status != test.status {
			t.Errorf("%q: status %d, expected %d: %s", test.args, r.status, test.status, r.stderr)
		}
	}
}

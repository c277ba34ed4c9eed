package trainer

import (
	"strings"
	"testing"
)

// A flag that an experiment has no use for is unknown to it, and not in its help.
func TestFlagsThatMeanNothing(t *testing.T) {
	e := toy(nil)
	e.Parts, e.Data, e.Unused = []string{"vanilla", "ernode"}, "", []string{"limit"}
	e.Quick.PerVariant, e.Quick.Methods = nil, nil
	for _, flag := range []string{"limit", "data", "steer-b", "lambda-stiff", "lambda-taylor", "taylor-order"} {
		o := experimentRun(t.Context(), e, "-"+flag, "1")
		if o.status != exitUsage || !strings.Contains(o.stderr, "not defined: -"+flag) {
			t.Errorf("-%s: status %d, standard error %q", flag, o.status, o.stderr)
		}
		if o := experimentRun(t.Context(), e, "-help"); strings.Contains(o.stdout, "\n  -"+flag+" ") {
			t.Errorf("help has -%s", flag)
		}
	}
}

// One that the variants have no use for is accepted, as commands for other variants
// have it too, but not in silence.
func TestFlagsThatNoVariantUses(t *testing.T) {
	for args, want := range map[string]string{
		"-steer-b 0.1":    "-steer-b does nothing",
		"-lambda-stiff 1": "-lambda-stiff does nothing",
		"-taylor-order 2 -variants srnode+ernode":     "-taylor-order does nothing",
		"-lambda-error 1":                             "",
		"-steer-b 0.1 -variants vanilla,steer+ernode": "",
	} {
		o := runToy(t.Context(), nil, append(strings.Fields(args), "-bench", "1")...)
		if o.status != exitOK || want == "" && o.stderr != "" || !strings.Contains(o.stderr, want) {
			t.Errorf("%s: status %d, standard error %q, expected %q in it", args, o.status, o.stderr, want)
		}
	}
}

// Nor is a limit beyond the data.
func TestLimitBeyondTheData(t *testing.T) {
	for limit, want := range map[string]bool{"0": false, "9": false, "10": false, "11": true} {
		o := mustRun(t, nil, "-limit", limit, "-out", t.TempDir())
		if strings.Contains(o.stderr, "note: -limit is 11, but there are 10 training examples") != want {
			t.Errorf("-limit %s: standard error %q", limit, o.stderr)
		}
	}
}

// The preset of the full size does not fall back on a part of the data in silence.
func TestPaperPresetAsksForData(t *testing.T) {
	e := toy(nil)
	e.Subset = true
	o := experimentRun(t.Context(), e, "-preset", "paper")
	if want := "expected -data with the folder of anything, or -data embedded"; o.status != exitUsage || !strings.Contains(o.stderr, want) {
		t.Errorf("status %d, standard error %q, expected %d and %q", o.status, o.stderr, exitUsage, want)
	}
	opt, err := parseArgs(&e, []string{"-preset", "paper", "-data", "embedded"})
	if err != nil {
		t.Fatal(err)
	}
	if opt.config.Data != "" || strings.Join(opt.flags, " ") != "-data embedded" {
		t.Errorf("data %q, flags %q", opt.config.Data, opt.flags)
	}
	if _, err := parseArgs(&e, nil); err != nil {
		t.Errorf("the quick preset: %v", err)
	}
}

func TestHelpShowsPresets(t *testing.T) {
	e := toy(nil)
	e.Quick.Weights = Weights{LambdaError: 100, LambdaErrorDecay: 0.1, LambdaStiff: 2}
	help := experimentRun(t.Context(), e, "-help").stdout
	for _, want := range []string{
		"data [2 | 75]\n", "one run each [1 | 1,2,3]\n", "joined with + [vanilla,ernode]\n",
		"for all variants [tsit5; bs3 with srnode]\n",
		"R_E [100 to 10; 0.2 with steer+ernode | 0.1 to 0.01; 0.2 with steer+ernode]\n",
		"R_S [2 | 0]\n", "in the binary [embedded]\n",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("help lacks %q:\n%s", want, help)
		}
	}
}

// TestDataFile: -data is a folder unless it is said to be a file.
func TestDataFile(t *testing.T) {
	e := toy(nil)
	for file, want := range map[bool]string{false: "expected a folder", true: "expected a file"} {
		e.Data, e.DataFile = "the points", file
		if _, err := parseArgs(&e, []string{"-data", ""}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("file %v: error %v, expected %q in it", file, err, want)
		}
	}
}

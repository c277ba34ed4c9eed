package trainer

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestWeightsPerVariant(t *testing.T) {
	c := Config{Weights: Weights{LambdaError: 1}, PerVariant: map[Variant]Weights{"srnode+ernode": {LambdaError: 2}}}
	if got := c.For("ernode").LambdaError; got != 1 {
		t.Errorf("ernode has λ_E = %v, expected 1", got)
	}
	if got := c.For("srnode+ernode").LambdaError; got != 2 {
		t.Errorf("srnode+ernode has λ_E = %v, expected 2", got)
	}
}

// TestBatchesPerPart: training batches are those of the variant, whatever else it
// is composed of; evaluation keeps to one size.
func TestBatchesPerPart(t *testing.T) {
	e := toy(nil)
	e.Quick.Batches = map[string]int{"steer": 3}
	evaluated := map[Variant]int{}
	inner := e.New
	e.New = func(cfg Config, v Variant, seed uint64) (Model, error) {
		evaluated[v] = cfg.Batch
		return inner(cfg, v, seed)
	}
	for _, tt := range []struct {
		variant    Variant
		iterations int // for ten examples
		flags      []string
	}{
		{"vanilla", 3, nil},
		{"steer", 4, nil},
		{"steer+ernode", 4, nil},
		{"steer", 2, []string{"-batch", "5"}},
	} {
		dir := t.TempDir()
		args := append([]string{"-out", dir, "-variants", string(tt.variant), "-quiet"}, tt.flags...)
		if o := experimentRun(t.Context(), e, args...); o.status != exitOK {
			t.Fatal(o.stderr)
		}
		r, err := ReadResults(filepath.Join(dir, resultsFile))
		if err != nil {
			t.Fatal(err)
		}
		if n := r.Runs[0].Final.Iterations; n != tt.iterations {
			t.Errorf("%s %q: %d iterations, expected %d", tt.variant, tt.flags, n, tt.iterations)
		}
		if want := r.Config.Batch; evaluated[tt.variant] != want {
			t.Errorf("%s %q: evaluated in batches of %d, expected %d", tt.variant, tt.flags, evaluated[tt.variant], want)
		}
	}
	e.Quick.Batches["steer"] = 0
	if _, err := parseArgs(&e, nil); err == nil || !strings.Contains(err.Error(), "batch of steer is 0") {
		t.Errorf("a batch of 0: error %v", err)
	}
}

func TestFingerprintTellsConfigurationsApart(t *testing.T) {
	seen := make(map[[32]byte]string)
	for _, line := range [][]string{nil, {"-seeds", "2"}, {"-lr", "0.1"}, {"-data", "x"}, {"-preset", "paper"}, {"-variants", "steer"}, {"-lambda-error", "3"}, {"-taylor-order", "3"}, {"-lambda-taylor", "3"}} {
		sum, err := parse(t, line...).config.fingerprint("toy")
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[sum]; ok {
			t.Errorf("%q has the fingerprint of %q", line, other)
		}
		seen[sum] = strings.Join(line, " ")
	}
}

// A regularizer that was added changes no configuration without it, so that results
// from before are gone on with, and the weights of other regularizers beside it are
// what they are alone.
func TestAddedRegularizer(t *testing.T) {
	e := toy(nil)
	e.Parts = ODEParts(Steer)
	e.Quick.PerVariant = PerVariant(e.Parts, func(v Variant) Weights {
		if v.Has(ERNODE) && v.Has(Steer) {
			return Weights{LambdaError: 7}
		}
		return Weights{}
	})
	for _, tt := range []struct {
		args   string
		weight float64
	}{
		{"-variants vanilla,ernode", 0},
		{"-variants vanilla,ernode -lambda-kinetic 3", 0},
		{"-variants vanilla,steer+kinetic+ernode", 0.01},
		{"-variants kinetic -lambda-kinetic 3", 3},
		{"-variants kinetic -lambda-kinetic 0", 0},
	} {
		opt, err := parseArgs(&e, strings.Fields(tt.args))
		if err != nil {
			t.Fatal(err)
		}
		c := opt.config
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if c.LambdaKinetic != tt.weight || strings.Contains(string(text), "lambda_kinetic") != (tt.weight != 0) {
			t.Errorf("%s: weight %v, expected %v, in %s", tt.args, c.LambdaKinetic, tt.weight, text)
		}
		for v := range c.PerVariant {
			if v.Has("kinetic") {
				t.Errorf("%s: %s has weights of its own", tt.args, v)
			}
		}
		if got := c.For("steer+kinetic+ernode").LambdaError; got != 7 {
			t.Errorf("%s: λ_E = %v beside the added regularizer, expected 7", tt.args, got)
		}
	}
}

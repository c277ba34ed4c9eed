package trainer

import (
	"strings"
	"testing"
)

func TestWeightsPerVariant(t *testing.T) {
	c := Config{Weights: Weights{LambdaError: 1}, PerVariant: map[Variant]Weights{"srnode+ernode": {LambdaError: 2}}}
	if got := c.For("ernode").LambdaError; got != 1 {
		t.Errorf("ernode has λ_E = %v, want 1", got)
	}
	if got := c.For("srnode+ernode").LambdaError; got != 2 {
		t.Errorf("srnode+ernode has λ_E = %v, want 2", got)
	}
}

func TestFingerprintTellsConfigurationsApart(t *testing.T) {
	seen := make(map[[32]byte]string)
	for _, line := range [][]string{nil, {"-seeds", "2"}, {"-lr", "0.1"}, {"-data", "x"}, {"-preset", "paper"}, {"-variants", "steer"}, {"-lambda-error", "3"}} {
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

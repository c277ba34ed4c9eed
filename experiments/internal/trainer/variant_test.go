package trainer

import (
	"slices"
	"strings"
	"testing"
)

var knownParts = []string{"vanilla", "steer", "taynode", "srnode", "ernode"}

func TestParseVariant(t *testing.T) {
	for _, test := range []struct {
		text string
		want Variant
	}{
		{"vanilla", "vanilla"},
		{"ernode", "ernode"},
		{"srnode+ernode", "srnode+ernode"},
		{"ernode+srnode", "srnode+ernode"},
		{"ernode+steer", "steer+ernode"},
		{" ernode + srnode + steer ", "steer+srnode+ernode"},
	} {
		if got, err := ParseVariant(test.text, knownParts); err != nil || got != test.want {
			t.Errorf("%q: %q, %v, expected %q", test.text, got, err, test.want)
		}
	}
	for text, want := range map[string]string{
		"":               `unknown variant "", expected one of vanilla, steer, taynode, srnode, ernode`,
		"resnet":         `unknown variant "resnet"`,
		"Vanilla":        `unknown variant "Vanilla"`,
		"ernode+":        `unknown variant ""`,
		"+":              `unknown variant ""`,
		"ernode+ernode":  "has ernode twice",
		"vanilla+ernode": "combines vanilla, expected it alone",
	} {
		if got, err := ParseVariant(text, knownParts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, error %v, expected %q in it", text, got, err, want)
		}
	}
}

func TestVariantHas(t *testing.T) {
	v := Variant("srnode+ernode")
	for part, want := range map[string]bool{"srnode": true, "ernode": true, "steer": false, "": false, "node": false, "srnode+ernode": false} {
		if v.Has(part) != want {
			t.Errorf("%s has %q: %v, expected %v", v, part, !want, want)
		}
	}
}

// A variant is the set of its parts: reading its name again, or its parts in any
// order, gives the same.
func FuzzParseVariant(f *testing.F) {
	for _, s := range []string{"vanilla", "ernode+srnode", "steer + ernode", "", "+", "a+b", "ernode+ernode", "vanilla+steer"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseVariant(text, knownParts)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		parts := v.Parts()
		for _, p := range parts {
			if !slices.Contains(knownParts, p) || !v.Has(p) || !strings.Contains(text, p) {
				t.Errorf("%q has part %q", text, p)
			}
		}
		slices.Reverse(parts)
		for _, name := range []string{string(v), strings.Join(parts, "+")} {
			if again, err := ParseVariant(name, knownParts); err != nil || again != v {
				t.Errorf("%q is %q, but %q is %q, %v", text, v, name, again, err)
			}
		}
	})
}

// TestParts: a regularizer is a part where there is what it needs, and the two that
// make RNODE are written as they are called.
func TestParts(t *testing.T) {
	for _, test := range []struct {
		parts []string
		want  string
	}{
		{ODEParts(Steer), "vanilla, steer, kinetic, taynode, srnode, ernode"},
		{SDEParts(), "vanilla, srnsde, ernsde"},
		{FlowParts(), "vanilla, kinetic, jacobian, taynode, srnode, ernode"},
	} {
		if got := strings.Join(test.parts, ", "); got != test.want {
			t.Errorf("parts %s, expected %s", got, test.want)
		}
	}
	if v, err := ParseVariant("jacobian+kinetic", FlowParts()); err != nil || v != "kinetic+jacobian" {
		t.Errorf("jacobian+kinetic is %q, error %v", v, err)
	}
}

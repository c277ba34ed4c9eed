package trainer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Variant is the name of a model in an experiment: one part, say "vanilla" or
// "ernode", or several joined with "+", say "srnode+ernode".
type Variant string

// ParseVariant returns the variant with its parts in the order of the known
// ones, whatever their order in the text. It returns an error that lists the
// known parts if there is another one, or if a part is missing or repeated, or
// if the first of the known parts, the baseline, is not alone.
func ParseVariant(text string, known []string) (Variant, error) {
	var parts []string
	for part := range strings.SplitSeq(text, "+") {
		part = strings.TrimSpace(part)
		if !slices.Contains(known, part) {
			return "", errors.Errorf("unknown variant %q, expected one of %s or several joined with +", Clip(part, maxValue), strings.Join(known, ", "))
		}
		if slices.Contains(parts, part) {
			return "", errors.Errorf("variant %q has %s twice", Clip(text, maxValue), part)
		}
		parts = append(parts, part)
	}
	if len(parts) > 1 && slices.Contains(parts, known[0]) {
		return "", errors.Errorf("variant %q combines %s, expected it alone", Clip(text, maxValue), known[0])
	}
	slices.SortFunc(parts, func(a, b string) int {
		return slices.Index(known, a) - slices.Index(known, b)
	})
	return Variant(strings.Join(parts, "+")), nil
}

// Parts returns the parts in order.
func (v Variant) Parts() []string { return strings.Split(string(v), "+") }

// Has reports whether the part is one of the variant's.
func (v Variant) Has(part string) bool { return slices.Contains(v.Parts(), part) }

// ODEParts returns the parts of the variants of an ordinary equation: the baseline,
// the experiment's own, and one for each regularizer.
func ODEParts(own ...string) []string {
	return partsOf(func(r Regularizer) string { return r.ODE }, own)
}

// SDEParts returns those of a stochastic equation.
func SDEParts(own ...string) []string {
	return partsOf(func(r Regularizer) string { return r.SDE }, own)
}

// FlowParts returns those of a continuous normalizing flow.
func FlowParts(own ...string) []string {
	return partsOf(func(r Regularizer) string { return cmp.Or(r.Flow, r.ODE) }, own)
}

func partsOf(part func(Regularizer) string, own []string) []string {
	parts := append([]string{Vanilla}, own...)
	for _, r := range slices.Backward(Regularizers) {
		if p := part(r); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// PerVariant returns the weights of all variants that can be made of the parts, but
// for those without any.
func PerVariant(parts []string, weights func(Variant) Weights) map[Variant]Weights {
	parts = slices.DeleteFunc(slices.Clone(parts[1:]), added) // the first part stands alone
	all := map[Variant]Weights{}
	for set := range 1 << len(parts) {
		var names []string
		for i, part := range parts {
			if set>>i&1 == 1 {
				names = append(names, part)
			}
		}
		v := Variant(strings.Join(names, "+"))
		if w := weights(v); w != (Weights{}) {
			all[v] = w
		}
	}
	return all
}

package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// Correct counts the rows of logits (batch, classes) whose largest entry is
// that of the label. The first of several equal entries counts, and none if one is NaN.
func Correct(logits gorgonia.Value, labels []uint8) (int, error) {
	if err := value.Check(logits); err != nil {
		return 0, errors.Wrap(err, "logits")
	}
	s := logits.Shape()
	if len(s) != 2 || s[0] != len(labels) {
		return 0, errors.Errorf("logits %v for %d labels", s, len(labels))
	}
	y := value.Float64s(logits)
	n := 0
	for i, l := range labels {
		best := 0
		row := y[i*s[1] : (i+1)*s[1]]
		for j, v := range row {
			if v > row[best] || math.IsNaN(v) {
				best = j
			}
		}
		if len(row) > 0 && math.IsNaN(row[best]) {
			continue
		}
		if best == int(l) {
			n++
		}
	}
	return n, nil
}

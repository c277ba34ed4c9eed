package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// Correct counts the rows of logits (batch, classes) whose largest entry is
// that of the label. The first of several equal entries counts.
func Correct(logits gorgonia.Value, labels []uint8) (int, error) {
	if logits == nil {
		return 0, errors.New("logits is nil")
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
			if v > row[best] {
				best = j
			}
		}
		if best == int(l) {
			n++
		}
	}
	return n, nil
}

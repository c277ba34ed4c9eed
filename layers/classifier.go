package layers

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

// Classifier is a layer whose results (batch, classes) are logits.
type Classifier struct {
	// Logits is the model up to the softmax.
	Logits Layer
}

var _ Layer = Classifier{}

// LogitsRecord is the name under which Loss records the logits.
const LogitsRecord = "logits"

// Forward returns the logits of x.
func (c Classifier) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if c.Logits == nil {
		return nil, errors.New("classifier without logits")
	}
	return c.Logits.Forward(s, x)
}

// Loss returns the mean cross entropy of the logits of x and a vector of class
// numbers (batch), and records the logits.
func (c Classifier) Loss(s *graph.Scope, x, labels *gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("classifier", s, "x", x); err != nil {
		return nil, err
	}
	y, err := c.Forward(s, x)
	if err != nil {
		return nil, err
	}
	s.Record(LogitsRecord, y)
	return losses.CrossEntropy(y, labels)
}

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

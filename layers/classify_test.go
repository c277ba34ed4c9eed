package layers_test

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// classify returns the loss of a model that maps inputs to logits, which it records
// as "logits", on inputs and labels.
func classify(model layers.Layer) graph.LossBuilder {
	return func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		logits, err := model.Forward(s, in[0])
		if err != nil {
			return nil, err
		}
		s.Record("logits", logits)
		return losses.CrossEntropy(logits, in[1])
	}
}

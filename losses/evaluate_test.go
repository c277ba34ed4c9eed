package losses_test

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// evaluate returns the loss of an objective and its gradient.
func evaluate(o *graph.Objective, p *graph.Params, in ...gorgonia.Value) (loss float64, grad gorgonia.Value, err error) {
	if loss, err = o.Evaluate(in...); err != nil {
		return 0, nil, err
	}
	grad, err = p.Grad()
	return loss, grad, err
}

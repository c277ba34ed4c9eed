package losses_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

// TestNil calls every exported function with nil where there should be something.
// The error names what is missing.
func TestNil(t *testing.T) {
	s := graph.NewScope(gorgonia.NewGraph(), nil)
	data := func(shape ...int) *gorgonia.Node {
		n, err := s.Data(value.New(tensor.Float64, shape...))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	x, labels, scalar := data(2, 2), data(2), data()
	s.Record("sum of error", scalar)
	_, _, noTimes := losses.MaskedLogLikelihood(nil, x, x, 1, 1)
	_, _, noData := losses.MaskedLogLikelihood(x, nil, x, 1, 1)
	_, _, noMask := losses.MaskedLogLikelihood(x, x, nil, 1, 1)
	for _, tt := range []struct {
		name, mentions string
		err            error
	}{
		{"logits", "logits is nil", failure(losses.CrossEntropy(nil, labels))},
		{"labels", "labels is nil", failure(losses.CrossEntropy(x, nil))},
		{"x of a mean", "nil", failure(losses.MeanSquaredError(nil, x))},
		{"y of a mean", "y is nil", failure(losses.MeanSquaredError(x, nil))},
		{"x of a sum", "x is nil", failure(losses.SumSquaredError(nil, x))},
		{"y of a sum", "y is nil", failure(losses.SumSquaredError(x, nil))},
		{"scope of a penalty", "scope is nil", failure(losses.Penalized(nil, scalar, "sum of error", scalar))},
		{"loss to penalize", "loss is nil", failure(losses.Penalized(s, nil, "sum of error", scalar))},
		{"weight", `weight of "sum of error"`, failure(losses.Penalized(s, scalar, "sum of error", nil))},
		{"Gaussian", "nil", failure(losses.KLDivergence(nil))},
		{"end of a flow", "z is nil", failure(losses.NormalLogLikelihood(nil, data(2, 1)))},
		{"change of a log density", "change of the log density", failure(losses.NormalLogLikelihood(x, nil))},
		{"end of a flow, on average", "z is nil", failure(losses.NegativeLogLikelihood(nil, data(2, 1)))},
		{"change of a log density, on average", "change of the log density", failure(losses.NegativeLogLikelihood(x, nil))},
		{"prediction", "x is nil", noTimes},
		{"data", "the data is nil", noData},
		{"mask", "the mask is nil", noMask},
		{"mask of an error", "the mask is nil", failure(losses.MaskedSquaredError(x, x, nil, 1))},
		{"trajectories of a sum", "y is nil", failure(losses.SumMomentError(nil, 2, x, x))},
		{"means", "target means", failure(losses.MeanMomentError(x, 2, nil, x))},
		{"variances", "target variances", failure(losses.MeanMomentError(data(4, 2), 2, x, nil))},
		{"generator of an end", "random generator", failure(losses.EndTime(nil, 0, 1, 0.5))},
		{"generator of save times", "random generator", failure(losses.SaveTimes(nil, []float64{0, 1}, 0.5))},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.mentions) {
			t.Errorf("%s: error %v, expected one that mentions %q", tt.name, tt.err, tt.mentions)
		}
	}
}

func failure[T any](_ T, err error) error { return err }

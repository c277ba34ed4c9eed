package paper

import "github.com/regnde/regnde/experiments/internal/trainer"

// Quantity is what a column measures.
type Quantity int

// The quantities of the tables. Times are in seconds, accuracies in percent,
// losses in the unit of the experiment.
const (
	TrainAccuracy Quantity = iota
	TestAccuracy
	TrainLoss
	TestLoss
	TrainTime
	PredictionTime
	NFE
)

// Of returns the quantity in the last epoch of a run. It is not ok if the
// experiment does not measure it.
func (q Quantity) Of(e trainer.Epoch) (x float64, ok bool) {
	accuracy := func(a *float64) (float64, bool) {
		if a == nil {
			return 0, false
		}
		return *a, true
	}
	switch q {
	case TrainAccuracy:
		return accuracy(e.TrainAccuracy)
	case TestAccuracy:
		return accuracy(e.TestAccuracy)
	case TrainLoss:
		return e.TrainLoss, true
	case TestLoss:
		return e.TestLoss, true
	case TrainTime:
		return e.TrainSeconds, true
	case PredictionTime:
		return e.PredictSeconds, true
	}
	return float64(e.NFE), true
}

// Format writes a value of the quantity, in whatever unit.
func (q Quantity) Format(x float64) string {
	switch q {
	case TrainAccuracy, TestAccuracy:
		return trainer.Fixed(2)(x)
	case TrainLoss, TestLoss:
		return trainer.Significant(4)(x)
	case NFE:
		return trainer.Fixed(1)(x)
	}
	return trainer.Significant(3)(x)
}

package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/regnde/regnde/losses"
)

// TestAnnealingsWithoutWeights: where Validate fails there is no weight, and At panics with
// its words; a quotient that overflows is none of these.
func TestAnnealingsWithoutWeights(t *testing.T) {
	for _, a := range []losses.Annealing{{First: 1, Epochs: 10}, {Last: 1, Epochs: 10}, {First: -1, Last: 1, Epochs: 10}, {First: 2, Last: 1}} {
		func() {
			defer func() {
				if r := recover(); r == nil || fmt.Sprint(r) != a.Validate().Error() {
					t.Errorf("%+v: panic %v, expected %v", a, r, a.Validate())
				}
			}()
			a.At(1)
		}()
	}
	a := losses.Annealing{First: 1e200, Last: 1e-200, Epochs: 10}
	for epoch, want := range map[int]float64{1: 1e200, 6: 1, 11: 1e-200} {
		if got := a.At(epoch); !(math.Abs(got-want) <= 1e-10*want) {
			t.Errorf("epoch %d: %v, expected %v", epoch, got, want)
		}
	}
}

// TestAnnealing compares with the schedules of the official code,
// λ = first·exp(-ln(first/last)·(e-1)/epochs).
func TestAnnealing(t *testing.T) {
	for _, tt := range []struct {
		a     losses.Annealing
		epoch int
		want  float64
	}{
		// MNIST: 100 to 10 in 75 epochs.
		{losses.Annealing{First: 100, Last: 10, Epochs: 75}, 1, 100},
		{losses.Annealing{First: 100, Last: 10, Epochs: 75}, 2, 100 * math.Exp(-math.Ln10/75)},
		{losses.Annealing{First: 100, Last: 10, Epochs: 75}, 26, 46.41588833612779}, // 100·10^(-1/3)
		{losses.Annealing{First: 100, Last: 10, Epochs: 75}, 75, 10 * math.Exp(math.Ln10/75)},
		{losses.Annealing{First: 100, Last: 10, Epochs: 75}, 76, 10},
		// PhysioNet: 1000 to 100 in 300.
		{losses.Annealing{First: 1000, Last: 100, Epochs: 300}, 151, 316.22776601683796}, // 1000·10^(-1/2)
		// FFJORD: 2000 to 1000 in 20.
		{losses.Annealing{First: 2000, Last: 1000, Epochs: 20}, 11, 2000 / math.Sqrt2},
		// Growing.
		{losses.Annealing{First: 1, Last: 4, Epochs: 2}, 2, 2},
		// None.
		{losses.Annealing{First: 10, Last: 10, Epochs: 5}, 4, 10},
		{losses.Annealing{Epochs: 5}, 4, 0},
		{losses.Constant(0.2), 1, 0.2},
		{losses.Constant(0.2), 1000, 0.2},
		{losses.Constant(0), 3, 0},
	} {
		if err := tt.a.Validate(); err != nil {
			t.Errorf("%+v: %v", tt.a, err)
		}
		if got := tt.a.At(tt.epoch); !(math.Abs(got-tt.want) <= 1e-12*tt.want) {
			t.Errorf("%+v: %v in epoch %d, expected %v", tt.a, got, tt.epoch, tt.want)
		}
	}
	for _, a := range []losses.Annealing{
		{First: 100, Last: 10}, {First: 100, Last: 10, Epochs: -1}, {First: 100, Epochs: 5}, {Last: 10, Epochs: 5},
		{First: -1, Last: 1, Epochs: 5}, {First: -1, Last: -2, Epochs: 5},
		{First: math.NaN(), Last: 1, Epochs: 5}, {First: math.Inf(1), Last: 1, Epochs: 5}, {},
	} {
		if err := a.Validate(); err == nil {
			t.Errorf("%+v: no error", a)
		}
	}
}

package integrators

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// spirals returns the states (batch, 2) from which the spiral starts.
func spirals(x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(x)/2, 2), tensor.WithBacking(append([]float64(nil), x...)))
}

// TestRowsTakeTheirOwnSteps compares a hard row and an easy one with independent solves
// of each.
func TestRowsTakeTheirOwnSteps(t *testing.T) {
	o := newODE(t, Tsit5, until(1, problems.Spiral()), &Settings{Steps: PerRow, AbsTol: 1e-6, RelTol: 1e-6, Record: true})
	sol, err := o.Predict(spirals(2, 0, 0.5, 0))
	if err != nil {
		t.Fatal(err)
	}
	for b, want := range []struct {
		nfe, accepted  int
		errorTimesStep float64
		end            []float64
	}{
		{273, 45, 0.1313051435024537, []float64{0.7092609558902991, -1.5041084062814367}},
		{45, 7, 0.005309986051675108, []float64{0.48100664200812293, 0.23861553694627155}},
	} {
		got := sol.Rows[b]
		if got.NFE != want.nfe || got.Accepted != want.accepted || got.Rejected != 0 || got.T != 1 || got.Err != nil {
			t.Errorf("row %d: %+v, expected %d evaluations and %d steps", b, got, want.nfe, want.accepted)
		}
		if end := value.Float64s(sol.Z)[2*b:][:2]; !floats.EqualApprox(end, want.end, 1e-12) {
			t.Errorf("row %d ends at %v, expected %v", b, end, want.end)
		}
		sum := 0.0
		for _, s := range sol.Steps {
			if s.Row == b && s.Accepted {
				sum += s.E * s.H
			}
		}
		if !scalar.EqualWithinRel(sum, want.errorTimesStep, 1e-6) {
			t.Errorf("row %d: the sum of E·h is %v, expected %v", b, sum, want.errorTimesStep)
		}
	}
	if sol.NFE != 273 || sol.Accepted != 45 || sol.MeanNFE() != 159 || sol.MedianNFE() != 159 || sol.TotalNFE() != 318 {
		t.Errorf("%+v, a mean of %v, a median of %v and a total of %d evaluations, expected 273, 159, 159 and 318", sol.Stats, sol.MeanNFE(), sol.MedianNFE(), sol.TotalNFE())
	}
}

package layers_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestLatentODEWithNaNUnobserved: what was not observed can be anything. Loss and
// gradient are the same bits with NaN there as with 0.
func TestLatentODEWithNaNUnobserved(t *testing.T) {
	m := newLatentModel(t, tiny(integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6}, integrators.Called, integrators.Store))
	in := m.data(rand.New(rand.NewPCG(2, 2)), 0.5)
	objective := m.objective(t)
	evaluate := func() (loss float64, grad []float64) {
		l, g, err := evaluate(objective, m.params, in...)
		if err != nil {
			t.Fatal(err)
		}
		return l, value.Float64s(g)
	}
	loss, grad := evaluate()
	data, mask := value.Float64s(in[2]), value.Float64s(in[3])
	for i, m := range mask {
		if m == 0 {
			data[i] = math.NaN()
		}
	}
	value.SetFloat64s(in[2], data)
	if err := layers.RecognitionInput(in[0], in[2], in[3], m.set.solver.SaveAt); err != nil {
		t.Fatal(err)
	}
	if l, g := evaluate(); l != loss || !slices.Equal(g, grad) {
		t.Errorf("loss %v and gradient %v with NaN, %v and %v with 0", l, g, loss, grad)
	}
}

// TestRecognitionInputOfNaN: what was observed must be finite, and nothing is
// written if it is not.
func TestRecognitionInputOfNaN(t *testing.T) {
	times := []float64{0, 0.25, 1}
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		x := matrix(6, 3, make([]float64, 18)...)
		err := layers.RecognitionInput(x, matrix(6, 1, 1, 2, 3, v, 0, 0), matrix(6, 1, 1, 0, 1, 1, 0, 0), times)
		if err == nil || !strings.Contains(err.Error(), "feature 0 of row 3") {
			t.Errorf("%v observed: error %v, expected one that names the entry", v, err)
		}
		near(t, "input after an error", x.Float64s(), make([]float64, 18), 0)
	}
}

package exchange_test

import (
	"bytes"
	"flag"
	"math"
	"os"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets/spiral"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

var update = flag.Bool("update", false, "write testdata/trained.safetensors anew")

// TestTrainedHere: PyTorch solves the equation whose weights were trained here, and
// written to a file that is the same when it is written again, by the same steps to the
// same states.
func TestTrainedHere(t *testing.T) {
	const path, steps = "testdata/trained.safetensors", 50
	times := make([]float64, steps+1)
	for i := range times {
		times[i] = spiral.End * float64(i) / steps
	}
	params, ode := spiralODE(integrators.RK4, integrators.Settings{FixedSteps: steps, SaveAt: times})
	places := &exchange.Settings{Place: exchange.PyTorch(params)}
	if *update {
		trained, _ := trainSpiral(300)
		if err := exchange.Safetensors.SaveFile(path, trained, places); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := load(exchange.Safetensors, file, params, places); err != nil {
		t.Fatal(err)
	}
	if again := saved(t, exchange.Safetensors, params, places); !bytes.Equal(again, file) {
		t.Error("the file is another when it is written again")
	}

	states := graph.NewParams(tensor.Float64)
	add(t, states, 0, "states", steps+1, 2)
	if err := exchange.Npz.LoadFile("testdata/states.npz", states, nil); err != nil {
		t.Fatal(err)
	}
	start := spiral.Start()
	solution, err := ode.Predict(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking(slices.Clone(start[:]))))
	if err != nil {
		t.Fatal(err)
	}
	got, want := value.Float64s(solution.Z), states.Float64s()
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i]))
	}
	if worst > 1e-12 {
		t.Errorf("states differ by %v", worst)
	}
	_, points := spiral.Data()
	end, fitted := points[len(points)-2:], got[len(got)-2:]
	if d := math.Hypot(end[0]-fitted[0], end[1]-fitted[1]); d > 0.2 {
		t.Errorf("ends at %v, expected %v, as trained", fitted, end)
	}
}

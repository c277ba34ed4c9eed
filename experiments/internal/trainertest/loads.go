package trainertest

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
)

// A Network declares the parameters of a configuration's model without the trainer. It
// returns what predicts with them on the batch on which the trainer does after every
// epoch, and with its noise, and returns the number of evaluations.
type Network func(p *graph.Params, cfg trainer.Config, seed uint64) (predict func() (nfe int, err error), err error)

// Loads trains, loads the parameters from both files that are written of every run into
// a network that is declared without the trainer, and predicts as the trainer did at the
// end.
func (r Runner) Loads(t *testing.T, network Network, args ...string) {
	t.Helper()
	dir := t.TempDir()
	res := r.TrainIn(t, dir, args...)
	for _, run := range res.Runs {
		var loaded [][]float64
		for _, ext := range []string{".ckpt", ".safetensors"} {
			dt := tensor.Float32
			if res.Config.Dtype == "float64" {
				dt = tensor.Float64
			}
			p := graph.NewParams(dt)
			predict, err := network(p, res.Config.For(run.Variant), run.Seed)
			if err != nil {
				t.Fatal(err)
			}
			before := p.Float64s()
			path := filepath.Join(dir, fmt.Sprintf("%s-seed%d%s", run.Variant, run.Seed, ext))
			if err := networks.LoadFile(path, p); err != nil {
				t.Fatal(err)
			}
			if slices.Equal(p.Float64s(), before) {
				t.Errorf("%s: the parameters are those before training", path)
			}
			loaded = append(loaded, p.Float64s())
			nfe, err := predict()
			if err != nil {
				t.Fatal(err)
			}
			if nfe != run.Final.NFE {
				t.Errorf("%s: %d evaluations in a prediction, expected %d as in training", path, nfe, run.Final.NFE)
			}
		}
		if !slices.Equal(loaded[0], loaded[1]) {
			t.Errorf("%s, seed %d: checkpoint and exported parameters differ", run.Variant, run.Seed)
		}
	}
}

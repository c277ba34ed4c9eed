package networks_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/networks"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

// spiralODE declares the network of the spiral with weights of a seed.
func spiralODE(t *testing.T, dt tensor.Dtype, seed uint64) *graph.Params {
	t.Helper()
	p := graph.NewParams(dt)
	if _, err := networks.NewSpiralODE(p, rand.New(rand.NewPCG(seed, 0))); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLoadFile: either file is loaded, whatever follows the parameters in a checkpoint,
// and what is no such file, or of another network, is an error that changes nothing.
func TestLoadFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	trained := spiralODE(t, tensor.Float64, 1)
	if err := trained.SaveFile(at("a.ckpt")); err != nil {
		t.Fatal(err)
	}
	parameters, err := os.ReadFile(at("a.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := exchange.Safetensors.SaveFile(at("a.safetensors"), trained, nil); err != nil {
		t.Fatal(err)
	}
	single := spiralODE(t, tensor.Float32, 1)
	if err := exchange.Safetensors.SaveFile(at("single.safetensors"), single, nil); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"a.ckpt": append(slices.Clone(parameters), "optimizer"...), "half.ckpt": parameters[:len(parameters)/2], "half.safetensors": parameters[:4],
	} {
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]error{
		"a.ckpt": nil, "a.safetensors": nil,
		"half.ckpt": graph.ErrCorrupt, "half.safetensors": graph.ErrCorrupt,
		"single.safetensors": graph.ErrMismatch,
		"none.ckpt":          fs.ErrNotExist, "none.safetensors": fs.ErrNotExist,
	} {
		p := spiralODE(t, tensor.Float64, 2)
		expected := p.Float64s()
		if want == nil {
			expected = trained.Float64s()
		}
		if err := networks.LoadFile(at(name), p); !errors.Is(err, want) || !slices.Equal(p.Float64s(), expected) {
			t.Errorf("%s: error %v, expected %v", name, err, want)
		}
	}
}

// TestNamesTwice: a network whose names are taken is an error.
func TestNamesTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for name, declare := range map[string]func(p *graph.Params) error{
		"MNIST ODE":  func(p *graph.Params) error { _, err := networks.NewMNISTODE(p, rng); return err },
		"MNIST SDE":  func(p *graph.Params) error { _, err := networks.NewMNISTSDE(p, rng); return err },
		"spiral ODE": func(p *graph.Params) error { _, err := networks.NewSpiralODE(p, rng); return err },
		"spiral SDE": func(p *graph.Params) error { _, err := networks.NewSpiralSDE(p, rng); return err },
		"flow":       func(p *graph.Params) error { _, err := networks.NewFlow(p, 2, []int{4}, 0, rng); return err },
	} {
		p := graph.NewParams(tensor.Float64)
		if err := declare(p); err != nil {
			t.Fatal(err)
		}
		if declare(p) == nil {
			t.Errorf("%s: no error for the second of its name", name)
		}
	}
}

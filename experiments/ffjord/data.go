package main

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/density"
	"github.com/regnde/regnde/datasets/miniboone"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// distribution chooses what the flow is fitted to.
var distribution = trainer.Option{
	Name:   "data-set",
	Usage:  "`distribution` of the points",
	Values: append(inThePlane(), fromFile),
}

// fromFile is the value of -data-set for the file of -data.
const fromFile = "miniboone"

// Parameters with the number of points to train and to test with, where they are
// drawn.
const (
	points     = "points"
	testPoints = "test_points"
)

// inThePlane are the distributions of which points are drawn.
func inThePlane() []string {
	var names []string
	for _, set := range density.All() {
		names = append(names, set.Name)
	}
	return names
}

// check returns an error for a configuration that cannot be trained.
func check(cfg trainer.Config, v trainer.Variant) error {
	name := cfg.Options[distribution.Name]
	switch file := name == fromFile; {
	case file && cfg.Data == "":
		return errors.Errorf("-data-set %s without -data, expected its file", name)
	case !file && cfg.Data != "":
		return errors.Errorf("-data with -data-set %s, which is drawn, expected -data-set %s", name, fromFile)
	}
	return model.CheckODE(cfg, v)
}

// floor returns the entropy of the points, below which the NLL does not get but by
// chance.
func floor(cfg trainer.Config) (string, float64) {
	const name = "entropy of the data"
	set, err := density.Named(cfg.Options[distribution.Name])
	if err != nil { // it is not of the plane
		return name, math.NaN()
	}
	return name, set.Entropy
}

// data are points (rows, dim), row-major, to train and to test with.
type data struct {
	set         density.Set // distribution, without a name if the points are from a file
	dim         int
	train, test []float64
}

// load returns the points of a configuration.
func load(cfg trainer.Config, seed uint64) (d data, err error) {
	if cfg.Data != "" {
		file, err := miniboone.Load(cfg.Data)
		if err != nil {
			return d, err
		}
		d = data{dim: miniboone.Features, train: file.Train, test: file.Test}
	} else {
		d.dim = 2
		if d.set, err = density.Named(cfg.Options[distribution.Name]); err != nil {
			return d, err
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		d.train = d.set.Sample(int(cfg.Params[points]), rng)
		d.test = d.set.Sample(int(cfg.Params[testPoints]), rng)
	}
	if n := cfg.Limit * d.dim; 0 < n && n < len(d.train) {
		d.train = d.train[:n]
	}
	return d, nil
}

// rows returns some rows of x, one after the other.
func (d *data) rows(x []float64, idx []int) []float64 {
	out := make([]float64, 0, len(idx)*d.dim)
	for _, i := range idx {
		out = append(out, x[i*d.dim:(i+1)*d.dim]...)
	}
	return out
}

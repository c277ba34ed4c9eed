package main

import (
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/layers"
)

// architecture chooses the network of the dynamics.
var architecture = trainer.Option{
	Name:   "arch",
	Usage:  "`network` of the official code, or the larger one of FFJORD's",
	Values: []string{"code", "ffjord"},
}

// A network is hidden layers of so many units with an activation.
type network struct {
	units      []int
	activation layers.Activation
}

// architectures are the networks of each, in the plane and for the file of -data.
var architectures = map[string]struct{ plane, file network }{
	"code":   {network{[]int{16, 16}, layers.Softplus}, network{[]int{100, 100}, layers.Softplus}},
	"ffjord": {network{[]int{64, 64, 64}, layers.Tanh}, network{[]int{860, 860}, layers.Softplus}},
}

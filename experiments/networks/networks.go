// Package networks declares the networks of the experiments under the names that their
// checkpoints have. A program that declares one can load what an experiment has trained,
// without the experiment, and predict:
//
//	params := graph.NewParams(tensor.Float64)
//	net, err := networks.NewMNISTODE(params, rng)
//	err = networks.LoadFile("results/mnist_node/ernode-seed1.ckpt", params)
//	ode, err := net.Solve(params, integrators.Tsit5, &integrators.Settings{AbsTol: 1.4e-8, RelTol: 1.4e-8})
//	model := layers.Chain{ode, net.Head} // images (batch, 784) to logits (batch, 10)
//
// Element type, method and tolerance are those of results.json in the folder: fields
// dtype, method and tol of config. The network of physionet_latent_ode is
// layers.NewLatentODE.
package networks

import (
	"bufio"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

// LoadFile loads the parameters that an experiment has written, from a checkpoint
// (.ckpt), of which they are the first part, or from a file of the parameters alone
// (.safetensors). They must have the element type, the names and the shapes of those
// declared. On an error these are as they were.
func LoadFile(path string, p *graph.Params) error {
	if filepath.Ext(path) == ".safetensors" {
		return exchange.Safetensors.LoadFile(path, p, nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "load parameters")
	}
	defer f.Close()
	return errors.Wrap(p.Load(bufio.NewReader(f)), path)
}

package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// pairDense is a dense layer on a state and an input side by side,
// act([h; x]·W + b), with W kept as the rows for h and those for x: the two are
// never copied together, and no gradient is formed for an input that is data.
type pairDense struct {
	name   string
	act    ops.Activation
	wh, wx *graph.Param
	b      *graph.Param
}

func newPairDense(p *graph.Params, name string, state, in, out int, act Activation, rng *rand.Rand) (*pairDense, error) {
	d := &pairDense{name: name, act: ops.Activation(act)}
	init := GlorotUniform(rng, state+in, out)
	var err error
	if d.wh, err = p.Add(name+".wh", init, state, out); err != nil {
		return nil, err
	}
	if d.wx, err = p.Add(name+".wx", init, in, out); err != nil {
		return nil, err
	}
	d.b, err = p.Add(name+".b", nil, out)
	return d, err
}

func (d *pairDense) forward(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := d.add(s, h, x)
	return y, errors.Wrapf(err, "layer %q", d.name)
}

func (d *pairDense) add(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error) {
	var w [3]*gorgonia.Node
	for i, p := range []*graph.Param{d.wh, d.wx, d.b} {
		var err error
		if w[i], err = s.Param(p); err != nil {
			return nil, err
		}
	}
	ofX, err := ops.Affine(ops.Identity, x, w[1], w[2], nil, nil)
	if err != nil {
		return nil, err
	}
	ofH, err := ops.MatMul(h, w[0], false, false)
	if err != nil {
		return nil, err
	}
	sum, err := gorgonia.Add(ofX, ofH)
	if err != nil {
		return nil, err
	}
	return ops.Activate(d.act, sum)
}

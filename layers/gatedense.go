package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// gateDense is the layer of a gated recurrent unit that sees its state h and the
// input x: affine maps for the update gate, the reset gate and the candidate,
// kept side by side. State and input have weights of their own, so that the two
// are never copied together, the input goes through all three maps at once, and
// no gradient is formed for an input that is data.
type gateDense struct {
	name  string
	units int          // of each map
	wx, b *graph.Param // (in, 3·units) and (3·units)
	wh    *graph.Param // (state, 2·units), of the two gates
	wc    *graph.Param // (state, units), of the candidate
}

func newGateDense(p *graph.Params, name string, state, in, units int, rng *rand.Rand) (*gateDense, error) {
	d := &gateDense{name: name, units: units}
	init := GlorotUniform(rng, state+in, units)
	var err error
	if d.wx, err = p.Add(name+".wx", init, in, 3*units); err != nil {
		return nil, err
	}
	if d.b, err = p.Add(name+".b", nil, 3*units); err != nil {
		return nil, err
	}
	if d.wh, err = p.Add(name+".wh", init, state, 2*units); err != nil {
		return nil, err
	}
	d.wc, err = p.Add(name+".wc", init, state, units)
	return d, err
}

// input adds what the input x contributes to the three maps, (batch, 3·units).
func (d *gateDense) input(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	w, err := s.Param(d.wx)
	if err != nil {
		return nil, err
	}
	b, err := s.Param(d.b)
	if err != nil {
		return nil, err
	}
	y, err := ops.Affine(ops.Identity, x, w, b, nil, nil)
	return y, errors.Wrapf(err, "layer %q", d.name)
}

// gates adds an activation of the maps for the update and the reset gate.
func (d *gateDense) gates(s *graph.Scope, act ops.Activation, h, input *gorgonia.Node) (update, reset *gorgonia.Node, err error) {
	y, err := d.add(s, act, d.wh, h, input, 0)
	if err != nil {
		return nil, nil, err
	}
	if update, err = columns(y, 0, d.units); err != nil {
		return nil, nil, err
	}
	reset, err = columns(y, d.units, 2*d.units)
	return update, reset, err
}

// candidate adds an activation of the map for the candidate.
func (d *gateDense) candidate(s *graph.Scope, act ops.Activation, h, input *gorgonia.Node) (*gorgonia.Node, error) {
	return d.add(s, act, d.wc, h, input, 2*d.units)
}

// add adds act(input + h·w) for the columns of the input from one on.
func (d *gateDense) add(s *graph.Scope, act ops.Activation, w *graph.Param, h, input *gorgonia.Node, from int) (*gorgonia.Node, error) {
	weights, err := s.Param(w)
	if err != nil {
		return nil, err
	}
	ofX, err := columns(input, from, from+weights.Shape()[1])
	if err != nil {
		return nil, err
	}
	ofH, err := ops.MatMul(h, weights, false, false)
	if err != nil {
		return nil, errors.Wrapf(err, "layer %q", d.name)
	}
	sum, err := gorgonia.Add(ofX, ofH)
	if err != nil {
		return nil, err
	}
	return ops.Activate(act, sum)
}

// columns returns some columns of a matrix.
func columns(x *gorgonia.Node, from, to int) (*gorgonia.Node, error) {
	return ops.Block(x, 0, x.Shape()[0], from, to)
}

package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Dense is the affine layer act(x·W + b) with W (in, out) and b (out), one fused
// operation.
type Dense struct {
	name    string
	in, out int
	act     Activation
	w, b    *graph.Param
	wt      *graph.Param // the weights of the time, nil without
}

var _ Layer = (*Dense)(nil)

// NewDense declares a dense layer with parameters "name.w" and "name.b": weights
// Glorot uniform from rng, bias 0.
func NewDense(p *graph.Params, name string, in, out int, act Activation, rng *rand.Rand) (*Dense, error) {
	return newDense(p, name, in, out, act, rng, false)
}

// NewTimeDense declares a dense layer on [x; t], act(x·W + t·w_t + b), as in
// the paper's MNIST dynamics (Eq. 12 and 13): the time is one more input, with
// parameters "name.wt", drawn like the other weights. It can be used in
// dynamics only, where there is a time.
func NewTimeDense(p *graph.Params, name string, in, out int, act Activation, rng *rand.Rand) (*Dense, error) {
	return newDense(p, name, in, out, act, rng, true)
}

func newDense(p *graph.Params, name string, in, out int, act Activation, rng *rand.Rand, timed bool) (*Dense, error) {
	switch {
	case p == nil:
		return nil, errors.Errorf("dense layer %q without parameters to add to", name)
	case in <= 0 || out <= 0:
		return nil, errors.Errorf("dense layer %q from %d to %d, expected positive sizes", name, in, out)
	case rng == nil:
		return nil, errors.Errorf("dense layer %q without a random generator", name)
	}
	d := &Dense{name: name, in: in, out: out, act: act}
	fanIn := in
	if timed { // the time is an input like any other
		fanIn++
	}
	init := GlorotUniform(rng, fanIn, out)
	var err error
	if d.w, err = p.Add(name+".w", init, in, out); err != nil {
		return nil, err
	}
	if timed {
		if d.wt, err = p.Add(name+".wt", init, out); err != nil {
			return nil, err
		}
	}
	if d.b, err = p.Add(name+".b", nil, out); err != nil {
		return nil, err
	}
	return d, nil
}

// Forward applies the layer to x (batch, in).
func (d *Dense) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := d.forward(s, x)
	return y, errors.Wrapf(err, "dense layer %q (%d to %d)", d.name, d.in, d.out)
}

func (d *Dense) forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	w, err := s.Param(d.w)
	if err != nil {
		return nil, err
	}
	b, err := s.Param(d.b)
	if err != nil {
		return nil, err
	}
	if d.wt == nil {
		return ops.Affine(ops.Activation(d.act), x, w, b, nil, nil)
	}
	wt, err := s.Param(d.wt)
	if err != nil {
		return nil, err
	}
	t, err := s.Time()
	if err != nil {
		return nil, err
	}
	return ops.Affine(ops.Activation(d.act), x, w, b, wt, t)
}

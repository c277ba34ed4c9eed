package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// ConcatSquash is an affine layer whose result is scaled and shifted as time goes on,
//
//	act( (x·W + b) ⊙ σ(t·w_g) + t·w_s + b_s )
//
// with W (in, out) and vectors (out): the dynamics of FFJORD (Grathwohl et al., 2019)
// in the form of the official code of Pal et al. (2021), whose gate has no bias and
// whose shift has one.
type ConcatSquash struct {
	name                     string
	act                      Activation
	w, b, gate, shift, start *graph.Param
}

var _ Layer = (*ConcatSquash)(nil)

// NewConcatSquash declares a concat-squash layer with parameters "name.w", "name.b",
// "name.gate", "name.shift" and "name.start" (b_s): weights Glorot uniform from rng,
// biases 0. It can be used in dynamics only, where there is a time.
func NewConcatSquash(p *graph.Params, name string, in, out int, act Activation, rng *rand.Rand) (*ConcatSquash, error) {
	switch {
	case p == nil:
		return nil, errors.Errorf("concat-squash layer %q without parameters to add to", name)
	case in <= 0 || out <= 0:
		return nil, errors.Errorf("concat-squash layer %q from %d to %d, expected positive sizes", name, in, out)
	case rng == nil:
		return nil, errors.Errorf("concat-squash layer %q without a random generator", name)
	}
	l := &ConcatSquash{name: name, act: act}
	ofTime := GlorotUniform(rng, 1, out)
	for _, d := range []struct {
		to    **graph.Param
		name  string
		init  func(w []float64)
		shape []int
	}{
		{&l.w, "w", GlorotUniform(rng, in, out), []int{in, out}},
		{&l.b, "b", nil, []int{out}},
		{&l.gate, "gate", ofTime, []int{out}},
		{&l.shift, "shift", ofTime, []int{out}},
		{&l.start, "start", nil, []int{out}},
	} {
		var err error
		if *d.to, err = p.Add(name+"."+d.name, d.init, d.shape...); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Forward applies the layer to x (batch, in).
func (l *ConcatSquash) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := l.forward(s, x)
	return y, errors.Wrapf(err, "concat-squash layer %q", l.name)
}

func (l *ConcatSquash) forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	var p [5]*gorgonia.Node
	for i, param := range []*graph.Param{l.w, l.b, l.gate, l.shift, l.start} {
		var err error
		if p[i], err = s.Param(param); err != nil {
			return nil, err
		}
	}
	t, err := s.Time()
	if err != nil {
		return nil, err
	}
	y, err := ops.Affine(ops.Identity, x, p[0], p[1], nil, nil)
	if err != nil {
		return nil, err
	}
	gate, err := ops.TimeAffine(ops.Sigmoid, p[2], nil, t)
	if err != nil {
		return nil, err
	}
	shift, err := ops.TimeAffine(ops.Identity, p[3], p[4], t)
	if err != nil {
		return nil, err
	}
	if y, err = ops.Squash(y, gate, shift); err != nil || l.act == Identity {
		return y, err
	}
	return l.act.Forward(s, y)
}

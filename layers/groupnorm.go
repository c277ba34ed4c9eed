package layers

import (
	"cmp"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// GroupNorm is the group normalization of Wu and He (ECCV 2018) of images (batch,
// channels·pixels): within each group of neighbouring channels of a row
//
//	y = γ·(x − mean)/√(variance + ε) + β
//
// with a scale γ and a shift β for each channel. It has no state and treats every
// row by itself, so it suits dynamics, where batch normalization would make the
// trajectories of a batch depend on each other. It does not propagate Taylor
// coefficients.
type GroupNorm struct {
	// Epsilon is ε; 1e-5 if zero.
	Epsilon float64

	name             string
	channels, groups int
	scale, shift     *graph.Param
}

var _ Layer = (*GroupNorm)(nil)

// NewGroupNorm declares a group normalization of so many channels in so many
// groups, which divide them, with the parameters "name.scale" (channels), at
// first 1, and "name.shift" (channels), at first 0.
func NewGroupNorm(p *graph.Params, name string, channels, groups int) (*GroupNorm, error) {
	switch {
	case p == nil:
		return nil, errors.Errorf("normalization %q without parameters to add to", name)
	case channels <= 0 || groups <= 0 || channels%groups != 0:
		return nil, errors.Errorf("normalization %q of %d channels in %d groups, expected a positive number of channels and a divisor of it", name, channels, groups)
	}
	n := &GroupNorm{name: name, channels: channels, groups: groups}
	var err error
	if n.scale, err = p.Add(name+".scale", ones, channels); err != nil {
		return nil, err
	}
	if n.shift, err = p.Add(name+".shift", nil, channels); err != nil {
		return nil, err
	}
	return n, nil
}

// NewLayerNorm declares the layer normalization of Ba, Kiros and Hinton (2016) of
// rows (batch, dim): one group, with a scale and a shift for each column.
func NewLayerNorm(p *graph.Params, name string, dim int) (*GroupNorm, error) {
	return NewGroupNorm(p, name, dim, 1)
}

// Forward normalizes x (batch, channels·pixels), for a layer normalization (batch,
// dim).
func (n *GroupNorm) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	scale, err := s.Param(n.scale)
	if err != nil {
		return nil, err
	}
	shift, err := s.Param(n.shift)
	if err != nil {
		return nil, err
	}
	y, err := ops.GroupNorm(x, scale, shift, n.groups, cmp.Or(n.Epsilon, 1e-5))
	return y, errors.Wrapf(err, "normalization %q", n.name)
}

func ones(w []float64) {
	for i := range w {
		w[i] = 1
	}
}

package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// Componentwise is a network of one hidden layer for every column by itself,
//
//	y_i = act( Σ_j v_ij softplus(w_ij x_i + b_ij) + c_i )
//
// As a diffusion it is diagonal in the sense of the methods for diagonal noise, whose
// order is less than theirs if an entry of g depends on other columns of the state.
type Componentwise struct {
	dim, hidden int
	act         Activation
	w, b, v, c  *graph.Param
}

var _ Layer = (*Componentwise)(nil)

// NewComponentwise declares the layer for dim columns with so many hidden units for each,
// those of column i from i·hidden on. The parameters are "name.w", "name.b" and "name.v"
// (dim·hidden) and "name.c" (dim): w and v Glorot uniform from rng, b and c 0.
func NewComponentwise(p *graph.Params, name string, dim, hidden int, act Activation, rng *rand.Rand) (*Componentwise, error) {
	switch {
	case p == nil:
		return nil, errors.Errorf("componentwise layer %q without parameters to add to", name)
	case dim <= 0 || hidden <= 0:
		return nil, errors.Errorf("componentwise layer %q of %d columns and %d hidden units, expected positive sizes", name, dim, hidden)
	case rng == nil:
		return nil, errors.Errorf("componentwise layer %q without a random generator", name)
	}
	if _, err := extent.Of(dim, hidden); err != nil {
		return nil, errors.Wrapf(err, "componentwise layer %q", name)
	}
	l := &Componentwise{dim: dim, hidden: hidden, act: act}
	init := GlorotUniform(rng, 1, hidden)
	for _, d := range []struct {
		name  string
		param **graph.Param
		init  func([]float64)
		n     int
	}{
		{".w", &l.w, init, dim * hidden}, {".b", &l.b, nil, dim * hidden},
		{".v", &l.v, init, dim * hidden}, {".c", &l.c, nil, dim},
	} {
		var err error
		if *d.param, err = p.Add(name+d.name, d.init, d.n); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Forward applies the layer to x (batch, dim).
func (l *Componentwise) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	y, err := l.forward(s, x)
	return y, errors.Wrapf(err, "componentwise layer of %d columns", l.dim)
}

func (l *Componentwise) forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	if err := given("layer", s, "x", x); err != nil {
		return nil, err
	}
	var p [4]*gorgonia.Node
	for i, param := range []*graph.Param{l.w, l.b, l.v, l.c} {
		var err error
		if p[i], err = s.Param(param); err != nil {
			return nil, err
		}
	}
	units, err := l.units(s, x.Dtype())
	if err != nil {
		return nil, err
	}
	y, err := ops.MatMul(x, units, false, true)
	if err != nil {
		return nil, err
	}
	if y, err = ops.Squash(y, p[0], p[1]); err != nil {
		return nil, err
	}
	if y, err = ops.Activate(ops.Softplus, y); err != nil {
		return nil, err
	}
	if y, err = ops.Squash(y, p[2], nil); err != nil {
		return nil, err
	}
	return ops.Affine(ops.Activation(l.act), y, units, p[3], nil, nil)
}

// units adds the matrix (dim·hidden, dim) of which hidden unit belongs to which column.
func (l *Componentwise) units(s *graph.Scope, dt tensor.Dtype) (*gorgonia.Node, error) {
	of := make([]float64, l.dim*l.hidden*l.dim)
	for i := range l.dim * l.hidden {
		of[i*l.dim+i/l.hidden] = 1
	}
	v := value.New(dt, l.dim*l.hidden, l.dim)
	value.SetFloat64s(v, of)
	return s.Data(v)
}

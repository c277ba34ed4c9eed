package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/profile"
)

// A Predictor evaluates an expression without a gradient. Its graph is built
// once for each list of shapes and element types of values, and kept for the 32
// lists used last; a differential equation in it is a single operation that solves
// with two frames, so that a prediction builds nothing.
//
// A Predictor is for one goroutine at a time, and so are predictors that share a
// solver, because they are made from one layer: ErrInUse.
type Predictor struct {
	params *Params
	build  Builder
	frames []*Frame // frames of each list of shapes, the last used first
	use    exclusive.Use
}

// mostPredictions bounds the lists of shapes whose functions a predictor keeps.
const mostPredictions = 32

// NewPredictor returns a predictor of the expression that build adds. The values
// given to Predict become nodes, passed to build in order. params may be nil if
// the expression has none.
func NewPredictor(params *Params, build Builder) (*Predictor, error) {
	if build == nil {
		return nil, errors.New("predictor: the builder is nil, expected a function")
	}
	return &Predictor{params: params, build: func(s *Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		s.predict = true
		return build(s, in)
	}}, nil
}

// Predict evaluates the expression for the given values, of any shape, with the
// parameters as they are now. The results are the caller's. They are not checked:
// a loss among them may be infinite.
func (p *Predictor) Predict(in ...gorgonia.Value) (out []gorgonia.Value, err error) {
	if err := p.use.Begin("predictor"); err != nil {
		return nil, err
	}
	defer p.use.End()
	profile.Enter(profile.Forward)
	defer profile.Enter(profile.Outside)
	defer func() {
		if r := recover(); r != nil {
			err = errors.Wrap(panicked(r), "predictor")
		}
	}()
	fr, err := p.frame(in)
	if err != nil {
		return nil, err
	}
	for i, v := range in {
		if err := fr.Set(i, v); err != nil {
			return nil, err
		}
	}
	if err := fr.Forward(); err != nil {
		return nil, err
	}
	out = make([]gorgonia.Value, len(fr.out))
	for i, v := range fr.out {
		if out[i], err = gorgonia.CloneValue(v); err != nil {
			return nil, errors.Wrap(err, "predictor")
		}
	}
	return out, nil
}

// frame returns the frame for values of the given shapes, in front of the others.
func (p *Predictor) frame(in []gorgonia.Value) (*Frame, error) {
	i := slices.IndexFunc(p.frames, func(fr *Frame) bool { return fit(fr.f.inputs[fr.f.firstInput():], in) })
	if i < 0 {
		specs, err := specsOf(in)
		if err != nil {
			return nil, errors.Wrap(err, "predictor")
		}
		f, err := newFunction("predictor", p.params, specs, p.build, false)
		if err != nil {
			return nil, err
		}
		i = min(len(p.frames), mostPredictions-1) // in place of the one least recently used
		p.frames = append(p.frames[:i], f.NewFrame())
	}
	fr := p.frames[i]
	copy(p.frames[1:i+1], p.frames[:i])
	p.frames[0] = fr
	return fr, nil
}

// solveOp is a whole solve as one operation without a derivative.
type solveOp struct {
	operation.Signature
	site Site
}

func opaque(site Site, args gorgonia.Nodes) (*gorgonia.Node, error) {
	in := make([]Spec, len(args))
	for i, a := range args {
		in[i] = Spec{Name: a.Name(), Dtype: a.Dtype(), Shape: a.Shape()}
	}
	out, err := site.Output(in)
	if err != nil {
		return nil, err
	}
	op := &solveOp{Signature: operation.New("solve "+out.Name, out.Dtype, out.Shape, args...), site: site}
	return operation.Apply(op, &op.Signature, args...)
}

func (o *solveOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	profile.Enter(profile.Solve)
	defer profile.Enter(profile.Forward)
	return o.site.Predict(in)
}

package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/internal/operation"
)

// A Predictor evaluates an expression without a gradient. Its graph is built
// once; a differential equation in it is a single operation that solves with
// two frames, so that a prediction builds nothing.
//
// A Predictor is for one goroutine at a time, and so are predictors that share a
// solver, because they are made from one layer: ErrInUse.
type Predictor struct {
	f   *Function
	fr  *Frame
	use exclusive.Use
}

// NewPredictor returns a predictor of the expression that build adds.
func NewPredictor(params *Params, inputs []Input, build Builder) (*Predictor, error) {
	if build == nil {
		return nil, errors.New("predictor: the builder is nil")
	}
	f, err := newFunction("predictor", params, inputs, func(s *Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		s.predict = true
		return build(s, in)
	}, false)
	if err != nil {
		return nil, err
	}
	return &Predictor{f: f, fr: f.NewFrame()}, nil
}

// Predict evaluates the expression for the given inputs, in the order in which they
// were declared, with the parameters as they are now. The results are the
// caller's. They are not checked: a loss among them may be infinite.
func (p *Predictor) Predict(in ...gorgonia.Value) (out []gorgonia.Value, err error) {
	if err := p.use.Begin("predictor"); err != nil {
		return nil, err
	}
	defer p.use.End()
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("predictor: %v", r)
		}
	}()
	if want := len(p.f.inputs) - p.f.firstInput(); len(in) != want {
		return nil, errors.Errorf("predictor: %d values for %d inputs", len(in), want)
	}
	for i, v := range in {
		if err := p.fr.Set(i, v); err != nil {
			return nil, err
		}
	}
	if err := p.fr.Forward(); err != nil {
		return nil, err
	}
	out = make([]gorgonia.Value, len(p.fr.out))
	for i, v := range p.fr.out {
		if out[i], err = gorgonia.CloneValue(v); err != nil {
			return nil, errors.Wrap(err, "predictor")
		}
	}
	return out, nil
}

// solveOp is a whole solve as one operation without a derivative.
type solveOp struct {
	operation.Signature
	site Site
}

func opaque(site Site, args gorgonia.Nodes) (*gorgonia.Node, error) {
	in := make([]Input, len(args))
	for i, a := range args {
		in[i] = Input{Name: a.Name(), Dtype: a.Dtype(), Shape: a.Shape()}
	}
	out, err := site.Output(in)
	if err != nil {
		return nil, err
	}
	op := &solveOp{Signature: operation.New("solve "+out.Name, out.Dtype, out.Shape, args...), site: site}
	return operation.Apply(op, &op.Signature, args...)
}

func (o *solveOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) { return o.site.Predict(in) }

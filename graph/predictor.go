package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/operation"
)

// A Predictor evaluates an expression without a gradient. Its graph is built
// once; a differential equation in it is a single operation that solves with
// two frames, so that a prediction builds nothing.
type Predictor struct {
	f  *Function
	fr *Frame
}

// NewPredictor returns a predictor of the expression that build adds.
func NewPredictor(params *Params, inputs []Input, build Builder) (*Predictor, error) {
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
// were declared, with the parameters as they are now. The results are overwritten by the next
// Predict.
func (p *Predictor) Predict(in ...gorgonia.Value) (out []gorgonia.Value, err error) {
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
	return p.fr.out, p.fr.Forward()
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

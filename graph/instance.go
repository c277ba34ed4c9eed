package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/profile"
)

// An instance computes one prediction at a time.
type instance struct {
	of     *predictions
	params *Params               // parameters with the values of the present call
	frames []*Frame              // frames of each list of shapes, the last used first
	sites  map[Site]SiteInstance // instances of the sites in the expression
	call   Prediction            // the present call
}

func newInstance(p *predictions) *instance {
	return &instance{of: p, params: p.params.sharing(), sites: map[Site]SiteInstance{}}
}

// predict evaluates the expression with the parameters theta, nil for those of the
// predictor.
func (i *instance) predict(call Prediction, theta *tensor.Dense, in []gorgonia.Value) ([]gorgonia.Value, error) {
	i.call = call
	defer func() { i.call = Prediction{} }()
	i.params.follow(theta)
	fr, err := i.frame(in)
	if err != nil {
		return nil, err
	}
	fr.takeParams()
	for k, v := range in {
		if err := fr.Set(k, v); err != nil {
			return nil, err
		}
	}
	if err := fr.Forward(); err != nil {
		return nil, err
	}
	if err := call.Context.Err(); err != nil {
		return nil, errors.Wrap(err, "predictor")
	}
	out := make([]gorgonia.Value, len(fr.out))
	for k, v := range fr.out {
		if out[k], err = gorgonia.CloneValue(v); err != nil {
			return nil, errors.Wrap(err, "predictor")
		}
	}
	return out, nil
}

// find returns the position of the frame for values of the given shapes, -1 if there
// is none.
func (i *instance) find(in []gorgonia.Value) int {
	return slices.IndexFunc(i.frames, func(fr *Frame) bool { return fit(fr.f.inputs[fr.f.firstInput():], in) })
}

// frame returns the frame for values of the given shapes, in front of the others.
func (i *instance) frame(in []gorgonia.Value) (*Frame, error) {
	k := i.find(in)
	if k < 0 {
		f, err := i.trace(in)
		if err != nil {
			return nil, err
		}
		k = min(len(i.frames), i.of.shapes-1) // in place of the one least recently used
		i.frames = append(i.frames[:k], f.NewFrame())
	}
	fr := i.frames[k]
	copy(i.frames[1:k+1], i.frames[:k])
	i.frames[0] = fr
	return fr, nil
}

// trace makes the function of values of the given shapes.
func (i *instance) trace(in []gorgonia.Value) (*Function, error) {
	specs, err := specsOf(in)
	if err != nil {
		return nil, errors.Wrap(err, "predictor")
	}
	i.of.tracing.Lock()
	defer i.of.tracing.Unlock()
	return newFunction("predictor", i.params, specs, func(s *Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		if s.instance = i; i.of.exact {
			s.RowExact()
		}
		return i.of.build(s, in)
	}, false)
}

// site returns the instance of a site.
func (i *instance) site(s Site) SiteInstance {
	own, ok := i.sites[s]
	if !ok {
		own = s.Instance(func(p *Params) *Params {
			if p != nil && p == i.of.params {
				return i.params
			}
			return p
		}, &i.of.tracing)
		i.sites[s] = own
	}
	return own
}

// solveOp is a whole solve as one operation without a derivative.
type solveOp struct {
	operation.Signature
	site SiteInstance
	call *Prediction
}

// opaque adds the solution of a site as one operation.
func (i *instance) opaque(site Site, args gorgonia.Nodes) (*gorgonia.Node, error) {
	in := make([]Spec, len(args))
	for k, a := range args {
		in[k] = Spec{Name: a.Name(), Dtype: a.Dtype(), Shape: a.Shape()}
	}
	out, err := site.Output(in)
	if err != nil {
		return nil, err
	}
	op := &solveOp{Signature: operation.New("solve "+out.Name, out.Dtype, out.Shape, args...), site: i.site(site), call: &i.call}
	return operation.Apply(op, &op.Signature, args...)
}

func (o *solveOp) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	profile.Enter(profile.Solve)
	defer profile.Enter(profile.Forward)
	return o.site.Predict(o.call, in)
}

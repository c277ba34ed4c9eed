package graph

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/value"
)

// Spec describes an input or a result of a function.
type Spec struct {
	Name  string       // name, unique among the inputs
	Dtype tensor.Dtype // element type, tensor.Float32 or tensor.Float64
	Shape tensor.Shape // shape, empty for a scalar
	// Data arguments are set on the frame of a call, not by a node: step size,
	// time, noise. They are not differentiated.
	Data bool
}

// check fails unless there can be a value of the description.
func (in Spec) check() error {
	if err := checkFloats(in.Dtype); err != nil {
		return errors.Wrapf(err, "input %q", in.Name)
	}
	for _, d := range in.Shape {
		if d <= 0 {
			return errors.Errorf("input %q has shape %v, expected positive dimensions", in.Name, in.Shape)
		}
	}
	if _, err := extent.Of(in.Shape...); err != nil {
		return errors.Wrapf(err, "input %q", in.Name)
	}
	return nil
}

func (in Spec) node(g *gorgonia.ExprGraph, salt string) (*gorgonia.Node, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	before := len(g.AllNodes())
	name := gorgonia.WithName(in.Name + salt)
	var n *gorgonia.Node
	if len(in.Shape) == 0 {
		n = gorgonia.NewScalar(g, in.Dtype, name)
	} else {
		n = gorgonia.NewTensor(g, in.Dtype, len(in.Shape), gorgonia.WithShape(in.Shape...), name)
	}
	if len(g.AllNodes()) == before {
		return nil, errors.Wrapf(hazard.ErrHashCollision, "input %q and another input of that name", in.Name)
	}
	return n, nil
}

// specsOf describes inputs for the given values.
func specsOf(in []gorgonia.Value) ([]Spec, error) {
	specs := make([]Spec, len(in))
	for i, v := range in {
		if v == nil {
			return nil, errors.Errorf("value %d is nil, expected a tensor or scalar", i)
		}
		specs[i] = Spec{Name: fmt.Sprintf("input %d", i), Dtype: v.Dtype(), Shape: v.Shape().Clone()}
		if err := specs[i].check(); err != nil {
			return nil, err
		}
		if err := value.Check(v); err != nil {
			return nil, errors.Wrapf(err, "value %d", i)
		}
	}
	return specs, nil
}

// fit reports whether the values are those of inputs of the given specs.
func fit(specs []Spec, in []gorgonia.Value) bool {
	if len(specs) != len(in) {
		return false
	}
	for i, v := range in {
		if !raw.Fits(v, specs[i].Dtype, specs[i].Shape) {
			return false
		}
	}
	return true
}

package integrators_test

import (
	"errors"
	"fmt"
	"hash"
	"math"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// halve is the operation x ↦ x/2 of somebody who never asks for a gradient.
type halve struct{}

func (halve) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	y := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
	for i := range y.Float64s() {
		y.Float64s()[i] /= 2
	}
	return y, nil
}

func (halve) InferShape(d ...gorgonia.DimSizer) (tensor.Shape, error) {
	return d[0].(tensor.Shape).Clone(), nil
}

func (halve) Type() hm.Type {
	t := gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}

func (halve) Arity() int            { return 1 }
func (halve) ReturnsPtr() bool      { return true }
func (halve) CallsExtern() bool     { return false }
func (halve) OverwritesInput() int  { return -1 }
func (halve) WriteHash(h hash.Hash) { fmt.Fprint(h, "halve") }
func (halve) Hashcode() uint32      { return 2 }
func (halve) String() string        { return "halve" }

// TestDynamicsWithoutDerivative solves z' = z/2 + z with an operation that has no
// derivative. A training step is refused with its name.
func TestDynamicsWithoutDerivative(t *testing.T) {
	f := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		y, err := gorgonia.ApplyOp(halve{}, z)
		if err != nil {
			return nil, err
		}
		return gorgonia.Add(y, z)
	}
	for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
		params := graph.NewParams(tensor.Float64)
		start, err := params.Add("start", func(w []float64) { w[0] = 1 }, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		ode, err := integrators.NewSolver(integrators.Equation{Drift: f, Params: params, T1: 1}, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-9, RelTol: 1e-9, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		sol, err := ode.Predict(tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]float64{1})))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := value.Scalar(sol.Z), math.Exp(1.5); math.Abs(got-want) > 1e-7 {
			t.Errorf("z(1) = %v, expected e^1.5 = %v", got, want)
		}
		o, err := graph.NewObjective(params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
			z, err := s.Param(start)
			if err != nil {
				return nil, err
			}
			out, err := ode.Unroll(s, z)
			if err != nil {
				return nil, err
			}
			return gorgonia.Sum(out[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Evaluate(); !errors.Is(err, hazard.ErrNoDerivative) || !strings.Contains(err.Error(), "halve") {
			t.Errorf("mode %v: %v, expected ErrNoDerivative of halve", mode, err)
		}
	}
}

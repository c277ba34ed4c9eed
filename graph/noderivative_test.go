package graph_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

// fewDerivatives says nothing about its argument.
type fewDerivatives struct{ userOp }

func (o *fewDerivatives) DiffWRT(int) []bool { return nil }

func (o *fewDerivatives) SymDiff(gorgonia.Nodes, *gorgonia.Node, *gorgonia.Node) (gorgonia.Nodes, error) {
	return nil, nil
}

// TestOperationWithoutDerivative evaluates an operation that has no derivative. A
// gradient through it is refused by name, wherever it is asked for.
func TestOperationWithoutDerivative(t *testing.T) {
	do := func(in []gorgonia.Value) (gorgonia.Value, error) {
		y := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
		for i, x := range y.Float64s() {
			y.Float64s()[i] = x * x
		}
		return y, nil
	}
	for name, op := range map[string]gorgonia.Op{
		"none":     &userOp{id: 41, hash: 41, do: do},
		"no slots": &fewDerivatives{userOp{id: 41, hash: 41, do: do}},
	} {
		refused := func(where string, err error) {
			t.Helper()
			if !errors.Is(err, hazard.ErrNoDerivative) || !strings.Contains(err.Error(), "user operation 41") {
				t.Errorf("%s, %s: %v, expected ErrNoDerivative of user operation 41", name, where, err)
			}
		}
		expr := func(x *gorgonia.Node) (*gorgonia.Node, error) {
			y, err := gorgonia.ApplyOp(op, x)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(y, x)
		}
		p := declared(t, tensor.Float64, 1, "w")
		inputs := []graph.Spec{matrixInput("x", 1, 2)}
		build := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := expr(in[0])
			return gorgonia.Nodes{y}, err
		}
		x := func() gorgonia.Value {
			return tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{2, 3}))
		}

		pred, err := graph.NewPredictor(p, build, nil)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := pred.Predict(context.Background(), x()); err != nil || value.Float64s(out[0])[1] != 12 {
			t.Errorf("%s: prediction %v, %v, expected 3² + 3", name, out, err)
		}

		f := mustFunction(t, nil, inputs, build)
		fr := f.NewFrame()
		run(t, fr, x())
		if got := value.Float64s(fr.Out(0))[0]; got != 6 {
			t.Errorf("%s: the function gives %v, expected 2² + 2", name, got)
		}
		refused("reverse pass", fr.Accumulate([]gorgonia.Value{x()}, []gorgonia.Value{x()}, nil))

		for where, loss := range map[string]func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error){
			"in a call": func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
				c, err := f.Call(s, x)
				if err != nil {
					return nil, err
				}
				return c.Out(0)
			},
			"in an objective": func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) { return expr(x) },
		} {
			o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
				factor := gorgonia.Must(gorgonia.Sum(s.Theta())) // data alone would need no derivative
				y, err := loss(s, gorgonia.Must(gorgonia.HadamardProd(in[0], factor)))
				if err != nil {
					return nil, err
				}
				return gorgonia.Add(gorgonia.Must(gorgonia.Sum(y)), gorgonia.Must(gorgonia.Sum(s.Theta())))
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = o.Evaluate(x())
			refused(where, err)
		}
	}
}

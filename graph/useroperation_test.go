package graph_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// ownDerivative is a user's operation with a derivative.
type ownDerivative struct {
	userOp
	grad func(g *gorgonia.Node) (*gorgonia.Node, error) // of the argument
}

func (o *ownDerivative) DiffWRT(int) []bool { return []bool{true} }

func (o *ownDerivative) SymDiff(_ gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
	d, err := o.grad(g)
	return gorgonia.Nodes{d}, err
}

// TestWhatAUserOperationReturns evaluates operations that return their argument in
// one form or another. What is not of the shape that was inferred is an error with
// the name of the operation; what has other strides is read by them.
func TestWhatAUserOperationReturns(t *testing.T) {
	entries := []float64{1, 2, 3, 4, 5, 6}
	of := func(f func(x *tensor.Dense) gorgonia.Value) *userOp {
		return &userOp{do: func(in []gorgonia.Value) (gorgonia.Value, error) {
			return f(in[0].(*tensor.Dense).Clone().(*tensor.Dense)), nil
		}}
	}
	for _, tt := range []struct {
		name string
		op   *userOp
		want string // of the error, empty for none
	}{
		{"as it is", of(func(x *tensor.Dense) gorgonia.Value { return x }), ""},
		{"column-major", of(func(*tensor.Dense) gorgonia.Value {
			return tensor.New(tensor.WithShape(2, 3), tensor.AsFortran(append([]float64(nil), entries...)))
		}), ""},
		{"a transposed view", of(func(*tensor.Dense) gorgonia.Value {
			x := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 4, 2, 5, 3, 6}))
			if err := x.T(); err != nil {
				panic(err)
			}
			return x
		}), ""},
		{"a slice of columns", of(func(*tensor.Dense) gorgonia.Value {
			x := tensor.New(tensor.WithShape(2, 4), tensor.WithBacking([]float64{1, 2, 3, 9, 4, 5, 6, 9}))
			s, err := x.Slice(nil, gorgonia.S(0, 3))
			if err != nil {
				panic(err)
			}
			return s.(*tensor.Dense)
		}), ""},
		{"transposed", of(func(x *tensor.Dense) gorgonia.Value { return reshaped(x, 3, 2) }), "(3, 2) of float64, expected (2, 3)"},
		{"flat", of(func(x *tensor.Dense) gorgonia.Value { return reshaped(x, 6) }), "(6) of float64, expected (2, 3)"},
		{"smaller", of(func(*tensor.Dense) gorgonia.Value { return value.New(tensor.Float64, 1, 3) }), "(1, 3) of float64, expected (2, 3)"},
		{"float32", of(func(*tensor.Dense) gorgonia.Value { return value.New(tensor.Float32, 2, 3) }), "float32, expected (2, 3) of float64"},
		{"a scalar", of(func(*tensor.Dense) gorgonia.Value { return gorgonia.NewF64(1) }), "() of float64, expected (2, 3)"},
		{"nil", of(func(*tensor.Dense) gorgonia.Value { return nil }), "no value, expected (2, 3)"},
		{"a nil tensor", of(func(*tensor.Dense) gorgonia.Value { return (*tensor.Dense)(nil) }), "no value, expected (2, 3)"},
		{"an error", &userOp{do: func([]gorgonia.Value) (gorgonia.Value, error) { return nil, errors.New("not today") }}, "not today"},
		{"a panic", of(func(*tensor.Dense) gorgonia.Value { panic("not today") }), "not today"},
	} {
		p, err := graph.NewPredictor(nil, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := gorgonia.ApplyOp(tt.op, in[0])
			if err != nil {
				return nil, err
			}
			y, err = gorgonia.Neg(y)
			return gorgonia.Nodes{y}, err
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Predict(context.Background(), tensor.New(tensor.WithShape(2, 3), tensor.WithBacking(entries)))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want == "":
			for i, y := range value.Float64s(out[0]) {
				if y != -entries[i] {
					t.Errorf("%s: %v, expected the entries of %v", tt.name, value.Float64s(out[0]), entries)
					break
				}
			}
		case err == nil || !strings.Contains(err.Error(), "user operation 0") || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: error %v, expected one that names the operation and %q", tt.name, err, tt.want)
		}
	}
}

func reshaped(x *tensor.Dense, shape ...int) *tensor.Dense {
	if err := x.Reshape(shape...); err != nil {
		panic(err)
	}
	return x
}

// TestDerivativeOfAnotherShape: a gradient must be of the shape of what it is the
// gradient of, at the input of a function and behind other operations, which would
// read its entries in another order.
func TestDerivativeOfAnotherShape(t *testing.T) {
	op := &ownDerivative{
		userOp: userOp{do: func(in []gorgonia.Value) (gorgonia.Value, error) { return in[0], nil }},
		grad:   func(g *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Transpose(g) },
	}
	x := value.New(tensor.Float64, 2, 3)
	for name, before := range map[string]func(*gorgonia.Node) (*gorgonia.Node, error){
		"input": func(x *gorgonia.Node) (*gorgonia.Node, error) { return x, nil },
		"tanh":  gorgonia.Tanh,
	} {
		f := mustFunction(t, nil, []graph.Spec{matrixInput("x", 2, 3)}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := before(in[0])
			if err != nil {
				return nil, err
			}
			y, err = gorgonia.ApplyOp(op, y)
			return gorgonia.Nodes{y}, err
		})
		fr := f.NewFrame()
		run(t, fr, x)
		err := fr.Accumulate([]gorgonia.Value{x}, []gorgonia.Value{x}, nil)
		if err == nil || !strings.Contains(err.Error(), "user operation 0: (3, 2) for argument 0, expected (2, 3)") {
			t.Errorf("%s: error %v, expected one with the operation and both shapes", name, err)
		}
	}
}

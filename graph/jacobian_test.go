package graph_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/jacobiantest"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// stockOnce lists the expressions of Gorgonia's operations whose products with a
// Jacobian are refused, with the cause.
var stockOnce = map[string]error{
	"abs": hazard.ErrNoSecondDerivative, "Abs": hazard.ErrNoSecondDerivative, "maximum of all": hazard.ErrNoSecondDerivative,
	"rectified": hazard.ErrNoDerivative, "Rectify": hazard.ErrNoDerivative, "LeakyRelu": hazard.ErrNoDerivative,
	"convolutional layer": hazard.ErrNoDerivative, // for the comparison of its rectifier

	"matrix and vector": hazard.ErrNoSecondDerivative, "batched matrix product": hazard.ErrNoSecondDerivative,
	"softmax": hazard.ErrNoSecondDerivative, "log-softmax": hazard.ErrNoSecondDerivative, "cross entropy": hazard.ErrNoSecondDerivative,
	"slice of rows": hazard.ErrNoSecondDerivative, "slice of columns": hazard.ErrNoSecondDerivative, "one row": hazard.ErrNoSecondDerivative,
	"overlapping slices": hazard.ErrNoSecondDerivative, "concatenation": hazard.ErrNoSecondDerivative, "concatenation of columns": hazard.ErrNoSecondDerivative,
	"convolution": hazard.ErrNoSecondDerivative, "image to columns": hazard.ErrNoSecondDerivative, "pooling": hazard.ErrNoSecondDerivative,
}

// TestStockJacobians takes products with the Jacobians of Gorgonia's operations, and
// their gradients, and compares them with differences. What is not right is refused.
func TestStockJacobians(t *testing.T) {
	type expression struct {
		name   string
		shapes []tensor.Shape
		build  func(in gorgonia.Nodes) (*gorgonia.Node, error)
	}
	var all []expression
	for _, g := range stockGraphs {
		all = append(all, expression{g.name, g.shapes, g.build})
	}
	for _, e := range elementwise {
		all = append(all, expression{e.name, shapes("3,2"), one(e.op)})
	}
	for _, g := range all {
		t.Run(g.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			e := jacobiantest.Expression{Build: g.build}
			for i, s := range g.shapes {
				e.Args = append(e.Args, graph.Spec{Name: fmt.Sprint("x", i), Dtype: tensor.Float64, Shape: s})
				e.At = append(e.At, jacobiantest.Positive(rng, tensor.Float64, s...))
			}
			if err, want := jacobiantest.Check(t, e), stockOnce[g.name]; !errors.Is(err, want) {
				t.Errorf("error %v, expected %v", err, want)
			}
		})
	}
}

// TestNestedJacobians: the k-th derivative of sin(a·x) along dx, by products of
// products, up to the third; in time as well, which is data for a solver.
func TestNestedJacobians(t *testing.T) {
	const a = 1.3
	for _, v := range []string{"state", "time"} {
		f := mustFunction(t, nil, []graph.Spec{matrixInput("x", 2, 2), {Name: "t", Dtype: tensor.Float64}}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			weights, err := s.Data(matrix(a))
			if err != nil {
				return nil, err
			}
			column, row := gorgonia.Must(ops.Block(in[0], 0, 2, 0, 1)), gorgonia.Must(ops.View(gorgonia.Must(s.Data(vector(a))), 0, 1))
			y := gorgonia.Must(ops.Affine(ops.Identity, column, weights, nil, row, in[1]))
			x, dx := in[0], gorgonia.Must(s.Data(tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 5, 1, 7}))))
			if v == "time" {
				x, dx = in[1], gorgonia.Must(s.Data(gorgonia.NewF64(1)))
			}
			d := gorgonia.Must(ops.Sin(y))
			out := gorgonia.Nodes{d}
			for range 3 {
				if d, err = s.JVP(d, gorgonia.Nodes{x}, gorgonia.Nodes{dx}); err != nil {
					return nil, err
				}
				out = append(out, d)
			}
			return out, nil
		})
		fr := f.NewFrame()
		run(t, fr, tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{0.3, 9, -0.8, 9})), gorgonia.NewF64(0.25))
		for k := range 4 {
			for i, x := range []float64{0.3, -0.8} {
				want := math.Pow(a, float64(k)) * math.Sin(a*(x+0.25)+float64(k)*math.Pi/2)
				if got := value.Float64s(fr.Out(k))[i]; math.Abs(got-want) > 1e-14 {
					t.Errorf("derivative %d by the %s at %v is %v, expected %v", k, v, x, got, want)
				}
			}
		}
	}
}

// TestIndependentOfVariables: products with a Jacobian of zero are zeros, of the
// form of what they are gradients of.
func TestIndependentOfVariables(t *testing.T) {
	f := mustFunction(t, nil, []graph.Spec{matrixInput("x", 1, 2), matrixInput("y", 1, 3)}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		d, err := s.VJP(in[0], in[0], in[1], in[0])
		if err != nil {
			return nil, err
		}
		along, err := s.JVP(in[0], gorgonia.Nodes{in[1]}, gorgonia.Nodes{in[1]})
		return append(d, along), err
	})
	fr := f.NewFrame()
	run(t, fr, matrix(2, 3), matrix(4, 5, 6))
	equal(t, "by what it does not depend on", fr.Out(0), 0, 0, 0)
	equal(t, "by itself", fr.Out(1), 2, 3)
	equal(t, "along what it does not depend on", fr.Out(2), 0, 0)
}

// TestDepends: what is multiplied by zero depends on it nevertheless, and what has the
// size of it does not.
func TestDepends(t *testing.T) {
	mustFunction(t, nil, []graph.Spec{matrixInput("x", 2, 2), matrixInput("y", 2, 2)}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		x, y := in[0], in[1]
		nothing := gorgonia.Must(ops.LinComb([]ops.Term{{X: x, C: 0}, {X: y, C: 1}}, nil, nil))
		for _, tt := range []struct {
			name string
			y, x *gorgonia.Node
			want bool
		}{
			{"an input, itself", x, x, true},
			{"an input, another", y, x, false},
			{"zero times it", nothing, x, true},
			{"what it is computed from", x, nothing, false},
			{"its size", gorgonia.Must(gorgonia.SizeOf(0, x)), x, false},
		} {
			if got, err := s.Depends(tt.y, tt.x); err != nil || got != tt.want {
				t.Errorf("%s: %v, %v, expected %v", tt.name, got, err, tt.want)
			}
		}
		if _, err := s.Depends(nil, x); err == nil {
			t.Error("nothing depends on something, or does not")
		}
		return gorgonia.Nodes{nothing}, nil
	})
}

// TestJacobianGuards refuses what would be wrong in silence, by name.
func TestJacobianGuards(t *testing.T) {
	elsewhere := gorgonia.NewMatrix(gorgonia.NewGraph(), tensor.Float64, gorgonia.WithShape(1, 2), gorgonia.WithName("elsewhere"))
	for name, c := range map[string]struct {
		mentions string
		cause    error
		build    func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error)
	}{
		"a scale that depends on x": {"linear combination by its argument 1", hazard.ErrNoDerivative, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			y := gorgonia.Must(ops.LinComb([]ops.Term{{X: x, C: 1, Scaled: true}}, gorgonia.Must(gorgonia.Sum(x)), nil))
			return s.JVP(y, gorgonia.Nodes{x}, gorgonia.Nodes{x})
		}},
		"an operation of one's own without a derivative": {"user operation 43", hazard.ErrNoDerivative, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			y := gorgonia.Must(gorgonia.ApplyOp(&userOp{id: 43, hash: 43}, x))
			return s.JVP(y, gorgonia.Nodes{x}, gorgonia.Nodes{x})
		}},
		"a kink": {"relu", hazard.ErrNoSecondDerivative, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			y := gorgonia.Must(ops.Activate(ops.ReLU, x))
			return s.JVP(y, gorgonia.Nodes{x}, gorgonia.Nodes{x})
		}},
		"a cotangent of another shape": {"cotangent is (1, 1)", nil, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			d, err := s.VJP(x, gorgonia.Must(ops.Block(x, 0, 1, 0, 1)), x)
			return append(d, nil)[0], err
		}},
		"two directions for one variable": {"2 directions, expected 1", nil, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return s.JVP(x, gorgonia.Nodes{x}, gorgonia.Nodes{x, x})
		}},
		"no result": {"result: nil", nil, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return s.JVP(nil, gorgonia.Nodes{x}, gorgonia.Nodes{x})
		}},
		"no variable": {"variable 0: nil", nil, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return s.JVP(x, gorgonia.Nodes{nil}, gorgonia.Nodes{x})
		}},
		"a variable of another graph": {"another graph", nil, func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return s.JVP(x, gorgonia.Nodes{elsewhere}, gorgonia.Nodes{x})
		}},
		"no scope": {"scope is nil", nil, func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return (*graph.Scope)(nil).JVP(x, gorgonia.Nodes{x}, gorgonia.Nodes{x})
		}},
	} {
		_, err := graph.NewFunction("f", nil, []graph.Spec{matrixInput("x", 1, 2)}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := c.build(s, in[0])
			return gorgonia.Nodes{y}, err
		})
		if err == nil || !strings.Contains(err.Error(), c.mentions) || c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: error %v, expected one of %q", name, err, c.mentions)
		}
	}
}

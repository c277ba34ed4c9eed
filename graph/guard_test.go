package graph_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

func matrixInput(name string, shape ...int) graph.Spec {
	return graph.Spec{Name: name, Dtype: tensor.Float64, Shape: shape}
}

// TestHazards builds expressions that Gorgonia silently computes wrongly, as
// functions and as objectives.
func TestHazards(t *testing.T) {
	constant := func(changed float64) *gorgonia.Node {
		x := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(40, 40))
		x.Float64s()[800] = changed // not among the entries that are printed
		return gorgonia.NewConstant(x)
	}
	for _, c := range []struct {
		name   string
		inputs []graph.Spec
		build  func(in gorgonia.Nodes) (*gorgonia.Node, error)
		want   error
		// function says that only functions are guarded: an objective's own
		// nodes are few.
		function bool
	}{
		{"constants that print alike", []graph.Spec{matrixInput("x", 40, 40)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return gorgonia.Add(gorgonia.Must(gorgonia.Add(in[0], constant(0))), constant(7))
		}, hazard.ErrUnnamedConstant, false},
		{"slices whose bounds agree modulo 256", []graph.Spec{matrixInput("x", 2, 512)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return gorgonia.Sub(gorgonia.Must(gorgonia.Slice(in[0], nil, gorgonia.S(0, 256))), gorgonia.Must(gorgonia.Slice(in[0], nil, gorgonia.S(256, 512))))
		}, hazard.ErrLongSlice, false},
		{"inputs of one name", []graph.Spec{matrixInput("x", 2, 2), matrixInput("x", 2, 2)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return gorgonia.Sub(in[0], in[1])
		}, hazard.ErrHashCollision, true},
		// Found among 160 000 differences of such inputs.
		{"differences of one hash", []graph.Spec{matrixInput("x73", 1, 1), matrixInput("x312", 1, 1), matrixInput("x107", 1, 1), matrixInput("x360", 1, 1)},
			func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return gorgonia.HadamardProd(gorgonia.Must(gorgonia.Sub(in[0], in[1])), gorgonia.Must(gorgonia.Sub(in[2], in[3])))
			}, hazard.ErrHashCollision, true},
		{"random node", []graph.Spec{matrixInput("x", 2, 2)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return gorgonia.HadamardProd(in[0], gorgonia.GaussianRandomNode(in[0].Graph(), tensor.Float64, 0, 1, 2, 2))
		}, hazard.ErrRandomNode, true},
		{"dropout", []graph.Spec{matrixInput("x", 2, 2)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return gorgonia.Dropout(in[0], 0.2)
		}, hazard.ErrRandomNode, false},
	} {
		_, err := graph.NewFunction("f", nil, c.inputs, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := c.build(in)
			return gorgonia.Nodes{y}, err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s in a function: %v, expected %v", c.name, err, c.want)
		}
		if c.function {
			continue
		}
		p := declared(t, tensor.Float64, 1, "w")
		o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := c.build(in)
			if err != nil {
				return nil, err
			}
			return gorgonia.Add(gorgonia.Must(gorgonia.Sum(y)), gorgonia.Must(gorgonia.Sum(s.Theta())))
		}, nil)
		if err == nil {
			var values []gorgonia.Value
			for _, in := range c.inputs {
				values = append(values, value.New(in.Dtype, in.Shape...))
			}
			_, err = o.Evaluate(values...)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s in an objective: %v, expected %v", c.name, err, c.want)
		}
	}
}

// TestGorgoniaMergesDifferences: the collision above is real.
func TestGorgoniaMergesDifferences(t *testing.T) {
	g := gorgonia.NewGraph()
	x := func(i string) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float64, 2, gorgonia.WithShape(1, 1), gorgonia.WithName("x"+i))
	}
	if gorgonia.Must(gorgonia.Sub(x("73"), x("312"))) != gorgonia.Must(gorgonia.Sub(x("107"), x("360"))) {
		t.Error("Gorgonia tells x73 − x312 from x107 − x360: ErrHashCollision needs another example")
	}
}

// TestEqualHashes checks a graph with two nodes of one hash that Gorgonia tells
// apart, though its tape machine would not.
func TestEqualHashes(t *testing.T) {
	g := gorgonia.NewGraph()
	x := variable(g, "x", tensor.Shape{2, 2}, rand.New(rand.NewPCG(1, 2)))
	a := gorgonia.Must(gorgonia.ApplyOp(&userOp{id: 1, hash: 1}, x))
	if err := graph.Check(g); err != nil {
		t.Fatal(err)
	}
	if b := gorgonia.Must(gorgonia.ApplyOp(&userOp{id: 1, hash: 2}, x)); a == b {
		t.Fatal("the nodes were merged")
	}
	if err := graph.Check(g); !errors.Is(err, hazard.ErrHashCollision) {
		t.Errorf("%v, expected ErrHashCollision", err)
	}
}

// TestDifferentiateTwice: the second derivative of a graph is that of the
// first loss.
func TestDifferentiateTwice(t *testing.T) {
	g := gorgonia.NewGraph()
	x := variable(g, "x", tensor.Shape{2, 2}, rand.New(rand.NewPCG(1, 2)))
	squares := gorgonia.Must(gorgonia.Square(x))
	fourth := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(squares))))
	if _, err := graph.Differentiate(fourth, x); err != nil {
		t.Fatal(err)
	}
	sixth := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Cube(squares))))
	if _, err := graph.Differentiate(sixth, x); !errors.Is(err, hazard.ErrDifferentiated) {
		t.Errorf("differentiating a graph twice: %v, expected ErrDifferentiated", err)
	}
	grad := x.Deriv()
	if _, err := graph.Differentiate(gorgonia.Must(gorgonia.Sum(grad)), x); !errors.Is(err, hazard.ErrDifferentiated) {
		t.Errorf("differentiating a gradient: %v, expected ErrDifferentiated", err)
	}
}

// TestDifferentiateErrors asks for derivatives that do not exist.
func TestDifferentiateErrors(t *testing.T) {
	g := gorgonia.NewGraph()
	rng := rand.New(rand.NewPCG(1, 2))
	x, unread := variable(g, "x", tensor.Shape{2, 2}, rng), variable(g, "unread", tensor.Shape{2, 2}, rng)
	if _, err := graph.Differentiate(gorgonia.Must(gorgonia.Square(x)), x); err == nil {
		t.Error("a matrix has a gradient")
	}
	if _, err := graph.Differentiate(gorgonia.Must(gorgonia.Sum(x)), unread); err == nil {
		t.Error("there is a gradient with respect to an input that does not matter")
	}
	if _, err := graph.Differentiate(nil, x); err == nil {
		t.Error("nothing has a gradient")
	}
}

// TestGradientIsFresh evaluates twice: the second gradient is not the sum.
func TestGradientIsFresh(t *testing.T) {
	p := declared(t, tensor.Float64, 1, "w")
	o, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		return gorgonia.Sum(gorgonia.Must(gorgonia.Square(s.Theta())))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []float64
	for _, w := range p.Float64s() {
		want = append(want, 2*w)
	}
	for range 3 {
		_, g, err := evaluate(o, p)
		if err != nil {
			t.Fatal(err)
		}
		if got := value.Float64s(g); !slices.Equal(got, want) {
			t.Errorf("gradient is %v, expected %v", got, want)
		}
		if again, err := p.Grad(); err != nil || again != g {
			t.Errorf("the parameters' gradient is %v, %v", again, err)
		}
	}
}

// The frames of a function would share the one frame of a call in it.
func TestNestedCallIsRefused(t *testing.T) {
	x := matrixInput("x", 2, 2)
	square := mustFunction(t, nil, []graph.Spec{x}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.HadamardProd(in[0], in[0])
		return gorgonia.Nodes{y}, err
	})
	_, err := graph.NewFunction("outer", nil, []graph.Spec{x}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		c, err := square.Call(s, in[0])
		if err != nil {
			return nil, err
		}
		y, err := c.Out(0)
		return gorgonia.Nodes{y}, err
	})
	if !errors.Is(err, hazard.ErrNestedCall) {
		t.Errorf("%v, expected ErrNestedCall", err)
	}
}

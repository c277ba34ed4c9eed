package graph_test

import (
	"fmt"
	"log"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// A function is traced once and called twice: y = f(f(x)) with f(x) = w ⊙ x,
// whose derivative with respect to w is 2wx.
func Example() {
	params := graph.NewParams(tensor.Float64)
	w, err := params.Add("w", func(w []float64) { w[0], w[1] = 2, 3 }, 1, 2)
	if err != nil {
		log.Fatal(err)
	}
	x := graph.Spec{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}}
	f, err := graph.NewFunction("f", params, []graph.Spec{x}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		weights, err := s.Param(w)
		if err != nil {
			return nil, err
		}
		y, err := gorgonia.HadamardProd(in[0], weights)
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		log.Fatal(err)
	}
	objective, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y := in[0]
		for range 2 {
			call, err := f.Call(s, y)
			if err != nil {
				return nil, err
			}
			if y, err = call.Out(0); err != nil {
				return nil, err
			}
		}
		return gorgonia.Sum(y)
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	loss, err := objective.Evaluate(tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, 10})))
	if err != nil {
		log.Fatal(err)
	}
	grad, err := params.Grad()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("loss", loss)
	fmt.Println("gradient", value.Float64s(grad))
	// Output:
	// loss 94
	// gradient [4 60]
}

// A frame executes a function without any graph, forward and in reverse.
func ExampleFrame() {
	x := graph.Spec{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{1, 3}}
	f, err := graph.NewFunction("cube", nil, []graph.Spec{x}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.Cube(in[0])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		log.Fatal(err)
	}
	frame := f.NewFrame()
	defer frame.Release()
	if err := frame.Set(0, tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{1, 2, 3}))); err != nil {
		log.Fatal(err)
	}
	if err := frame.Forward(); err != nil {
		log.Fatal(err)
	}
	cotangent := tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{1, 1, 10}))
	grad := value.New(tensor.Float64, 1, 3)
	if err := frame.Accumulate([]gorgonia.Value{cotangent}, []gorgonia.Value{grad}, nil); err != nil {
		log.Fatal(err)
	}
	fmt.Println(frame.Out(0).Data())
	fmt.Println(grad.Data())
	// Output:
	// [1 8 27]
	// [3 12 270]
}

// A machine runs any Gorgonia graph, and goes on with nodes added after a run.
func ExampleMachine() {
	g := gorgonia.NewGraph()
	x := gorgonia.NewScalar(g, gorgonia.Float64, gorgonia.WithName("x"), gorgonia.WithValue(3.0))
	square := gorgonia.Must(gorgonia.Square(x))
	m := graph.NewMachine(g)
	if err := m.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Value(square))
	if m.Value(square).Data().(float64) > 5 { // the graph depends on a value
		square = gorgonia.Must(gorgonia.Neg(square))
	}
	if err := m.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Value(square))
	// Output:
	// 9
	// -9
}

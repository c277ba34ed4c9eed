package graph_test

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// doubled is an execution with a part: row at of a sum is twice its result.
type doubled struct {
	*graph.Frame
	at int
}

func (d doubled) AddPart(sum gorgonia.Value) error {
	for range 2 {
		value.AddRows(sum, d.at, d.Out(0))
	}
	return nil
}

func (d doubled) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	n := len(cotangents) - 1
	own := append([]gorgonia.Value{}, cotangents[:n]...)
	if part := cotangents[n]; part != nil {
		c := value.New(part.Dtype(), 1, part.Shape()[1])
		for range 2 {
			value.AddRows(c, 0, value.Rows(part, d.at, d.at+1))
		}
		if own[0] != nil {
			value.AddRows(c, 0, own[0])
		}
		own[0] = c
	}
	return d.Frame.Accumulate(own, grads, add)
}

// TestSumParts: the rows of a sum come from calls in a chain, on any machine.
func TestSumParts(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { copy(w, []float64{2, 3}) }, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	f := mustFunction(t, p, []graph.Spec{pair}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.HadamardProd(in[0], gorgonia.Must(s.Param(w)))
		return gorgonia.Nodes{y}, err
	})
	matrixOf3 := graph.Spec{Name: "rows", Dtype: tensor.Float64, Shape: tensor.Shape{3, 2}}
	// The rows of the sum are 0, 2w²x and 2w³x, and w³x is added to the loss.
	build := func(s *graph.Scope, x *gorgonia.Node) *gorgonia.Node {
		var calls []*graph.Call
		for i := range 3 {
			c, err := f.Call(s, x)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				c.Bind(doubled{f.NewFrame(), i})
				calls = append(calls, c)
			}
			x = gorgonia.Must(c.Out(0))
		}
		sum, err := graph.SumParts(matrixOf3, calls...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := graph.SumParts(matrixOf3, calls[0]); err == nil {
			t.Error("a call takes part in two sums")
		}
		return gorgonia.Must(gorgonia.Add(gorgonia.Must(gorgonia.Sum(sum)), gorgonia.Must(gorgonia.Sum(x))))
	}
	// Σ 2w²x + 3w³x, whose derivative is 4wx + 9w²x.
	const want = 2*(4-9) + 3*(8-27)
	wantGrad := []float64{8 + 36, -(12 + 81)}
	o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		return build(s, in[0]), nil
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		loss, grad, err := evaluate(o, p, matrix(1, -1))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", []float64{loss}, []float64{want})
		near(t, "gradient", value.Float64s(grad), wantGrad)
	}
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, p)
	loss := build(s, gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(1, 2), gorgonia.WithName("x"), gorgonia.WithValue(matrix(1, -1))))
	d, err := graph.Differentiate(loss, s.Theta())
	if err != nil {
		t.Fatal(err)
	}
	m := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues())
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	near(t, "loss on the tape machine", value.Float64s(loss.Value()), []float64{want})
	near(t, "gradient on the tape machine", value.Float64s(d[0].Value()), wantGrad)
}

func TestSumPartsErrors(t *testing.T) {
	if _, err := graph.SumParts(pair); err == nil {
		t.Error("the sum of no parts is accepted")
	}
	f := mustFunction(t, nil, []graph.Spec{pair}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil })
	g := gorgonia.NewGraph()
	c, err := f.Call(graph.NewScope(g, nil), gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(1, 2), gorgonia.WithName("x"), gorgonia.WithValue(matrix(1, -1))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graph.SumParts(pair, c); err != nil {
		t.Fatal(err)
	}
	if err := graph.NewMachine(g).Run(); err == nil || !strings.Contains(err.Error(), "expected an execution with a part") {
		t.Errorf("a call bound to a frame has no part: %v", err)
	}
}

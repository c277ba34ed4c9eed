package graph_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/value"
)

// keeping is a user's operation x² whose derivative reads, not its argument, but
// what the last evaluation kept of it.
type keeping struct {
	ownDerivative
	kept []float64
}

func newKeeping() *keeping {
	o := &keeping{kept: make([]float64, 6)}
	o.do = func(in []gorgonia.Value) (gorgonia.Value, error) {
		copy(o.kept, value.Float64s(in[0]))
		y := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
		for i, x := range o.kept {
			y.Float64s()[i] = x * x
		}
		return y, nil
	}
	o.grad = func(g *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.ApplyOp(&userOp{id: 1, do: func(in []gorgonia.Value) (gorgonia.Value, error) {
			d := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
			for i, x := range o.kept {
				d.Float64s()[i] *= 2 * x
			}
			return d, nil
		}}, g)
	}
	return o
}

// TestOperationsThatKeepState calls functions of such operations three times in a
// row, y = f(f(f(x))), and compares the gradient with finite differences.
func TestOperationsThatKeepState(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build func(x *gorgonia.Node) (*gorgonia.Node, error)
	}{
		{"user operation", func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ApplyOp(newKeeping(), x) }},
		{"batch normalization", func(x *gorgonia.Node) (*gorgonia.Node, error) {
			y, err := gorgonia.Reshape(x, tensor.Shape{3, 2, 1, 1})
			if err != nil {
				return nil, err
			}
			scale, shift := ones(x, 3, 2, 1, 1), ones(x, 3, 2, 1, 1)
			if y, _, _, _, err = gorgonia.BatchNorm(y, scale, shift, 0.9, 1e-2); err != nil {
				return nil, err
			}
			if y, err = gorgonia.Reshape(y, tensor.Shape{3, 2}); err != nil {
				return nil, err
			}
			return gorgonia.Add(x, gorgonia.Must(gorgonia.Square(y)))
		}},
		{"pooling", func(x *gorgonia.Node) (*gorgonia.Node, error) {
			y, err := gorgonia.Reshape(x, tensor.Shape{1, 1, 3, 2})
			if err != nil {
				return nil, err
			}
			if y, err = gorgonia.MaxPool2D(y, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}); err != nil {
				return nil, err
			}
			if y, err = gorgonia.Reshape(y, tensor.Shape{3, 2}); err != nil {
				return nil, err
			}
			return gorgonia.Sub(gorgonia.Must(gorgonia.Square(y)), x)
		}},
	} {
		for _, checkpoint := range []bool{false, true} {
			loss, grad := threeCalls(t, tt.build, checkpoint)
			x := []float64{0.4, -0.7, 1.1, 0.3, -0.2, 0.9}
			_, got := loss(x), grad(x)
			for i := range x {
				const h = 1e-6
				up, down := append([]float64(nil), x...), append([]float64(nil), x...)
				up[i] += h
				down[i] -= h
				if want := (loss(up) - loss(down)) / (2 * h); math.Abs(got[i]-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("%s, checkpoint %v: derivative %d is %v, by differences %v", tt.name, checkpoint, i, got[i], want)
				}
			}
		}
	}
}

func ones(x *gorgonia.Node, shape ...int) *gorgonia.Node {
	v := value.New(tensor.Float64, shape...)
	for i := range value.Float64s(v) {
		v.Data().([]float64)[i] = 1
	}
	return gorgonia.NewTensor(x.Graph(), tensor.Float64, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName("ones"), gorgonia.WithValue(v))
}

// threeCalls returns Σ f(f(f(x))), with weights, and its gradient.
func threeCalls(t *testing.T, build func(*gorgonia.Node) (*gorgonia.Node, error), checkpoint bool) (loss func([]float64) float64, grad func([]float64) []float64) {
	f, err := graph.NewFunction("f", nil, []graph.Spec{matrixInput("x", 3, 2)}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := build(in[0])
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.SetCheckpoint(checkpoint)
	frames := func(x []float64) []*graph.Frame {
		z := gorgonia.Value(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(x)))
		fr := make([]*graph.Frame, 3)
		for i := range fr {
			fr[i] = f.NewFrame()
			if err := fr[i].Set(0, z); err != nil {
				t.Fatal(err)
			}
			if err := fr[i].Forward(); err != nil {
				t.Fatal(err)
			}
			z = fr[i].Out(0)
		}
		return fr
	}
	release := func(fr []*graph.Frame) {
		for _, f := range fr {
			f.Release()
		}
	}
	loss = func(x []float64) (sum float64) {
		fr := frames(x)
		defer release(fr)
		for i, y := range value.Float64s(fr[2].Out(0)) {
			sum += float64(i+1) * y
		}
		return sum
	}
	grad = func(x []float64) []float64 {
		fr := frames(x)
		defer release(fr)
		c := gorgonia.Value(tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6})))
		for i := len(fr) - 1; i >= 0; i-- {
			g := value.New(tensor.Float64, 3, 2)
			if err := fr[i].Accumulate([]gorgonia.Value{c}, []gorgonia.Value{g}, nil); err != nil {
				t.Fatal(err)
			}
			c = g
		}
		return value.Float64s(c)
	}
	return loss, grad
}

// TestStateThatNothingServes: what gives another result on the same argument, and
// one object with state in two places, are refused by name.
func TestStateThatNothingServes(t *testing.T) {
	count := 0.0
	counter := &userOp{id: 2, do: func(in []gorgonia.Value) (gorgonia.Value, error) {
		count++
		y := in[0].(*tensor.Dense).Clone().(*tensor.Dense)
		y.Float64s()[0] += count
		return y, nil
	}}
	twice := newKeeping()
	for _, tt := range []struct {
		name  string
		build func(x *gorgonia.Node) (*gorgonia.Node, error)
		is    error
		want  string
	}{
		{"counter", func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ApplyOp(counter, x) }, hazard.ErrRandomNode, "user operation 2"},
		{"one object twice", func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.ApplyOp(twice, gorgonia.Must(gorgonia.ApplyOp(twice, x)))
		}, nil, "user operation 0"},
	} {
		f, err := graph.NewFunction("f", nil, []graph.Spec{matrixInput("x", 3, 2)}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := tt.build(in[0])
			return gorgonia.Nodes{y}, err
		})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		fr := f.NewFrame()
		if err := fr.Set(0, tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{1, 2, 3, 4, 5, 6}))); err != nil {
			t.Fatal(err)
		}
		err = fr.Forward()
		if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
}

// TestSolvesAreNotProbed: a solve is an operation of a predictor, and is evaluated
// once a prediction.
func TestSolvesAreNotProbed(t *testing.T) {
	solves := 0
	site := countingSite{&solves}
	p, err := graph.NewPredictor(nil, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return s.Unroll(site, in[0])
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 3; i++ {
		if _, err := p.Predict(context.Background(), value.New(tensor.Float64, 1, 2)); err != nil {
			t.Fatal(err)
		}
		if solves != i {
			t.Fatalf("%d solves in %d predictions", solves, i)
		}
	}
}

// countingSite counts predictions.
type countingSite struct{ solves *int }

func (c countingSite) Solve([]gorgonia.Value) (graph.Solved, error) {
	return nil, errors.New("not for training")
}

func (c countingSite) Instance(func(*graph.Params) *graph.Params, sync.Locker) graph.SiteInstance {
	return c
}

func (c countingSite) Predict(_ *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
	*c.solves++
	return in[0], nil
}

func (c countingSite) Output(in []graph.Spec) (graph.Spec, error) { return in[0], nil }

func (c countingSite) Begin() error { return nil }
func (c countingSite) End()         {}

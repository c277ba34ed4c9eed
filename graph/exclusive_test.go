package graph_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// together calls f many times in each of several goroutines and counts what
// comes out: nil, or an error of cause ErrInUse. Anything else fails the test.
func together(t *testing.T, f func(worker int) error) {
	t.Helper()
	const workers, times = 6, 60
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range times {
				if err := f(w); err != nil && !errors.Is(err, graph.ErrInUse) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for w := range workers { // and nothing is left in use
		if err := f(w); err != nil {
			t.Errorf("alone afterwards: %v", err)
		}
	}
}

// TestOneUser uses every kind of object from several goroutines at once.
func TestOneUser(t *testing.T) {
	expect := func(got, want float64) error {
		if got != want {
			return fmt.Errorf("%v, expected %v", got, want)
		}
		return nil
	}
	square := func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.HadamardProd(in[0], gorgonia.Must(ops.View(s.Theta(), 0, 1, 2)))
		return gorgonia.Nodes{y}, err
	}
	p, o := scaled(t) // w = (2, 3)
	f := mustFunction(t, p, []graph.Spec{pair}, square)
	predictor, err := graph.NewPredictor(p, square, nil)
	if err != nil {
		t.Fatal(err)
	}
	shared := mustFunction(t, p, []graph.Spec{pair}, square)
	calling := func() *graph.Objective {
		o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			c, err := shared.Call(s, in[0])
			if err != nil {
				return nil, err
			}
			return ops.MeanSquare(gorgonia.Must(c.Out(0)))
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	objectives := []*graph.Objective{calling(), calling(), calling(), calling(), calling(), calling()}
	for _, checkpoint := range []bool{false, true} {
		f.SetCheckpoint(checkpoint)
		t.Run("function", func(t *testing.T) {
			together(t, func(w int) error {
				fr := f.NewFrame()
				defer fr.Release()
				x := float64(w)
				if err := fr.Set(0, matrix(x, 1)); err != nil {
					return err
				}
				if err := fr.Forward(); err != nil {
					return err
				}
				if err := expect(value.Float64s(fr.Out(0))[0], 2*x); err != nil {
					return err
				}
				grad := value.New(tensor.Float64, 2)
				if err := fr.Accumulate([]gorgonia.Value{matrix(1, 1)}, []gorgonia.Value{grad, nil}, nil); err != nil {
					return err
				}
				return expect(value.Float64s(grad)[0], x)
			})
		})
	}
	t.Run("predictor", func(t *testing.T) {
		together(t, func(w int) error {
			out, err := predictor.Predict(context.Background(), matrix(float64(w), 1))
			if err != nil {
				return fmt.Errorf("a predictor, which is for many: %v", err)
			}
			return expect(value.Float64s(out[0])[0], 2*float64(w))
		})
	})
	evaluate := func(o *graph.Objective, w int) error {
		loss, err := o.Evaluate(matrix(float64(w), 1))
		if err != nil {
			return err
		}
		return expect(loss, (4*float64(w*w)+9)/2)
	}
	t.Run("objective", func(t *testing.T) { together(t, func(w int) error { return evaluate(o, w) }) })
	t.Run("parameters", func(t *testing.T) { together(t, func(w int) error { return evaluate(objectives[w], w) }) })
	t.Run("machine", func(t *testing.T) {
		g := gorgonia.NewGraph()
		x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(1, 2), gorgonia.WithValue(matrix(1, 2)))
		y := gorgonia.Must(gorgonia.Square(x))
		m := graph.NewMachine(g)
		together(t, func(int) error { return m.RunAll() })
		if got := value.Float64s(m.Value(y)); got[1] != 4 {
			t.Errorf("square %v, expected (1, 4)", got)
		}
	})
}

// TestFirstUseOfParameters reads parameters for the first time in several
// goroutines.
func TestFirstUseOfParameters(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	if _, err := p.Add("w", func(w []float64) { w[2] = 7 }, 3); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if n, w := p.Len(), p.Float64s(); n != 3 || w[2] != 7 {
				t.Errorf("%d parameters %v, expected (0, 0, 7)", n, w)
			}
		})
	}
	wg.Wait()
}

// TestInUseWithin uses an objective and a predictor within themselves, which is
// one use before another has ended for certain.
func TestInUseWithin(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	if _, err := p.Add("w", nil, 2); err != nil {
		t.Fatal(err)
	}
	var o *graph.Objective
	o, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		if _, err := o.Evaluate(); !errors.Is(err, graph.ErrInUse) {
			t.Errorf("an evaluation within another: %v, expected %v", err, graph.ErrInUse)
		}
		if _, err := other(t, p, func() error { return nil }).Evaluate(matrix(1, 2)); !errors.Is(err, graph.ErrInUse) {
			t.Errorf("an evaluation on the same parameters: %v, expected %v", err, graph.ErrInUse)
		}
		return ops.MeanSquare(gorgonia.Must(ops.View(s.Theta(), 0, 1, 2)))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Evaluate(); err != nil {
		t.Error(err)
	}
	if _, err := p.Grad(); err != nil {
		t.Errorf("the evaluation that was refused took the gradient: %v", err)
	}
}

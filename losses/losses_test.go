package losses_test

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

type twoMatrices func(x, y *gorgonia.Node) (*gorgonia.Node, error)

// lossOf returns a loss and its gradient with respect to x (rows, cols).
func lossOf(t *testing.T, dt tensor.Dtype, rows, cols int, x []float64, y gorgonia.Value, loss twoMatrices) (float64, []float64, error) {
	t.Helper()
	p := graph.NewParams(dt)
	px, err := p.Add("x", func(w []float64) { copy(w, x) }, rows, cols)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		n, err := s.Param(px)
		if err != nil {
			return nil, err
		}
		return loss(n, in[0])
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, g, err := evaluate(obj, p, y)
	if err != nil {
		return 0, nil, err
	}
	return l, value.Float64s(g), nil
}

func valueOf(dt tensor.Dtype, x []float64, shape ...int) gorgonia.Value {
	v := value.New(dt, shape...)
	value.SetFloat64s(v, x)
	return v
}

func TestSquaredErrors(t *testing.T) {
	x, y := []float64{1, 2, 3, -4, 0, 6}, []float64{0, 2, 5, -1, 1, 6} // Σ (x-y)² = 1+0+4+9+1+0
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, tt := range []struct {
			name string
			f    twoMatrices
			c    float64
		}{{"sum", losses.SumSquaredError, 1}, {"mean", losses.MeanSquaredError, 1. / 6}} {
			l, g, err := lossOf(t, dt, 3, 2, x, valueOf(dt, y, 3, 2), tt.f)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(l-15*tt.c) > 1e-6 {
				t.Errorf("%s of squares in %v is %v, expected %v", tt.name, dt, l, 15*tt.c)
			}
			for i := range g {
				if want := 2 * tt.c * (x[i] - y[i]); math.Abs(g[i]-want) > 1e-6 {
					t.Errorf("%s of squares in %v: derivative %d is %v, expected %v", tt.name, dt, i, g[i], want)
				}
			}
		}
	}
}

// TestCrossEntropy compares with -log of the softmax, and its gradient
// (softmax - indicator)/batch, and asks for large logits.
func TestCrossEntropy(t *testing.T) {
	const batch, classes = 4, 3
	x := []float64{1, 2, 3, 0, 0, 0, -1, 5, 2, 800, 799, -900}
	labels := []float64{0, 1, 1, 1}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		l, g, err := lossOf(t, dt, batch, classes, x, valueOf(dt, labels, batch), losses.CrossEntropy)
		if err != nil {
			t.Fatal(err)
		}
		want := 0.0
		for i, label := range labels {
			row := x[i*classes : (i+1)*classes]
			top := max(row[0], row[1], row[2])
			sum := 0.0
			for _, v := range row {
				sum += math.Exp(v - top)
			}
			want += (math.Log(sum) + top - row[int(label)]) / batch
			for j, v := range row {
				d := math.Exp(v-top) / sum
				if j == int(label) {
					d--
				}
				if got := g[i*classes+j]; math.Abs(got-d/batch) > 1e-6 {
					t.Errorf("%v: derivative by logit (%d, %d) is %v, expected %v", dt, i, j, got, d/batch)
				}
			}
		}
		if math.Abs(l-want) > 1e-5 {
			t.Errorf("%v: cross entropy %v, expected %v", dt, l, want)
		}
	}
	// All classes alike: log of their number.
	if l, _, err := lossOf(t, tensor.Float64, 2, 5, make([]float64, 10), valueOf(tensor.Float64, []float64{4, 0}, 2), losses.CrossEntropy); err != nil || math.Abs(l-math.Log(5)) > 1e-15 {
		t.Errorf("cross entropy of equal logits %v (%v), expected log 5", l, err)
	}
}

func TestLossErrors(t *testing.T) {
	f64 := tensor.Float64
	x := make([]float64, 6)
	for _, tt := range []struct {
		name string
		f    twoMatrices
		y    gorgonia.Value
		says string
	}{
		{"another shape", losses.SumSquaredError, valueOf(f64, x, 2, 3), "(2, 3)"},
		{"another element type", losses.MeanSquaredError, valueOf(tensor.Float32, x, 3, 2), "float32"},
		{"a vector", losses.SumSquaredError, valueOf(f64, x, 6), "(6)"},
		{"labels for another batch", losses.CrossEntropy, valueOf(f64, x[:2], 2), "(2)"},
		{"a label that is no class", losses.CrossEntropy, valueOf(f64, []float64{0, 1, 2}, 3), "label 2 is 2"},
		{"a negative label", losses.CrossEntropy, valueOf(f64, []float64{0, -1, 1}, 3), "label 1 is -1"},
		{"a fractional label", losses.CrossEntropy, valueOf(f64, []float64{0, 1, 0.5}, 3), "label 2 is 0.5"},
		{"no prediction", func(_, y *gorgonia.Node) (*gorgonia.Node, error) { return losses.MeanSquaredError(nil, y) }, valueOf(f64, x, 3, 2), "nil"},
		{"no prediction in a sum", func(_, y *gorgonia.Node) (*gorgonia.Node, error) { return losses.SumSquaredError(nil, y) }, valueOf(f64, x, 3, 2), "nil"},
		{"no data", func(x, _ *gorgonia.Node) (*gorgonia.Node, error) { return losses.MeanSquaredError(x, nil) }, valueOf(f64, x, 3, 2), "nil"},
		{"no labels", func(x, _ *gorgonia.Node) (*gorgonia.Node, error) { return losses.CrossEntropy(x, nil) }, valueOf(f64, x, 3, 2), "nil"},
	} {
		if _, _, err := lossOf(t, f64, 3, 2, x, tt.y, tt.f); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, expected one that mentions %q", tt.name, err, tt.says)
		}
	}
}

// TestPenalized: loss + λ·Σ r over what is recorded, each term with its own
// derivative, and λ an input.
func TestPenalized(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { copy(w, []float64{2, 3, 5}) }, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	// square of the k-th entry of w
	square := func(s *graph.Scope, k int) (*gorgonia.Node, error) {
		n, err := s.Param(w)
		if err != nil {
			return nil, err
		}
		v := make([]float64, 3)
		v[k] = 1
		pick, err := s.Data(valueOf(tensor.Float64, v, 1, 3))
		if err != nil {
			return nil, err
		}
		x, err := gorgonia.Mul(pick, n)
		if err != nil {
			return nil, err
		}
		if x, err = gorgonia.HadamardProd(x, x); err != nil {
			return nil, err
		}
		return gorgonia.Sum(x)
	}
	for _, tt := range []struct {
		name   string
		lambda *gorgonia.Node
		says   string
	}{
		{"r", nil, ""},
		{"nothing", nil, `records "nothing"`},
	} {
		obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			var n [3]*gorgonia.Node
			for k := range n {
				var err error
				if n[k], err = square(s, k); err != nil {
					return nil, err
				}
			}
			s.Record("r", n[1])
			s.Record("r", n[2])
			s.Record("other", n[0])
			return losses.Penalized(s, n[0], tt.name, in[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, lambda := range []float64{0, 0.1, 10} {
			l, g, err := evaluate(obj, p, gorgonia.NewF64(lambda))
			if tt.says != "" {
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%s: error %v, expected one that mentions %q", tt.name, err, tt.says)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := 4 + lambda*(9+25); math.Abs(l-want) > 1e-13*want {
				t.Errorf("λ = %v: loss %v, expected %v", lambda, l, want)
			}
			for i, want := range []float64{4, 6 * lambda, 10 * lambda} {
				if d := value.Float64s(g)[i]; math.Abs(d-want) > 1e-13*(1+want) {
					t.Errorf("λ = %v: derivative %d is %v, expected %v", lambda, i, d, want)
				}
			}
		}
		if c := obj.Cache(); tt.says == "" && c.Misses != 1 {
			t.Errorf("annealing built %d graphs, expected one", c.Misses)
		}
	}
}

// TestPenaltyWeight: the weight has to be a scalar node.
func TestPenaltyWeight(t *testing.T) {
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, nil)
	loss := gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("loss"))
	s.Record("r", gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName("r")))
	vector := gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(2), gorgonia.WithName("v"))
	for _, lambda := range []*gorgonia.Node{nil, vector} {
		if _, err := losses.Penalized(s, loss, "r", lambda); err == nil || !strings.Contains(err.Error(), "expected a scalar") {
			t.Errorf("weight %v: error %v", lambda, err)
		}
	}
	if _, err := losses.Penalized(s, nil, "r", loss); err == nil {
		t.Error("no loss: no error")
	}
}

package losses_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/losses"
)

// ofColumns hands a loss the columns of a matrix but the last, and the last.
func ofColumns(loss twoMatrices) twoMatrices {
	return func(x, _ *gorgonia.Node) (*gorgonia.Node, error) {
		rows, dim := x.Shape()[0], x.Shape()[1]-1
		z, err := ops.Block(x, 0, rows, 0, dim)
		if err != nil {
			return nil, err
		}
		delta, err := ops.Block(x, 0, rows, dim, dim+1)
		if err != nil {
			return nil, err
		}
		return loss(z, delta)
	}
}

// TestNegativeLogLikelihood: it is the mean of independent normal variables' less
// the change, with the derivative z by z and 1 by the change, over the batch.
func TestNegativeLogLikelihood(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][2]int{{1, 1}, {1, 3}, {4, 1}, {5, 2}, {3, 43}} {
		rows, dim := shape[0], shape[1]
		x, grad := make([]float64, rows*(dim+1)), make([]float64, rows*(dim+1))
		var want float64
		for k := range x {
			x[k] = float64(float32(rng.NormFloat64()))
			if k%(dim+1) == dim {
				want += x[k] / float64(rows)
				grad[k] = 1 / float64(rows)
			} else {
				want -= distuv.UnitNormal.LogProb(x[k]) / float64(rows)
				grad[k] = x[k] / float64(rows)
			}
		}
		for dt, tol := range map[tensor.Dtype]float64{tensor.Float32: 1e-6, tensor.Float64: 1e-14} {
			evaluate := func(x []float64) (float64, []float64) {
				l, g, err := lossOf(t, dt, rows, dim+1, x, valueOf(dt, make([]float64, 1), 1), ofColumns(losses.NegativeLogLikelihood))
				if err != nil {
					t.Fatal(err)
				}
				return l, g
			}
			l, g := evaluate(x)
			if math.Abs(l-want) > tol*math.Abs(want) {
				t.Errorf("(%d, %d) of %v: %v, expected %v", rows, dim, dt, l, want)
			}
			for k := range g {
				if math.Abs(g[k]-grad[k]) > tol {
					t.Errorf("(%d, %d) of %v: derivative %d is %v, expected %v", rows, dim, dt, k, g[k], grad[k])
				}
			}
			if dt == tensor.Float64 && len(x) < 20 {
				differences := fd.Gradient(nil, func(x []float64) float64 { l, _ := evaluate(x); return l }, x, &fd.Settings{Formula: fd.Central})
				for k := range g {
					if math.Abs(g[k]-differences[k]) > 1e-8 {
						t.Errorf("(%d, %d): derivative %d is %v, expected %v by differences", rows, dim, k, g[k], differences[k])
					}
				}
			}
		}
	}
}

// likelihoods returns the log-likelihoods of rows of z.
func likelihoods(t *testing.T, z, delta gorgonia.Value) []float64 {
	t.Helper()
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, nil)
	l, err := losses.NormalLogLikelihood(gorgonia.Must(s.Data(z)), gorgonia.Must(s.Data(delta)))
	if err != nil {
		t.Fatal(err)
	}
	if l.Shape()[0] != z.Shape()[0] || l.Shape()[1] != 1 || l.Dims() != 2 {
		t.Fatalf("shape %v for %v", l.Shape(), z.Shape())
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	out := make([]float64, l.Shape()[0])
	for i := range out {
		x, err := m.Value(l).(tensor.Tensor).At(i, 0)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = x.(float64)
	}
	return out
}

// TestLogLikelihoodOfLinearFlow: dz/dt = diag(a) z takes x to exp(a)⊙x in unit time,
// and changes the log density by −Σ a, so that the model is a normal distribution
// of standard deviations exp(−a).
func TestLogLikelihoodOfLinearFlow(t *testing.T) {
	a := []float64{0.7, -1.2, 0.1}
	x := []float64{1, 2, 3, -0.5, 0, 4}
	z, want := make([]float64, 6), make([]float64, 2)
	for k := range x {
		z[k] = math.Exp(a[k%3]) * x[k]
		want[k/3] += distuv.Normal{Sigma: math.Exp(-a[k%3])}.LogProb(x[k])
	}
	change := -(a[0] + a[1] + a[2])
	got := likelihoods(t, valueOf(tensor.Float64, z, 2, 3), valueOf(tensor.Float64, []float64{change, change}, 2, 1))
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-13 {
			t.Errorf("row %d: %v, expected %v", i, got[i], want[i])
		}
	}
}

// TestLogLikelihoodInFloat32: the sum over many dimensions and rows does not lose
// digits.
func TestLogLikelihoodInFloat32(t *testing.T) {
	const rows, dim = 2000, 100
	x := make([]float64, rows*(dim+1))
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range x {
		x[k] = float64(float32(rng.NormFloat64()))
	}
	var l [2]float64
	for i, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		var err error
		if l[i], _, err = lossOf(t, dt, rows, dim+1, x, valueOf(dt, make([]float64, 1), 1), ofColumns(losses.NegativeLogLikelihood)); err != nil {
			t.Fatal(err)
		}
	}
	if math.Abs(l[0]-l[1]) > 1e-7*l[1] {
		t.Errorf("%v in float32, %v in float64", l[0], l[1])
	}
}

func TestLogLikelihoodArguments(t *testing.T) {
	s := graph.NewScope(gorgonia.NewGraph(), nil)
	data := func(dt tensor.Dtype, shape ...int) *gorgonia.Node {
		return gorgonia.Must(s.Data(valueOf(dt, make([]float64, tensor.Shape(shape).TotalSize()), shape...)))
	}
	z := data(tensor.Float64, 4, 2)
	for _, tt := range []struct {
		name, says string
		z, delta   *gorgonia.Node
	}{
		{"no z", "z is nil", nil, data(tensor.Float64, 4, 1)},
		{"z a vector", "z has shape (4)", data(tensor.Float64, 4), data(tensor.Float64, 4, 1)},
		{"no change", "change of the log density: linear combination: a term is nil", z, nil},
		{"a change of other rows", "change of the log density: linear combination: a term is (3, 1)", z, data(tensor.Float64, 3, 1)},
		{"a change for each dimension", "a term is (4, 2) of float64, expected (4, 1)", z, data(tensor.Float64, 4, 2)},
		{"changes as a vector", "a term is (4) of float64", z, data(tensor.Float64, 4)},
		{"another type", "a term is (4, 1) of float32", z, data(tensor.Float32, 4, 1)},
	} {
		for _, f := range []twoMatrices{losses.NormalLogLikelihood, losses.NegativeLogLikelihood} {
			if _, err := f(tt.z, tt.delta); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: error %v, expected one that mentions %q", tt.name, err, tt.says)
			}
		}
	}
}

// What an identity flow makes of standard normal data is as good as can be: their
// entropy, log 2πe in two dimensions.
func ExampleNegativeLogLikelihood() {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 20000)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, nil)
	z := gorgonia.Must(s.Data(tensor.New(tensor.WithShape(10000, 2), tensor.WithBacking(x))))
	change := gorgonia.Must(s.Data(tensor.New(tensor.WithShape(10000, 1), tensor.WithBacking(make([]float64, 10000)))))
	loss, err := losses.NegativeLogLikelihood(z, change)
	if err != nil {
		log.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.1f nats, entropy %.1f\n", m.Value(loss).Data(), math.Log(2*math.Pi*math.E))
	// Output:
	// 2.8 nats, entropy 2.8
}

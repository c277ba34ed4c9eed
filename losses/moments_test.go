package losses_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

type momentError func(y *gorgonia.Node, n int, mean, variance *gorgonia.Node) (*gorgonia.Node, error)

// evaluateMoments returns a loss of n trajectories y (rows, 2), and its gradient
// with respect to them, against targets.
func evaluateMoments(t *testing.T, dt tensor.Dtype, loss momentError, y []float64, n int, mean, variance gorgonia.Value) (float64, []float64, error) {
	t.Helper()
	p := graph.NewParams(dt)
	states, err := p.Add("y", func(w []float64) { copy(w, y) }, len(y)/2, 2)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y, err := s.Param(states)
		if err != nil {
			return nil, err
		}
		return loss(y, n, in[0], in[1])
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, g, err := evaluate(obj, p, mean, variance)
	if err != nil {
		return 0, nil, err
	}
	return l, value.Float64s(g), nil
}

// TestMomentErrorsByHand: three trajectories at two save times, whose moments
// are small integers.
func TestMomentErrorsByHand(t *testing.T) {
	y := []float64{
		1, 10, 2, 20, 6, 0, // means 3 and 10, variances (4+1+9)/2 = 7 and 200/2 = 100
		-1, 5, -1, 5, 2, 5, // means 0 and 5, variances (1+1+4)/2 = 3 and 0
	}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		mean := valueOf(dt, []float64{2, 12, 0, 2}, 2, 2)       // off by 1, -2, 0, 3
		variance := valueOf(dt, []float64{5, 101, 3, -4}, 2, 2) // off by 2, -1, 0, 4
		for _, tt := range []struct {
			name string
			f    momentError
			over float64
		}{{"sum", losses.SumMomentError, 1}, {"mean", losses.MeanMomentError, 4}} {
			l, g, err := evaluateMoments(t, dt, tt.f, y, 3, mean, variance)
			if err != nil {
				t.Fatal(err)
			}
			// 1+4+0+9 and 4+1+0+16.
			if want := 35 / tt.over; math.Abs(l-want) > 1e-5 {
				t.Errorf("%s in %v is %v, expected %v", tt.name, dt, l, want)
			}
			// 2/3·Δμ + 2·Δσ²·(y − μ̂), where 2/3 = 2/n and 2 = 2·2/(n−1).
			for i, want := range []float64{
				2./3 + 4*-2, -4./3 - 2*0, 2./3 + 4*-1, -4./3 - 2*10, 2./3 + 4*3, -4./3 - 2*-10,
				0, 2, 0, 2, 0, 2,
			} {
				if want /= tt.over; math.Abs(g[i]-want) > 1e-5 {
					t.Errorf("%s in %v: derivative %d is %v, expected %v", tt.name, dt, i, g[i], want)
				}
			}
		}
	}
}

// TestMomentErrorGradients compares with central differences at the sizes of the
// spiral experiment but fewer trajectories.
func TestMomentErrorGradients(t *testing.T) {
	const times, n = 30, 3
	rng := rand.New(rand.NewPCG(1, 2))
	normal := func(rows int) []float64 {
		x := make([]float64, 2*rows)
		for i := range x {
			x[i] = rng.NormFloat64()
		}
		return x
	}
	y := normal(times * n)
	mean, variance := valueOf(tensor.Float64, normal(times), times, 2), valueOf(tensor.Float64, normal(times), times, 2)
	var sum float64
	for i, f := range []momentError{losses.SumMomentError, losses.MeanMomentError} {
		l, g, err := evaluateMoments(t, tensor.Float64, f, y, n, mean, variance)
		if err != nil {
			t.Fatal(err)
		}
		want := fd.Gradient(nil, func(y []float64) float64 {
			l, _, err := evaluateMoments(t, tensor.Float64, f, y, n, mean, variance)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}, y, &fd.Settings{Formula: fd.Central, Step: 1e-5})
		for j := range g {
			if math.Abs(g[j]-want[j]) > 1e-7*(1+math.Abs(want[j])) {
				t.Errorf("form %d: derivative %d is %v, expected %v", i, j, g[j], want[j])
			}
		}
		if i == 0 {
			sum = l
		} else if math.Abs(60*l-sum) > 1e-12*sum {
			t.Errorf("60 times the mean form is %v, expected %v", 60*l, sum)
		}
	}
}

func TestMomentErrorArguments(t *testing.T) {
	f64 := tensor.Float64
	y := make([]float64, 12) // (6, 2)
	target := valueOf(f64, make([]float64, 4), 2, 2)
	short := valueOf(f64, make([]float64, 2), 1, 2)
	single := valueOf(tensor.Float32, make([]float64, 4), 2, 2)
	without := func(mean, variance bool) momentError {
		return func(y *gorgonia.Node, n int, m, v *gorgonia.Node) (*gorgonia.Node, error) {
			if mean {
				m = nil
			}
			if variance {
				v = nil
			}
			return losses.MeanMomentError(y, n, m, v)
		}
	}
	for _, tt := range []struct {
		name           string
		f              momentError
		n              int
		mean, variance gorgonia.Value
		says           string
	}{
		{"one trajectory", losses.SumMomentError, 1, target, target, "1 trajectories, expected at least 2"},
		{"no trajectory", losses.SumMomentError, 0, target, target, "0 trajectories"},
		{"an incomplete save time", losses.MeanMomentError, 4, target, target, "6 rows, expected a multiple of 4"},
		{"another number of save times", losses.MeanMomentError, 2, target, target, "target means: squared error: y is (2, 2) of float64, expected (3, 2)"},
		{"means of fewer save times", losses.SumMomentError, 3, short, target, "target means: squared error: y is (1, 2)"},
		{"variances of fewer save times", losses.SumMomentError, 3, target, short, "target variances: squared error: y is (1, 2)"},
		{"means in another type", losses.SumMomentError, 3, single, target, "target means: squared error: y is (2, 2) of float32"},
		{"variances in another type", losses.MeanMomentError, 3, target, single, "target variances: squared error: y is (2, 2) of float32"},
		{"no states", func(_ *gorgonia.Node, n int, m, v *gorgonia.Node) (*gorgonia.Node, error) {
			return losses.SumMomentError(nil, n, m, v)
		}, 3, target, target, "y is nil"},
		{"no means", without(true, false), 3, target, target, "target means: squared error: y is nil"},
		{"no variances", without(false, true), 3, target, target, "target variances: squared error: y is nil"},
	} {
		if _, _, err := evaluateMoments(t, f64, tt.f, y, tt.n, tt.mean, tt.variance); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, expected one that mentions %q", tt.name, err, tt.says)
		}
	}
}

// Eq. 17 is a sum and the official code's form a mean, so that the weight of a
// regularizer is not the same in both.
func ExampleSumMomentError() {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows int, x ...float64) *gorgonia.Node {
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithShape(rows, 2),
			gorgonia.WithValue(tensor.New(tensor.WithShape(rows, 2), tensor.WithBacking(x))))
	}
	// Two trajectories at two save times.
	y := matrix("y", 4, 2, 0, 2, 0 /* at t = 0 */, 1, 1, 3, 1 /* at t = 1 */)
	mean := matrix("mean", 2, 2, 0, 2, 2)
	variance := matrix("variance", 2, 0, 0, 1, 0)
	sum, err := losses.SumMomentError(y, 2, mean, variance)
	if err != nil {
		log.Fatal(err)
	}
	official, err := losses.MeanMomentError(y, 2, mean, variance)
	if err != nil {
		log.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		log.Fatal(err)
	}
	fmt.Println("Eq. 17:", m.Value(sum))
	fmt.Println("official code:", m.Value(official))
	// Output:
	// Eq. 17: 2
	// official code: 0.5
}

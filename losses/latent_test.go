package losses_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

// TestKLAnnealing compares with the weights of the official code,
// max(0, 1 − 0.99^(epoch − 1 − 10)).
func TestKLAnnealing(t *testing.T) {
	for _, tt := range []struct {
		a     losses.KLAnnealing
		epoch int
		want  float64
	}{
		{losses.PhysioNetKL, 1, 0},
		{losses.PhysioNetKL, 11, 0},
		{losses.PhysioNetKL, 12, 0.01},
		{losses.PhysioNetKL, 13, 0.0199},
		{losses.PhysioNetKL, 300, 0.9452264},
		{losses.KLAnnealing{}, 1, 0},
		{losses.KLAnnealing{}, 2, 1},
		{losses.KLAnnealing{Decay: 0.5}, 3, 0.75},
	} {
		if err := tt.a.Validate(); err != nil {
			t.Errorf("%+v: %v", tt.a, err)
		}
		if got := tt.a.At(tt.epoch); !(math.Abs(got-tt.want) <= 1e-7) {
			t.Errorf("%+v at epoch %d is %v, expected %v", tt.a, tt.epoch, got, tt.want)
		}
	}
	for _, a := range []losses.KLAnnealing{{Delay: -1}, {Decay: 1}, {Decay: -0.1}, {Decay: math.NaN()}} {
		if err := a.Validate(); err == nil {
			t.Errorf("%+v is valid", a)
		}
	}
}

func TestKLDivergence(t *testing.T) {
	g := gorgonia.NewGraph()
	q := value.New(tensor.Float64, 2, 4) // μ and log σ² in two dimensions
	value.SetFloat64s(q, []float64{1, -2, 0, math.Log(4), 0, 3, math.Log(0.25), 0})
	n := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(2, 4), gorgonia.WithName("q"), gorgonia.WithValue(q))
	first := 0.5 * (1 + 4 + (4 - 1 - math.Log(4)))
	second := 0.5 * (9 + (0.25 - 1 - math.Log(0.25)))
	for name, tt := range map[string]struct {
		loss func(*gorgonia.Node) (*gorgonia.Node, error)
		want float64
	}{"sum": {losses.KLDivergence, (first + second) / 2}, "mean": {losses.MeanKLDivergence, (first + second) / 4}} {
		kl, err := tt.loss(n)
		if err != nil {
			t.Fatal(err)
		}
		m := graph.NewMachine(g)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		if got := value.Scalar(m.Value(kl)); math.Abs(got-tt.want) > 1e-14 {
			t.Errorf("%s: %v, expected %v", name, got, tt.want)
		}
	}
	if _, err := losses.KLDivergence(nil); err == nil {
		t.Error("divergence of nil")
	}
}

// TestMaskedLosses: the likelihood is that of a normal distribution, and one more
// constant for every entry that is not observed.
func TestMaskedLosses(t *testing.T) {
	g := gorgonia.NewGraph()
	node := func(name string, x ...float64) *gorgonia.Node {
		v := value.New(tensor.Float64, 4, 2)
		value.SetFloat64s(v, x)
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(4, 2), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	x := node("x", 1, 2, 3, 4, 5, 6, 7, 8)
	nan := math.NaN() // not observed
	y := node("y", 1.5, nan, nan, 4.5, nan, nan, 7, nan)
	mask := node("mask", 1, 0, 0, 1, 0, 0, 1, 0)
	mse, err := losses.MaskedSquaredError(x, y, mask, 2)
	if err != nil {
		t.Fatal(err)
	}
	ll, squares, err := losses.MaskedLogLikelihood(x, y, mask, 2, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	want := (0.25/1 + 0.25/2) / 2
	if got := value.Scalar(m.Value(mse)); got != want {
		t.Errorf("squared error %v, expected %v", got, want)
	}
	n := distuv.Normal{Sigma: 0.01}
	want = ((n.LogProb(0.5)+3*n.LogProb(0))/1 + (n.LogProb(0.5)+n.LogProb(0)+2*n.LogProb(0))/2) / 2
	if got := value.Scalar(m.Value(ll)); math.Abs(got-want) > 1e-9 {
		t.Errorf("log likelihood %v, expected %v", got, want)
	}
	if a, b := value.Scalar(m.Value(mse)), value.Scalar(m.Value(squares)); a != b {
		t.Errorf("squared error of the likelihood %v, expected %v", b, a)
	}
	for sigma, batch := range map[float64]int{0: 2, -1: 2, math.Inf(1): 2, math.NaN(): 2, 1: 3} {
		if _, _, err := losses.MaskedLogLikelihood(x, y, mask, batch, sigma); err == nil {
			t.Errorf("deviation %v and batches of %d are accepted", sigma, batch)
		}
	}
}

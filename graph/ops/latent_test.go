package ops_test

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// TestKLDivergenceByIntegration compares with ∫ q ln(q/p) on a fine grid.
func TestKLDivergenceByIntegration(t *testing.T) {
	for _, q := range [][2]float64{{0, 0}, {0.7, 0}, {-1.5, -2}, {0.3, 1}} {
		mu, lv := q[0], q[1]
		n := distuv.Normal{Mu: mu, Sigma: math.Exp(lv / 2)}
		want := 0.0
		const h = 1e-3
		for x := mu - 12*n.Sigma; x < mu+12*n.Sigma; x += h {
			want += h * n.Prob(x) * (n.LogProb(x) - distuv.UnitNormal.LogProb(x))
		}
		got, grads := evaluate(t, tensor.Float64, tensor.Shape{1, 2}, [][]float64{{mu, lv}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return ops.KLDivergence(in[0], 1)
		})
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("divergence of N(%v, e^%v) is %v, expected %v", mu, lv, got, want)
		}
		if q == [2]float64{} {
			allZero(t, "the standard normal", grads)
		}
	}
}

// TestMaskedByHand has two samples at two times with one feature, of which the
// second sample is observed once, and data that are not there.
func TestMaskedByHand(t *testing.T) {
	x, y, mask := []float64{1, 2, 3, 4}, []float64{3, math.NaN(), 3.5, 4.5}, []float64{1, 0, 1, 1}
	got, grads := evaluate(t, tensor.Float64, tensor.Shape{4, 1}, [][]float64{x}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		g := in[0].Graph()
		y := input(g, "y", tensor.Float64, tensor.Shape{4, 1}, y)
		m := input(g, "mask", tensor.Float64, tensor.Shape{4, 1}, mask)
		return ops.MaskedSquaredError(in[0], y, m, 2)
	})
	if want := ((4+0.25)/2 + 0.25) / 2; got != want {
		t.Errorf("squared error %v, expected %v", got, want)
	}
	compare(t, "gradient", grads[0], []float64{-1, 0, -0.25, -0.5}, 1e-15)
}

// TestMeanReciprocalCount has three samples at two times, with one, no and three
// observations.
func TestMeanReciprocalCount(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		g := gorgonia.NewGraph()
		mask := input(g, "mask", dt, tensor.Shape{6, 2}, []float64{1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1})
		n, err := ops.MeanReciprocalCount(mask, 3)
		if err != nil {
			t.Fatal(err)
		}
		m := gorgonia.NewTapeMachine(g)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		const want = (1 + 0 + 1./3) / 3
		switch got := n.Value().Data().(type) {
		case float32:
			if got != want {
				t.Errorf("reciprocal %v, expected %v", got, float32(want))
			}
		case float64:
			if math.Abs(got-want) > 1e-15 {
				t.Errorf("reciprocal %v, expected %v", got, want)
			}
		}
		m.Close()
	}
}

// TestMaskedWithoutObservations: such a sample counts as zero, and has no
// gradient.
func TestMaskedWithoutObservations(t *testing.T) {
	got, grads := evaluate(t, tensor.Float64, tensor.Shape{2, 2}, [][]float64{{1, 2, 3, 4}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		g := in[0].Graph()
		y := input(g, "y", tensor.Float64, tensor.Shape{2, 2}, make([]float64, 4))
		m := input(g, "mask", tensor.Float64, tensor.Shape{2, 2}, []float64{0, 0, 0, 1})
		return ops.MaskedSquaredError(in[0], y, m, 2)
	})
	if got != 8 {
		t.Errorf("squared error %v, expected 16/2", got)
	}
	compare(t, "gradient", grads[0], []float64{0, 0, 0, 4}, 1e-15)
}

// TestBadMasks: an entry that is neither 0 nor 1 is an error of the evaluation.
func TestBadMasks(t *testing.T) {
	for _, bad := range []float64{0.5, -1, 2, math.NaN()} {
		for name, f := range map[string]func(x, mask *gorgonia.Node) (*gorgonia.Node, error){
			"squared error":    func(x, mask *gorgonia.Node) (*gorgonia.Node, error) { return ops.MaskedSquaredError(x, x, mask, 2) },
			"reciprocal count": func(_, mask *gorgonia.Node) (*gorgonia.Node, error) { return ops.MeanReciprocalCount(mask, 2) },
		} {
			g := gorgonia.NewGraph()
			shape := tensor.Shape{2, 2}
			x := input(g, "x", tensor.Float64, shape, make([]float64, 4))
			if _, err := f(x, input(g, "mask", tensor.Float64, shape, []float64{1, 0, 1, bad})); err != nil {
				t.Fatal(err)
			}
			if err := graph.NewMachine(g).RunAll(); err == nil || !strings.Contains(err.Error(), "sample 1") {
				t.Errorf("%s with %v in the mask: error %v, expected one that names the sample", name, bad, err)
			}
		}
	}
}

// TestHoldRows: the sigmoid is exactly 1 where nothing is observed, whatever was
// measured, and has no gradient there.
func TestHoldRows(t *testing.T) {
	u := []float64{0.25, 0.5, 0.25, 0.5, 0.25, 0.5}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		got, grads := evaluate(t, dt, tensor.Shape{3, 2}, [][]float64{u}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			g := in[0].Graph()
			x := input(g, "x", dt, tensor.Shape{3, 3}, []float64{7, 0, 0, 7, 1, 0, 7, 0, 0.1})
			v, err := ops.Hold(in[0], x, 1)
			if err != nil {
				return nil, err
			}
			if v, err = ops.Activate(ops.Sigmoid, v); err != nil {
				return nil, err
			}
			// Minus 1 everywhere, so that nothing is left of the rows that are held.
			return ops.SquaredError(v, input(g, "one", dt, tensor.Shape{3, 2}, []float64{1, 1, 1, 1, 1, 1}), 1)
		})
		var want float64
		slope := make([]float64, len(u))
		for i := 2; i < len(u); i++ {
			s := 1 / (1 + math.Exp(-u[i]))
			want += (s - 1) * (s - 1)
			slope[i] = 2 * (s - 1) * s * (1 - s)
		}
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("%v: sum of squares %v, expected %v", dt, got, want)
		}
		if grads[0][0] != 0 || grads[0][1] != 0 {
			t.Errorf("%v: gradient of a row that is held: %v", dt, grads[0][:2])
		}
		compare(t, "gradient", grads[0], slope, 1e-6)
	}
}

// TestBadLatentArguments is TestBadArguments for the operations of latent
// models.
func TestBadLatentArguments(t *testing.T) {
	g := gorgonia.NewGraph()
	node := func(name string, dt tensor.Dtype, shape ...int) *gorgonia.Node {
		return input(g, name, dt, shape, make([]float64, tensor.Shape(shape).TotalSize()))
	}
	var (
		x    = node("x", tensor.Float64, 4, 6)
		x32  = node("x32", tensor.Float32, 4, 6)
		half = node("half", tensor.Float64, 4, 3)
		odd  = node("odd", tensor.Float64, 4, 4)
		rows = node("rows", tensor.Float64, 2, 6)
		none *gorgonia.Node
	)
	one := func(_ *gorgonia.Node, err error) error { return err }
	for _, c := range []struct {
		name, mentions string
		err            error
	}{
		{"gate of nothing", "x is nil", one(ops.Gate(half, none, nil))},
		{"gate without a gate", "u is nil", one(ops.Gate(none, x, nil))},
		{"gate columns", "u has 4 columns and x 6", one(ops.Gate(odd, x, nil))},
		{"gate rows", "u is (2, 6)", one(ops.Gate(rows, x, nil))},
		{"gate other state", "y is (4, 3)", one(ops.Gate(half, x, half))},
		{"gate types", "float32", one(ops.Gate(half, x32, nil))},
		{"hold of nothing", "u is nil", one(ops.Hold(none, x, 0))},
		{"hold rows", "x is (2, 6)", one(ops.Hold(half, rows, 0))},
		{"hold columns", "columns from 6", one(ops.Hold(half, x, 6))},
		{"hold types", "float32", one(ops.Hold(half, x32, 0))},
		{"sample of nothing", "q is nil", one(ops.GaussianSample(none, half))},
		{"sample of an odd number", "side by side", one(ops.GaussianSample(half, half))},
		{"sample noise", "eps is (4, 6)", one(ops.GaussianSample(x, x))},
		{"divergence of nothing", "q is nil", one(ops.KLDivergence(none, 1))},
		{"divergence of an odd number", "side by side", one(ops.KLDivergence(half, 1))},
		{"masked error of nothing", "x is nil", one(ops.MaskedSquaredError(none, x, x, 2))},
		{"masked error data", "the data is (2, 6)", one(ops.MaskedSquaredError(x, rows, x, 2))},
		{"masked error mask", "the mask is (4, 3)", one(ops.MaskedSquaredError(x, x, half, 2))},
		{"masked error batch", "4 rows for batches of 3", one(ops.MaskedSquaredError(x, x, x, 3))},
		{"masked error of no batch", "batches of 0", one(ops.MaskedSquaredError(x, x, x, 0))},
		{"masked error types", "float32", one(ops.MaskedSquaredError(x, x, x32, 2))},
		{"mean reciprocal count of nothing", "the mask is nil", one(ops.MeanReciprocalCount(none, 2))},
		{"mean reciprocal count batch", "4 rows for batches of 3", one(ops.MeanReciprocalCount(x, 3))},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", c.name)
		} else if !strings.Contains(c.err.Error(), c.mentions) {
			t.Errorf("%s: error %q does not mention %q", c.name, c.err, c.mentions)
		}
	}
}

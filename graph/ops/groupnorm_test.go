package ops_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestGroupNormByHand normalizes two rows of four channels of two pixels, in two
// groups, whose means and variances are whole numbers.
func TestGroupNormByHand(t *testing.T) {
	const epsilon = 1e-3
	g := gorgonia.NewGraph()
	x := input(g, "x", tensor.Float64, tensor.Shape{2, 8}, []float64{
		1, 3, 5, 7, 10, 10, 10, 10, // means 4 and 10, variances 5 and 0
		-2, 2, -2, 2, 0, 0, 6, 6, // 0 and 3, 4 and 9
	})
	scale := input(g, "scale", tensor.Float64, tensor.Shape{4}, []float64{1, 2, 3, -1})
	shift := input(g, "shift", tensor.Float64, tensor.Shape{4}, []float64{0, 10, 20, 30})
	y, err := ops.GroupNorm(x, scale, shift, 2, epsilon)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	five, four, nine := 1/math.Sqrt(5+epsilon), 1/math.Sqrt(4+epsilon), 1/math.Sqrt(9+epsilon)
	compare(t, "group norm", value.Float64s(m.Value(y)), []float64{
		-3 * five, -five, 10 + 2*five, 10 + 6*five, 20, 20, 30, 30,
		-2 * four, 2 * four, 10 - 4*four, 10 + 4*four, 20 - 9*nine, 20 - 9*nine, 30 - 3*nine, 30 - 3*nine,
	}, 1e-14)
}

// TestGroupNormOfConstant: without a variance the result is the shift, and the
// gradient by x, γ/√ε of what differs from its mean, is finite.
func TestGroupNormOfConstant(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, c := range []float64{0, 3, -1e6} {
			weights := []float64{1, 2, 6}
			y, grads := evaluate(t, dt, tensor.Shape{1, 3}, [][]float64{{c, c, c}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				g := in[0].Graph()
				scale := input(g, "scale", dt, tensor.Shape{3}, []float64{2, 2, 2})
				shift := input(g, "shift", dt, tensor.Shape{3}, []float64{1, 1, 1})
				n, err := ops.GroupNorm(in[0], scale, shift, 1, 1e-2)
				if err != nil {
					return nil, err
				}
				return gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(n, input(g, "weights", dt, tensor.Shape{1, 3}, weights))))
			})
			if y != 9 {
				t.Errorf("%v: weighted sum of the normalized %v is %v, expected 9", dt, c, y)
			}
			compare(t, "gradient", grads[0], []float64{-40, -20, 60}, 1e-6) // 2·(w − 3)/0.1
		}
	}
}

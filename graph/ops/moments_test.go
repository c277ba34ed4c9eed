package ops_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// Two save times, three trajectories, two dimensions.
var ensemble = []float64{
	1, 10, 2, 20, 6, 0, // at the first
	-1, 5, -1, 5, 2, 5, // at the second
}

func TestMomentsByHand(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		g := gorgonia.NewGraph()
		y := input(g, "y", dt, tensor.Shape{6, 2}, ensemble)
		mean, variance, err := ops.SampleMoments(y, 3)
		if err != nil {
			t.Fatal(err)
		}
		m := graph.NewMachine(g)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		compare(t, "mean", value.Float64s(m.Value(mean)), []float64{3, 10, 0, 5}, 0)
		// Squared deviations 4+1+9, 0+100+100, 1+1+4 and 0, over 2.
		compare(t, "variance", value.Float64s(m.Value(variance)), []float64{7, 100, 3, 0}, 0)
	}
}

// TestMomentsAgainstGonum compares with gonum's statistics, trajectory by
// trajectory in a slice of its own, on another layout of the same numbers.
func TestMomentsAgainstGonum(t *testing.T) {
	const times, n, dim = 7, 100, 3
	rng := rand.New(rand.NewPCG(3, 4))
	y, samples := make([]float64, times*n*dim), make([][]float64, times*dim)
	for s := range times {
		for i := range n {
			for j := range dim {
				x := float64(s) + rng.ExpFloat64()
				y[(s*n+i)*dim+j] = x
				samples[s*dim+j] = append(samples[s*dim+j], x)
			}
		}
	}
	var means, variances []float64
	for _, x := range samples {
		m, v := stat.MeanVariance(x, nil)
		means, variances = append(means, m), append(variances, v)
	}
	mean, variance, _ := moments(t, y, n, dim, false)
	compare(t, "mean", mean, means, 1e-14)
	compare(t, "variance", variance, variances, 1e-13)
}

// TestVarianceFarFromZero: a mean of 10⁸ standard deviations leaves no digit to
// the difference of the mean square and the squared mean. The reference is
// exact.
func TestVarianceFarFromZero(t *testing.T) {
	const n = 1000
	rng := rand.New(rand.NewPCG(5, 6))
	y := make([]float64, n)
	sum, squares := new(big.Rat), new(big.Rat)
	for i := range y {
		y[i] = 1e8/3 + rng.Float64()
		x := new(big.Rat).SetFloat64(y[i])
		sum.Add(sum, x)
		squares.Add(squares, x.Mul(x, x))
	}
	sum.Mul(sum, sum)
	squares.Sub(squares, sum.Quo(sum, big.NewRat(n, 1)))
	want, _ := squares.Quo(squares, big.NewRat(n-1, 1)).Float64()
	if _, got, _ := moments(t, y, n, 1, false); math.Abs(got[0]-want) > 1e-14*want {
		t.Errorf("variance %v, expected %v", got[0], want)
	}
}

// moments returns mean, variance and the gradient of Σ mean² + Σ variance²,
// on Gorgonia's own machine or on that of package graph.
func moments(t *testing.T, x []float64, n, dim int, tape bool) (mean, variance, grad []float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	y := input(g, "y", tensor.Float64, tensor.Shape{len(x) / dim, dim}, x)
	m, v, err := ops.SampleMoments(y, n)
	if err != nil {
		t.Fatal(err)
	}
	cost := gorgonia.Must(gorgonia.Add(
		gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(m)))),
		gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(v))))))
	d, err := gorgonia.Grad(cost, y)
	if err != nil {
		t.Fatal(err)
	}
	var read [3]gorgonia.Value
	for i, node := range []*gorgonia.Node{m, v, d[0]} {
		gorgonia.Read(node, &read[i])
	}
	var vm gorgonia.VM = graph.NewMachine(g)
	if tape {
		vm = gorgonia.NewTapeMachine(g)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return value.Float64s(read[0]), value.Float64s(read[1]), value.Float64s(read[2])
}

// TestMomentsOnTapeMachine differentiates by gorgonia.Grad and runs on either
// machine.
func TestMomentsOnTapeMachine(t *testing.T) {
	// 2/3·mean + 2·variance·(y − mean), for n − 1 = 2.
	want := []float64{
		2 - 28, 20. / 3, 2 - 14, 20./3 + 2000, 2 + 42, 20./3 - 2000,
		-6, 10. / 3, -6, 10. / 3, 12, 10. / 3,
	}
	for _, tape := range []bool{false, true} {
		mean, variance, grad := moments(t, ensemble, 3, 2, tape)
		compare(t, "mean", mean, []float64{3, 10, 0, 5}, 0)
		compare(t, "variance", variance, []float64{7, 100, 3, 0}, 0)
		compare(t, "gradient", grad, want, 1e-14)
	}
}

// TestMomentsDoNotAllocate runs every operation of the forward and the reverse
// pass into memory that is there.
func TestMomentsDoNotAllocate(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, op := range []func(*gorgonia.Node, int) (*gorgonia.Node, error){sampleMean, sampleVariance} {
			r := newTrial(t, testCase{"", []arg{state(12, 2)}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				return op(in[0], 4)
			}}, dt)
			for _, node := range r.out.Graph().AllNodes() {
				o, ok := node.Op().(operation.Op)
				if !ok {
					continue
				}
				var in []gorgonia.Value
				for it := node.Graph().From(node.ID()); it.Next(); {
					in = append(in, r.m.Value(it.Node().(*gorgonia.Node)))
				}
				dst := value.New(o.Dtype(), o.Shape()...)
				if a := testing.AllocsPerRun(10, func() { o.UsePreallocDo(dst, in...) }); a > 0 {
					t.Errorf("%v of %v allocates %v times", o, dt, a)
				}
			}
		}
	}
}

func TestBadEnsembles(t *testing.T) {
	g := gorgonia.NewGraph()
	y := input(g, "y", tensor.Float64, tensor.Shape{6, 2}, make([]float64, 12))
	vector := input(g, "v", tensor.Float64, tensor.Shape{6}, make([]float64, 6))
	ints := gorgonia.NewMatrix(g, tensor.Int, gorgonia.WithShape(6, 2), gorgonia.WithName("ints"))
	for _, c := range []struct {
		name, mentions string
		y              *gorgonia.Node
		n              int
	}{
		{"nothing", "sample moments: y is nil", nil, 2},
		{"a vector", "y has shape (6)", vector, 2},
		{"integers", "element type int", ints, 2},
		{"no trajectory", "0 trajectories, expected at least 2", y, 0},
		{"one trajectory", "1 trajectories, expected at least 2", y, 1},
		{"a negative number", "-3 trajectories", y, -3},
		{"an incomplete save time", "6 rows, expected a multiple of 4", y, 4},
		{"more than there are", "6 rows, expected a multiple of 12", y, 12},
	} {
		if _, _, err := ops.SampleMoments(c.y, c.n); err == nil || !strings.Contains(err.Error(), c.mentions) {
			t.Errorf("%s: error %v, expected one that mentions %q", c.name, err, c.mentions)
		}
	}
}

func sampleMean(y *gorgonia.Node, n int) (*gorgonia.Node, error) {
	mean, _, err := ops.SampleMoments(y, n)
	return mean, err
}

func sampleVariance(y *gorgonia.Node, n int) (*gorgonia.Node, error) {
	_, variance, err := ops.SampleMoments(y, n)
	return variance, err
}

package ops_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// solveSystems solves a batch of systems of order n, whose matrices are stored
// column after column.
func solveSystems(t *testing.T, dt tensor.Dtype, n int, w, b []float64) []float64 {
	t.Helper()
	batch := len(b) / n
	g := gorgonia.NewGraph()
	lu, err := ops.Factorize(input(g, "w", dt, tensor.Shape{batch, n * n}, w))
	if err != nil {
		t.Fatal(err)
	}
	x, err := lu.Solve(input(g, "b", dt, tensor.Shape{batch, n}, b))
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	return value.Float64s(m.Value(x))
}

func TestSolveKnownSystems(t *testing.T) {
	for _, tt := range []struct {
		name       string
		n          int
		w, b, want []float64
	}{
		{"a number", 1, []float64{-4}, []float64{2}, []float64{-0.5}},
		{"columns", 2, []float64{1, 3, 2, 4}, []float64{5, 11}, []float64{1, 2}}, // (1 2; 3 4)
		{"pivots of zero", 3, []float64{0, 0, 5, 2, 0, 0, 0, 4, 0}, []float64{6, 4, 10}, []float64{2, 3, 1}},
		{"a small pivot", 2, []float64{1e-20, 1, 1, 1}, []float64{1, 2}, []float64{1, 1}},
		{"two systems", 1, []float64{2, 5}, []float64{1, 1}, []float64{0.5, 0.2}},
	} {
		compare(t, tt.name, solveSystems(t, tensor.Float64, tt.n, tt.w, tt.b), tt.want, 1e-15)
	}
}

// TestSolve compares solutions with those of another implementation, for matrices
// whose pivots are anywhere.
func TestSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 8, 50} {
		const batch = 70 // rows that go through a phase too
		w, b, want := make([]float64, batch*n*n), make([]float64, batch*n), []float64(nil)
		for i := range w {
			w[i] = rng.NormFloat64()
		}
		for i := range b {
			b[i] = rng.NormFloat64()
		}
		for k := range batch {
			a := mat.NewDense(n, n, w[k*n*n:][:n*n]).T()
			var x mat.VecDense
			if err := x.SolveVec(a, mat.NewVecDense(n, b[k*n:][:n])); err != nil {
				t.Fatal(err)
			}
			want = append(want, x.RawVector().Data...)
		}
		compare(t, "solution", solveSystems(t, tensor.Float64, n, w, b), want, 1e-8)
	}
}

// TestSolveSingular: a system that has no solution, or is not finite, has NaN for one,
// and leaves the others of the batch alone.
func TestSolveSingular(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	good := []float64{2, 0, 0, 0, 2, 0, 0, 0, 2}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, bad := range [][]float64{
			make([]float64, 9),
			{1, 2, 3, 2, 4, 6, 0, 0, 1},
			{1, 0, 0, 0, 1, 0, 0, 0, 0},
			{nan, 0, 0, 0, 1, 0, 0, 0, 1},
			{1, nan, 0, 0, 1, 0, 0, 0, 1},
			{1, 0, 0, 0, 1, 0, 0, nan, 1},
			{1, 0, 0, 0, 1, 0, nan, 0, 1},
			{1, 0, 0, 0, 1, 0, 0, 0, nan},
			{1, 0, 0, 0, inf, 0, 0, 0, 1},
			{1, inf, 0, 0, 1, 0, 0, 0, 1},
			{1, 0, 0, -inf, 1, 0, 0, 0, 1},
		} {
			w := append(append(append([]float64(nil), good...), bad...), good...)
			x := solveSystems(t, dt, 3, w, []float64{1, 2, 3, 1, 2, 3, 4, 5, 6})
			for i, want := range []float64{0.5, 1, 1.5, nan, nan, nan, 2, 2.5, 3} {
				if x[i] != want && !(math.IsNaN(x[i]) && math.IsNaN(want)) {
					t.Errorf("%v of %v: entry %d is %v, expected %v", bad, dt, i, x[i], want)
				}
			}
		}
	}
}

func TestFactorizeErrors(t *testing.T) {
	g := gorgonia.NewGraph()
	w := input(g, "w", tensor.Float64, tensor.Shape{2, 4}, make([]float64, 8))
	if _, err := ops.Factorize(input(g, "v", tensor.Float64, tensor.Shape{2, 5}, make([]float64, 10))); err == nil || !strings.Contains(err.Error(), "expected n·n") {
		t.Errorf("5 columns: error %v, expected one of the columns", err)
	}
	lu, err := ops.Factorize(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []*gorgonia.Node{nil, w} {
		if _, err := lu.Solve(b); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("right-hand side %v: error %v, expected one of its shape", b, err)
		}
	}
	if _, err := (*ops.LU)(nil).Solve(w); err == nil {
		t.Error("systems without factors are solved, expected an error")
	}
	for _, n := range []int{-1, 0, 3} {
		if _, err := ops.InfNorm(w, n); err == nil {
			t.Errorf("blocks of order %d of matrices of order 2: no error, expected one", n)
		}
	}
}

// TestInfNormNaN: what is not a number is larger than any.
func TestInfNormNaN(t *testing.T) {
	g := gorgonia.NewGraph()
	n, err := ops.InfNorm(input(g, "a", tensor.Float64, tensor.Shape{3, 1}, []float64{1, math.NaN(), 2}), 1)
	if err != nil {
		t.Fatal(err)
	}
	m := graph.NewMachine(g)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	if x := value.Scalar(m.Value(n)); !math.IsNaN(x) {
		t.Errorf("norm %v, expected NaN", x)
	}
}

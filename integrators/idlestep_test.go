package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

func TestRoundUp(t *testing.T) {
	var sizes []int
	for n := 1; n <= 64; n++ {
		if k := roundUp(n); len(sizes) == 0 || k != sizes[len(sizes)-1] {
			sizes = append(sizes, k)
		}
	}
	if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64}; !slices.Equal(sizes, want) {
		t.Errorf("sizes %v, expected %v", sizes, want)
	}
	for n := 1; n < 1<<20; n += 1 + n/1000 {
		if k := roundUp(n); k < n || 4*(k-n) > n || roundUp(k) != k {
			t.Errorf("%d steps are rounded up to %d, expected less than a quarter more", n, k)
		}
	}
}

// TestSurplus: with calls to spare, loss, gradient and statistics are those of
// the exact number of steps, for each aggregation alone and all together, with
// and without save times, on graphs that serve solves of various lengths.
func TestSurplus(t *testing.T) {
	saveAt := []float64{0, 0.01, 0.3, 0.31, 1}
	testSurplus(t, DP5, Settings{})
	testSurplus(t, DP5, Settings{Regularizers: everyRegularizer})
	testSurplus(t, Vern7, Settings{Regularizers: everyRegularizer, SaveAt: saveAt})
	testSurplus(t, DP5, Settings{Regularizers: everyRegularizer, SaveAt: saveAt, Memory: Checkpoint})
	testSurplus(t, Rosenbrock23, Settings{Regularizers: everyRegularizer, SaveAt: saveAt})
	testSurplus(t, Rodas5P, Settings{Regularizers: everyRegularizer, SaveAt: saveAt, Memory: Checkpoint})
	for _, a := range []Aggregation{Sum, Mean, Max} {
		testSurplus(t, DP5, Settings{Regularizers: []Regularizer{{Term: Stiffness, Aggregation: a}}, SaveAt: saveAt})
		testSurplus(t, DP5, Settings{Regularizers: []Regularizer{{Term: Error, Aggregation: a}}, SaveAt: saveAt})
	}
}

func testSurplus(t *testing.T, m Method, set Settings) {
	t.Helper()
	const lengths = 8
	p := graph.NewParams(tensor.Float64)
	set.AbsTol, set.RelTol = 0.1, 0.1 // the steps are as long as they may be
	dynamics := netDynamics(t, p, 2, 3)
	steps, graphs := 0, map[int]bool{}
	set.MaxStep = 0.05 // so that the span decides how many
	o, err := NewSolver(Equation{Drift: dynamics, Params: p, T1: 1}, m, &set)
	if err != nil {
		t.Fatal(err)
	}
	obj := objectiveOf(t, p, o.Unroll)
	rng := rand.New(rand.NewPCG(5, 7))
	for _, n := range rng.Perm(lengths) {
		times := slices.Clone(set.SaveAt)
		span := set.MaxStep * (float64(n) + 7.5)
		floats.Scale(span, times)
		if err := o.SetTimes(0, span, times); err != nil {
			t.Fatal(err)
		}
		z0 := row(1, -0.5)
		loss, grad, err := evaluate(obj, p, z0)
		if err != nil {
			t.Fatal(err)
		}
		padded := o.Last()
		steps = padded.Accepted
		graphs[roundUp(steps)] = true

		g, exact, d := expandedLoss(t, o, p, z0)
		machine := graph.NewMachine(g)
		if err := machine.Run(); err != nil {
			t.Fatal(err)
		}
		if want := value.Scalar(machine.Value(exact)); loss != want {
			t.Errorf("%s, %+v: loss %v in %d calls, %v in %d steps", m.traits().name, set, loss, roundUp(steps), want, steps)
		}
		if got, want := value.Float64s(grad), value.Float64s(machine.Value(d)); !floats.EqualApprox(got, want, 1e-13*(1+floats.Norm(want, 2))) {
			t.Errorf("%s, %+v: gradient %v in %d calls, %v in %d steps", m.traits().name, set, got, roundUp(steps), want, steps)
		}
		if exact := o.Last(); padded.Stats != exact.Stats {
			t.Errorf("statistics %+v, of the exact number of steps %+v", padded.Stats, exact.Stats)
		}
	}
	if c := obj.Cache(); c.Misses != len(graphs) || c.Hits+c.Misses != lengths {
		t.Errorf("%s, %+v: cache %+v, expected %d misses", m.traits().name, set, c, len(graphs))
	}
}

// TestFixedStepsAreExact: a number of steps that cannot vary is not rounded up.
func TestFixedStepsAreExact(t *testing.T) {
	for _, n := range []int{9, 33} {
		o, _ := fixed(t, Tsit5, n, Settings{})
		solved, err := site{o}.Solve([]gorgonia.Value{row(1, -1)})
		if err != nil {
			t.Fatal(err)
		}
		if k := solved.(*solve).calls(); k != n {
			t.Errorf("%d calls for %d fixed steps", k, n)
		}
		solved.Release()
	}
}

// TestSurplusMean: the mean is over the steps that there are.
func TestSurplusMean(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	theta := param(t, p, "theta", []float64{1.3}, 1, 1)
	o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 1}, Tsit5, &Settings{AbsTol: 1e-6, RelTol: 1e-6, Record: true, Regularizers: []Regularizer{{Term: Stiffness, Aggregation: Mean}}})
	if err != nil {
		t.Fatal(err)
	}
	obj := secondResult(t, p, o.Unroll)
	loss, err := obj.Evaluate(row(1, 0.5))
	if err != nil {
		t.Fatal(err)
	}
	mean, n := 1.0, 1.0
	for _, s := range o.Last().Steps {
		mean, n = mean+s.S, n+1
	}
	if n-1 != 11 || roundUp(11) == 11 { // TestGoldenGradients counts as many
		t.Fatalf("%v steps, expected 11 in 12 calls", n-1)
	}
	if mean /= n; math.Abs(loss-mean) > 1e-14*mean {
		t.Errorf("mean stiffness %v, expected %v", loss, mean)
	}
}

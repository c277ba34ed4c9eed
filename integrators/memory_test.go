package integrators

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// fusedNet is the network tanh([x;t]·W + b)·V + c of fused operations alone.
func fusedNet(t testing.TB, p *graph.Params, dim, hidden int) Dynamics {
	rng := rand.New(rand.NewPCG(7, 11))
	normal := func(n int) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = rng.NormFloat64() / 2
		}
		return w
	}
	w := param(t, p, "w", normal(dim*hidden), dim, hidden)
	wt := param(t, p, "wt", normal(hidden), hidden)
	b := param(t, p, "b", normal(hidden), hidden)
	v := param(t, p, "v", normal(hidden*dim), hidden, dim)
	c := param(t, p, "c", normal(dim), dim)
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		get := func(p *graph.Param) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return s.Param(p) })
		}
		nw, nwt, nb, nv, nc, at := get(w), get(wt), get(b), get(v), get(c), e.do(s.Time)
		h := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, nw, nb, nwt, at) })
		n := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Identity, h, nv, nc, nil, nil) })
		return n, e.err
	}
}

// fixed returns a solver of n equal steps of a fused network with two states.
func fixed(t testing.TB, m Method, n int, set Settings) (*Solver, *graph.Params) {
	p := graph.NewParams(tensor.Float64)
	set.FixedSteps = n
	o, err := NewSolver(Equation{Drift: fusedNet(t, p, 2, 8), Params: p, T1: 1}, m, &set)
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

// few and many are numbers of steps that must cost the same allocations.
const few, many = 60, 120

// sameAllocations fails if a step allocates. A few allocations more are those of
// pools that the garbage collector has emptied.
func sameAllocations(t *testing.T, what string, allocs [2]float64) {
	t.Helper()
	if math.Abs(allocs[1]-allocs[0]) > (many-few)/20 {
		t.Errorf("%s: %v allocations in %d steps, %v in %d, expected the same", what, allocs[0], few, allocs[1], many)
	}
}

// eachMemory runs a test without and with save times, some at the ends of steps,
// and in both memory modes.
func eachMemory(t *testing.T, f func(t *testing.T, set Settings)) {
	t.Helper()
	regularizers := []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Mean}, {Term: ErrorSquared, Aggregation: Max}}
	for _, memory := range []Memory{Store, Checkpoint} {
		for _, saveAt := range [][]float64{nil, floats.Span(make([]float64, 91), 0, 1)} {
			t.Run(fmt.Sprintf("memory %d, %d saves", memory, len(saveAt)), func(t *testing.T) {
				f(t, Settings{Memory: memory, SaveAt: saveAt, Regularizers: regularizers})
			})
		}
	}
}

// TestForwardAllocations: a kept solve allocates nothing for a step once there
// are frames for it.
func TestForwardAllocations(t *testing.T) {
	eachMemory(t, func(t *testing.T, set Settings) {
		for _, m := range []Method{Tsit5, Vern7, Rosenbrock23, Rodas5P} {
			set := set
			if !m.EstimatesStiffness() {
				set.Regularizers = nil
			}
			var allocs [2]float64
			for i, n := range []int{few, many} {
				o, _ := fixed(t, m, n, set)
				z0 := row(1, -1)
				allocs[i] = testing.AllocsPerRun(5, func() {
					solved, err := site{o}.Solve([]gorgonia.Value{z0})
					if err != nil {
						t.Fatal(err)
					}
					solved.Release()
				})
			}
			sameAllocations(t, m.traits().name, allocs)
		}
	})
}

// TestReverseAllocations: neither does the reverse pass of a step.
func TestReverseAllocations(t *testing.T) {
	for _, m := range []Method{Tsit5, Rosenbrock23} {
		eachMemory(t, func(t *testing.T, set Settings) { testReverseAllocations(t, m, set) })
	}
}

func testReverseAllocations(t *testing.T, m Method, set Settings) {
	t.Helper()
	var allocs [2]float64
	for i, n := range []int{few, many} {
		o, p := fixed(t, m, n, set)
		solved, err := site{o}.Solve([]gorgonia.Value{row(1, -1)})
		if err != nil {
			t.Fatal(err)
		}
		r := solved.(*solve)
		outputs := r.fn.step.Outputs()
		cots := make([]gorgonia.Value, len(outputs)+1)
		for j, out := range outputs[:r.fn.step.out.s+1] {
			cots[j] = value.New(out.Dtype, out.Shape...)
		}
		if len(set.SaveAt) > 0 {
			cots[len(outputs)] = value.New(tensor.Float64, len(set.SaveAt), 2)
		}
		state := func() gorgonia.Value { return value.New(tensor.Float64, 1, 2) }
		grads := []gorgonia.Value{value.New(tensor.Float64, p.Len()), state(), state(), nil, nil}
		add := []bool{true, false, false, false, false}
		in := []gorgonia.Value{p.Value(), row(1, -1), state(), nil, nil}
		for j := range r.steps {
			if err := r.steps[j].Execute(in); err != nil { // notes where the step starts
				t.Fatal(err)
			}
		}
		allocs[i] = testing.AllocsPerRun(5, func() {
			for j := len(r.steps) - 1; j >= 0; j-- {
				if err := r.steps[j].Accumulate(cots, grads, add); err != nil {
					t.Fatal(err)
				}
			}
		})
		r.Release()
	}
	if allocs[0] != 0 || allocs[1] != 0 {
		t.Errorf("%v allocations in %d steps, %v in %d, expected none", allocs[0], few, allocs[1], many)
	}
}

// TestEvaluateAllocations: neither does an evaluation with gradient as a whole,
// once its graph is in the cache.
func TestEvaluateAllocations(t *testing.T) {
	eachMemory(t, func(t *testing.T, set Settings) {
		var allocs [2]float64
		for i, n := range []int{few, many} {
			o, p := fixed(t, Tsit5, n, set)
			obj := fusedObjective(t, o, p)
			z0 := row(1, -1)
			evaluate := func() {
				if _, err := obj.Evaluate(z0); err != nil {
					t.Fatal(err)
				}
			}
			evaluate() // builds the graph; the next one gives the frames of this one back
			evaluate()
			allocs[i] = testing.AllocsPerRun(5, evaluate)
		}
		sameAllocations(t, "evaluation", allocs)
	})
}

// fusedObjective is a loss of all results of a solve in operations that allocate
// nothing.
func fusedObjective(t testing.TB, o *Solver, p *graph.Params) *graph.Objective {
	t.Helper()
	rows := max(1, len(o.settings.SaveAt))
	obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		out, err := o.Unroll(s, in[0])
		if err != nil {
			return nil, err
		}
		target, err := s.Data(value.New(tensor.Float64, rows, 2))
		if err != nil {
			return nil, err
		}
		if out[0], err = ops.SquaredError(out[0], target, 1); err != nil {
			return nil, err
		}
		var terms []ops.Term
		for _, n := range out {
			terms = append(terms, ops.Term{X: n, C: 0.3})
		}
		return ops.LinComb(terms, nil, nil)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// TestIdleStepAllocations: a call that is bound to no step allocates nothing.
func TestIdleStepAllocations(t *testing.T) {
	o, p := fixed(t, Tsit5, 1, Settings{Regularizers: []Regularizer{{Term: Error}}})
	solved, err := site{o}.Solve([]gorgonia.Value{row(1, -1)})
	if err != nil {
		t.Fatal(err)
	}
	defer solved.Release()
	r := solved.(*solve)
	s := &idleStep{c: r.c, f: r.fn.step, at: r.from}
	cots := make([]gorgonia.Value, len(r.fn.step.Outputs()))
	cots[0], cots[1] = row(1, 2), row(3, 4)
	grads := []gorgonia.Value{value.New(tensor.Float64, p.Len()), row(0, 0), row(5, 6), nil, nil}
	add := []bool{false, false, true, false, false}
	if n := testing.AllocsPerRun(5, func() {
		for i := range r.fn.step.Outputs() {
			s.Out(i)
		}
		value.CopyRows(grads[2], 0, cots[1])
		if err := s.Accumulate(cots, grads, add); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, expected none", n)
	}
	if !floats.Equal(value.Float64s(grads[1]), []float64{1, 2}) || !floats.Equal(value.Float64s(grads[2]), []float64{6, 8}) {
		t.Errorf("gradients %v and %v, expected (1, 2) and (6, 8)", grads[1], grads[2])
	}
	if s.Out(0) != r.from.z || s.Out(1) != r.from.k1 || value.Scalar(s.Out(int(r.fn.step.out.terms))) != 0 {
		t.Errorf("results %v, %v and %v, expected state, first stage and zero", s.Out(0), s.Out(1), s.Out(int(r.fn.step.out.terms)))
	}
}

// TestPredictMemory: Predict holds two steps, however many it takes, and a step
// allocates nothing.
func TestPredictMemory(t *testing.T) {
	for _, m := range methods {
		var allocs [2]float64
		var bytes [2]int
		for i, n := range []int{few, many} {
			o, _ := fixed(t, m, n, Settings{SaveAt: floats.Span(make([]float64, 2*n+1), 0, 1)})
			z0 := row(1, -1)
			solve := func() {
				if _, err := o.Predict(z0); err != nil {
					t.Fatal(err)
				}
			}
			solve() // compiles
			allocs[i] = testing.AllocsPerRun(5, solve)
			bytes[i] = o.Bytes()
		}
		sameAllocations(t, m.Name, allocs)
		if bytes[0] != bytes[1] { // all with one time in every step and at its end
			t.Errorf("%s: %d bytes for %d steps, %d for %d, expected the same", m.Name, bytes[0], few, bytes[1], many)
		}
	}
}

// TestCheckpointMemory: checkpoints hold less than everything, and frames are
// used again from one evaluation to the next.
func TestCheckpointMemory(t *testing.T) {
	bytes := map[Memory]int{}
	for _, memory := range []Memory{Store, Checkpoint} {
		o, p := fixed(t, Tsit5, few, Settings{Memory: memory, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Max}}})
		obj := objectiveOf(t, p, o.Unroll)
		for range 3 {
			if _, err := obj.Evaluate(row(1, -1)); err != nil {
				t.Fatal(err)
			}
			if bytes[memory] == 0 {
				bytes[memory] = o.Bytes()
			}
		}
		if b := o.Bytes(); b != bytes[memory] {
			t.Errorf("memory %d: %d bytes after the first evaluation, %d after more", memory, bytes[memory], b)
		}
	}
	if bytes[Checkpoint] > bytes[Store]/2 {
		t.Errorf("checkpoints of %d bytes, everything is %d", bytes[Checkpoint], bytes[Store])
	}
}

// TestMaxBytes: a solve fails before the steps it keeps take more memory than it
// may use. One that keeps none does not, nor one that keeps only their ends.
func TestMaxBytes(t *testing.T) {
	const steps = 64
	z0 := row(1, -1)
	o, p := fixed(t, Tsit5, steps, Settings{})
	if _, err := fusedObjective(t, o, p).Evaluate(z0); err != nil {
		t.Fatal(err)
	}
	half := int64(o.Bytes() / 2)

	o, p = fixed(t, Tsit5, steps, Settings{MaxBytes: half})
	obj := fusedObjective(t, o, p)
	for range 2 { // the solver can be used again
		_, err := obj.Evaluate(z0)
		var f *Failure
		if !errors.Is(err, ErrMaxBytes) || !errors.As(err, &f) {
			t.Fatalf("error %v, expected %v", err, ErrMaxBytes)
		}
		if n := f.Stats.Accepted; n < steps/4 || n > 3*steps/4 {
			t.Errorf("failed after %d of %d steps", n, steps)
		}
		if _, err := o.Predict(z0); err != nil {
			t.Error(err)
		}
	}
	if int64(o.Bytes()) > half*5/4 {
		t.Errorf("solver has %d bytes, may keep %d", o.Bytes(), half)
	}

	o, p = fixed(t, Tsit5, steps, Settings{MaxBytes: half, Memory: Checkpoint})
	if _, err := fusedObjective(t, o, p).Evaluate(z0); err != nil {
		t.Error(err)
	}
}

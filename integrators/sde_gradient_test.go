package integrators

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// netDiffusion is a time-dependent layer tanh([x;t]·G + b).
func netDiffusion(t testing.TB, p *graph.Params, dim int) Dynamics { return netMatrix(t, p, dim, dim) }

// netMatrix is a layer of that kind with a number of columns.
func netMatrix(t testing.TB, p *graph.Params, dim, cols int) Dynamics {
	rng := rand.New(rand.NewPCG(2, 3))
	normal := func(n int) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = rng.NormFloat64() / 2
		}
		return w
	}
	g := param(t, p, "g", normal(dim*cols), dim, cols)
	gt := param(t, p, "gt", normal(cols), cols)
	b := param(t, p, "gb", normal(cols), cols)
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		get := func(p *graph.Param) *gorgonia.Node {
			return e.do(func() (*gorgonia.Node, error) { return s.Param(p) })
		}
		ng, ngt, nb, at := get(g), get(gt), get(b), e.do(s.Time)
		n := e.do(func() (*gorgonia.Node, error) { return ops.Affine(ops.Tanh, z, ng, nb, ngt, at) })
		return n, e.err
	}
}

// netSDE returns a neural SDE over [0, 1] and its parameters.
func netSDE(t testing.TB, m *SRI, dim, hidden int, noise *Noise, set *Settings) (*Solver, *graph.Params) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	o, err := NewSolver(Equation{Drift: netDynamics(t, p, dim, hidden), Diffusion: netDiffusion(t, p, dim), Params: p, T1: 1, Noise: noise}, m, set)
	if err != nil {
		t.Fatal(err)
	}
	return o, p
}

// regularizersOf lists the regularizers that the method has the estimates for.
func regularizersOf(m Method) []Regularizer {
	var rs []Regularizer
	for _, r := range everyRegularizer {
		if r.Term == Stiffness && m.EstimatesStiffness() || r.Term != Stiffness && m.Adaptive() {
			rs = append(rs, r)
		}
	}
	return rs
}

// lossGradient evaluates an objective.
func lossGradient(t testing.TB, obj *graph.Objective, p *graph.Params, z0 gorgonia.Value) (loss float64, grad []float64) {
	t.Helper()
	loss, g, err := evaluate(obj, p, z0)
	if err != nil {
		t.Fatal(err)
	}
	return loss, value.Float64s(g)
}

// TestSDEGradients compares the pathwise gradient of a whole solve, with the
// regularizers in the loss, across the ways to run it and with finite differences
// along the same steps and the same noise. Fixed steps are frozen; adaptive ones
// by solving the recorded frames again in order, as for an ODE.
func TestSDEGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	times := []float64{0, 0.01, 0.02, 0.3, 0.3, 0.71, 1}
	for _, tt := range []struct {
		name string
		m    *SRI
		set  Settings
	}{
		{"adaptive", SRIW1, Settings{InitialStep: 0.1}},
		{"adaptive, saved", SOSRI2, Settings{InitialStep: 0.1, SaveAt: times}},
		{"fixed", SOSRI2, Settings{FixedSteps: 5}},
		{"a first step that is rejected, saved", SOSRI, Settings{AbsTol: 2, InitialStep: 1, SaveAt: []float64{0.5}}},
		{"fixed, saved densely", Milstein, Settings{FixedSteps: 5, SaveAt: floats.Span(make([]float64, 2*maxDense+9), 0.5, 0.5001)}},
		{"fixed", EulerMaruyama, Settings{FixedSteps: 5}},
	} {
		t.Run(tt.m.Name+" "+tt.name, func(t *testing.T) {
			checkSDEGradients(t, tt.m, tt.set, func(set *Settings) (*Solver, *graph.Params) {
				return netSDE(t, tt.m, 2, 4, &Noise{Seed: 21}, set)
			})
		})
	}
}

// checkSDEGradients compares the gradients of the solver that build returns, with two
// entries a row, across the ways to run it and with differences.
func checkSDEGradients(t *testing.T, m Method, given Settings, build func(*Settings) (*Solver, *graph.Params)) {
	t.Helper()
	z0 := rows(3, 1, 0.5, -0.3, 0.2, 2, -1)
	given.AbsTol, given.RelTol = cmp.Or(given.AbsTol, 10), 1e-300
	given.Regularizers = regularizersOf(m)

	type result struct {
		name string
		loss float64
		grad []float64
	}
	var want result
	check := func(got result, tol float64) {
		t.Helper()
		if !near(got.loss, want.loss, 1e-10) {
			t.Errorf("%s: loss %v, %s %v", got.name, got.loss, want.name, want.loss)
		}
		for i, d := range got.grad {
			if !near(d, want.grad[i], tol) {
				t.Errorf("%s: gradient[%d] = %v, %s %v", got.name, i, d, want.name, want.grad[i])
			}
		}
	}
	for _, way := range []struct {
		name   string
		mode   Mode
		memory Memory
	}{{"called", Called, Store}, {"checkpointed", Called, Checkpoint}, {"inline", Inline, Store}} {
		set := given
		set.Mode, set.Memory = way.mode, way.memory
		o, p := build(&set)
		obj := objectiveOf(t, p, o.Unroll)
		loss, grad := lossGradient(t, obj, p, z0)
		if st := o.Last().Stats; given.InitialStep == 1 && st.Rejected == 0 {
			t.Errorf("%s: no step rejected", way.name)
		}
		if again, grad2 := lossGradient(t, obj, p, z0); again != loss || !slices.Equal(grad2, grad) {
			t.Errorf("%s: loss %v and gradient %v, the second time %v and %v", way.name, loss, grad, again, grad2)
		}
		if c := obj.Cache(); c.Hits != 1 || c.Misses != 1 {
			t.Errorf("%s: cache %+v, expected a miss and a hit", way.name, c)
		}
		switch {
		case way.name == "called":
			want = result{way.name, loss, grad}
			check(result{"finite differences", loss, frozenDifferences(t, o, p, z0)}, 1e-6)
		case way.name == "checkpointed" && (loss != want.loss || !slices.Equal(grad, want.grad)):
			t.Errorf("checkpoints change the bits: loss %v, gradient %v, expected %v, %v", loss, grad, want.loss, want.grad)
		default:
			check(result{way.name, loss, grad}, 1e-10)
		}
		if way.memory == Checkpoint {
			continue // the graph is the same
		}
		// The same on Gorgonia's tape machine.
		loss, grad = onTapeMachine(t, o, p, z0)
		check(result{way.name + " on the tape machine", loss, grad}, 1e-10)
	}
}

// TestSDEGradientOfOneResult: a loss of all saved states, of some of them or of a
// regularizer alone, on a state that depends on parameters, has the gradient that
// inline steps have.
func TestSDEGradientOfOneResult(t *testing.T) {
	for _, m := range []*SRI{SOSRI2, SRIW1} {
		for _, times := range [][]float64{{0, 0.3, 0.31, 1}, {0, 0}, {0.1, 0.2}} {
			for i := range 3 {
				var grads [2][]float64
				for k, mode := range []Mode{Called, Inline} {
					o, p := netSDE(t, m, 2, 3, nil, &Settings{AbsTol: 10, RelTol: 10, InitialStep: 0.2, Mode: mode, SaveAt: times,
						Regularizers: []Regularizer{{Term: Error}}})
					obj, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
						w, err := s.Param(p.Lookup("w"))
						if err != nil {
							return nil, err
						}
						e := &expr{s: s}
						z := e.do(func() (*gorgonia.Node, error) { return ops.Block(w, 0, 2, 0, 2) })
						result := e.do(func() (*gorgonia.Node, error) {
							out, err := o.Unroll(s, z)
							if err != nil {
								return nil, err
							}
							if i == 2 {
								return out[1], nil
							}
							return ops.Block(out[0], 0, 2*(len(times)-i), 0, 2)
						})
						loss := e.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(result) })
						return loss, e.err
					}, nil)
					if err != nil {
						t.Fatal(err)
					}
					_, grad, err := evaluate(obj, p)
					if err != nil {
						t.Fatal(err)
					}
					grads[k] = value.Float64s(grad)
				}
				if !floats.EqualApprox(grads[0], grads[1], 1e-11) || floats.Norm(grads[0], 2) == 0 {
					t.Errorf("%s, saved at %v, result %d: gradient %v, inline %v", m.Name, times, i, grads[0], grads[1])
				}
			}
		}
	}
}

// TestPathwiseDerivatives compares with those of geometric Brownian motion, whose
// solution X = exp((a - b²/2) + bW) on [0, 1] has ∂X/∂a = X and ∂X/∂b = (W - b)X
// on every path, and the latter a variance.
func TestPathwiseDerivatives(t *testing.T) {
	const paths, a, b = 50, 0.5, 0.7
	noise := &Noise{Seed: 13}
	path := startBrownian(t, paths, 1, false, noise, 0, 1)
	path.prepare(1)
	var want [2]float64
	for _, w := range path.dW() {
		x := math.Exp(a - b*b/2 + b*w)
		want[0] += x / paths
		want[1] += (w - b) * x / paths
	}
	for _, m := range sdeMethods {
		p := graph.NewParams(tensor.Float64)
		times := func(c *graph.Param) Dynamics {
			return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
				n, err := s.Param(c)
				if err != nil {
					return nil, err
				}
				return gorgonia.Mul(z, n)
			}
		}
		drift, diffusion := times(param(t, p, "a", []float64{a}, 1, 1)), times(param(t, p, "b", []float64{b}, 1, 1))
		o, err := NewSolver(Equation{Drift: drift, Diffusion: diffusion, Params: p, T1: 1, Noise: noise}, m, &Settings{FixedSteps: 64})
		if err != nil {
			t.Fatal(err)
		}
		obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			out, err := o.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			return gorgonia.Mean(out[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, grad := lossGradient(t, obj, p, geometricBrownian(a, b).start(paths))
		tol := math.Pow(1./64, m.StrongOrder)
		if !floats.EqualApprox(grad, want[:], tol) {
			t.Errorf("%s: derivatives %v, expected %v within %v", m.Name, grad, want, tol)
		}
	}
}

// TestSDESurplus: with calls to spare, loss and statistics are those of the exact
// number of steps, and so is the gradient but for the order of its sums.
func TestSDESurplus(t *testing.T) {
	times := []float64{0, 0.01, 0.3, 0.31, 1}
	for _, set := range []Settings{
		{},
		{SaveAt: times},
		{SaveAt: times, Memory: Checkpoint},
	} {
		for _, m := range []*SRI{SOSRI2, SRIW1} {
			set.AbsTol, set.RelTol, set.MaxStep = 10, 10, 0.1
			set.Regularizers = regularizersOf(m)
			o, p := netSDE(t, m, 2, 3, &Noise{Seed: 4}, &set)
			z0 := rows(3, 1, 0.5, -0.3, 0.2, 2, -1)
			obj := objectiveOf(t, p, o.Unroll)
			surplus := 0
			for _, span := range []float64{1, 1.3, 1.2, 1} {
				if err := o.SetSpan(0, span); err != nil {
					t.Fatal(err)
				}
				loss, grad := lossGradient(t, obj, p, z0)
				padded := o.Last().Stats
				surplus += roundUp(padded.Accepted) - padded.Accepted

				g, l, d := expandedLoss(t, o, p, z0)
				machine := graph.NewMachine(g)
				if err := machine.Run(); err != nil {
					t.Fatal(err)
				}
				if want := value.Scalar(machine.Value(l)); loss != want {
					t.Errorf("%s, %+v: loss %v in %d calls, %v in %d steps", m.Name, set, loss, roundUp(padded.Accepted), want, padded.Accepted)
				}
				if want := value.Float64s(machine.Value(d)); !floats.EqualApprox(grad, want, 1e-13*(1+floats.Norm(want, 2))) {
					t.Errorf("%s, %+v: gradient %v in %d calls, %v in %d steps", m.Name, set, grad, roundUp(padded.Accepted), want, padded.Accepted)
				}
				if exact := o.Last().Stats; padded != exact {
					t.Errorf("%s: statistics %+v, of the exact number of steps %+v", m.Name, padded, exact)
				}
			}
			if surplus == 0 {
				t.Errorf("%s: no calls to spare", m.Name)
			}
			if c := obj.Cache(); c.Hits == 0 {
				t.Errorf("%s: cache %+v, expected hits", m.Name, c)
			}
		}
	}
}

// TestCachedNoise: while seeds, time spans and save times change, an evaluation
// gives what a new objective gives, bit for bit, on whichever graph of the cache,
// and predicts as Predict does.
func TestCachedNoise(t *testing.T) {
	for _, way := range []Settings{{}, {Memory: Checkpoint}, {Mode: Inline}} {
		way.AbsTol, way.RelTol, way.InitialStep = 10, 10, 0.1
		way.SaveAt = []float64{0, 0.3, 1}
		way.Regularizers = regularizersOf(SOSRI2)
		o, p := netSDE(t, SOSRI2, 2, 3, nil, &way)
		z0 := rows(2, 1, 0.5, -0.3, 0.2)
		cached := objectiveOf(t, p, o.Unroll)
		rng := rand.New(rand.NewPCG(1, 9))
		losses := map[float64]bool{}
		const evaluations = 10
		for k := range evaluations {
			o.SetSeed(uint64(rng.IntN(4)))
			if err := o.SetTimes(0, 1+float64(rng.IntN(2))/2, []float64{0, 0.3 + float64(rng.IntN(2))/100, 1}); err != nil {
				t.Fatal(err)
			}
			loss, grad := lossGradient(t, cached, p, z0)
			losses[loss] = true
			want, wantGrad := lossGradient(t, objectiveOf(t, p, o.Unroll), p, z0)
			if loss != want || !slices.Equal(grad, wantGrad) {
				t.Fatalf("%+v: evaluation %d: loss %v, on a new graph %v; gradients %v, %v", way, k, loss, want, grad, wantGrad)
			}
		}
		if c := cached.Cache(); c.Hits < 3 || c.Misses < 2 || c.Hits+c.Misses != evaluations || len(losses) < 5 {
			t.Errorf("%+v: cache %+v and %d losses, expected hits, misses and many losses", way, c, len(losses))
		}
	}
}

// TestPredictIsObjective: predictor, Predict and objective have the same solution
// for a seed.
func TestPredictIsObjective(t *testing.T) {
	for _, mode := range []Mode{Called, Inline} {
		o, p := netSDE(t, SOSRI, 2, 3, &Noise{Seed: 3}, &Settings{AbsTol: 0.5, RelTol: 0.5, Mode: mode, SaveAt: []float64{0.2, 1}})
		z0 := rows(2, 1, 0.5, -0.3, 0.2)
		obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			out, err := o.Unroll(s, in[0])
			if err != nil {
				return nil, err
			}
			s.Record("solution", out[0])
			return gorgonia.Sum(out[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return o.Unroll(s, in[0]) }, nil)
		if err != nil {
			t.Fatal(err)
		}
		var seeds [2][]float64
		for i := range seeds {
			o.SetSeed(uint64(i))
			want := value.Float64s(predictFrom(t, o, z0).Z)
			seeds[i] = want
			stats := o.Last().Stats
			lossGradient(t, obj, p, z0)
			got := value.Float64s(obj.Recorded("solution")[0])
			if same := slices.Equal(got, want); !same && (mode == Called || !floats.EqualApprox(got, want, 1e-13)) || o.Last().Stats != stats {
				t.Errorf("mode %d: the objective solves to %v, Predict to %v", mode, got, want)
			}
			var report graph.Report
			out, err := pred.With(graph.CallSettings{Report: &report}).Predict(context.Background(), z0)
			if err != nil {
				t.Fatal(err)
			}
			if got := value.Float64s(out[0]); !slices.Equal(got, want) || o.Reported(&report)[0].Stats != stats {
				t.Errorf("mode %d: the predictor solves to %v, Predict to %v", mode, got, want)
			}
		}
		if slices.Equal(seeds[0], seeds[1]) {
			t.Error("two seeds have the same solution")
		}
	}
}

// TestSDEBitsOnAnyProcessors: work is shared among processors without a trace in
// the results.
func TestSDEBitsOnAnyProcessors(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
	const batch, dim, hidden = 300, 24, 40 // several blocks
	z := make([]float64, batch*dim)
	for i := range z {
		z[i] = math.Sin(float64(i))
	}
	for _, set := range []Settings{{FixedSteps: 3}, {FixedSteps: 3, Memory: Checkpoint, SaveAt: []float64{0.5, 1}}} {
		set.Regularizers = regularizersOf(SOSRI2)
		var want string
		for _, procs := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(procs)
			o, p := netSDE(t, SOSRI2, dim, hidden, nil, &set)
			z0 := rows(batch, z...)
			loss, grad := lossGradient(t, objectiveOf(t, p, o.Unroll), p, z0)
			got := fmt.Sprint(loss, grad, value.Float64s(predictFrom(t, o, z0).Z))
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%+v: %d processors change the results", set, procs)
			}
		}
	}
}

package layers_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// goldenFlow is a net 2–3–2 of concat-squash layers as Grathwohl et al. have them,
// whose gate has a bias and whose shift has none, with fixed numbers.
func goldenFlow(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	data := func(x []float64, shape ...int) *gorgonia.Node {
		return gorgonia.Must(s.Data(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))))
	}
	w1, w2 := make([]float64, 6), make([]float64, 6) // (in, out)
	for i := range 3 {
		for j := range 2 {
			w1[j*3+i] = math.Sin(float64(1 + i + 2*j))
			w2[i*2+j] = math.Cos(float64(1 + 2*j + i))
		}
	}
	t, err := s.Time()
	if err != nil {
		return nil, err
	}
	layer := func(x, w, b, gate, gateBias, shift *gorgonia.Node) *gorgonia.Node {
		y := gorgonia.Must(ops.Affine(ops.Identity, x, w, b, nil, nil))
		return gorgonia.Must(ops.Squash(y, gorgonia.Must(ops.TimeAffine(ops.Sigmoid, gate, gateBias, t)), gorgonia.Must(ops.TimeAffine(ops.Identity, shift, nil, t))))
	}
	h := layer(x, data(w1, 2, 3), data([]float64{0.1, -0.2, 0.3}, 3), data([]float64{0.5, -0.4, 0.2}, 3), data([]float64{0.1, 0.2, 0.3}, 3), data([]float64{0.3, 0.1, -0.2}, 3))
	h = gorgonia.Must(ops.Activate(ops.Tanh, h))
	return layer(h, data(w2, 3, 2), data([]float64{0.05, -0.1}, 2), data([]float64{0.3, -0.6}, 2), data([]float64{0.2, 0.1}, 2), data([]float64{-0.1, 0.2}, 2)), nil
}

// penalties are those of Finlay et al.
var penalties = []layers.FlowPenalty{layers.KineticPenalty, layers.JacobianPenalty}

// TestGoldenFlow compares a flow with numbers of an independent program: four steps of
// RK4, the exact trace and a probe (1, −1), the two penalties, and the log-density at
// a tight tolerance.
func TestGoldenFlow(t *testing.T) {
	x := row(0.5, -0.3)
	p := graph.NewParams(tensor.Float64)
	must(p.Add("unused", nil, 1))
	solve := func(e layers.Estimator, seed uint64) (end []float64, kinetic, jacobian float64) {
		c := must(layers.NewCNF(p, layers.LayerFunc(goldenFlow), 2, 0, 1, integrators.RK4, &layers.CNFSettings{
			Estimator: e, Seed: seed, Penalties: penalties, Solver: &integrators.Settings{FixedSteps: 4},
		}))
		s := graph.NewScope(gorgonia.NewGraph(), p)
		start := gorgonia.NewMatrix(s.Graph(), tensor.Float64, gorgonia.WithShape(1, 3), gorgonia.WithValue(row(0.5, -0.3, 0)))
		out := must(c.Expand(s, start))
		m := graph.NewMachine(s.Graph())
		defer m.Close()
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		return value.Float64s(m.Value(out[0])), value.Scalar(m.Value(out[1])), value.Scalar(m.Value(out[2]))
	}
	const tol = 1e-13
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > tol {
			t.Errorf("%s: %v, expected %v", what, got, want)
		}
	}
	end, kinetic, jacobian := solve(layers.Exact, 0)
	near("z₁", end[0], 0.33887976552494775)
	near("z₂", end[1], -0.4444123776086603)
	near("Δ", end[2], 0.0051007447889490475)
	near("∫‖f‖²", 2*kinetic, 0.04901211373640452)
	near("∫‖J‖²", 2*jacobian, 0.2593675841338842)

	found := 0
	for seed := range uint64(8) {
		end, _, jacobian := solve(layers.Rademacher, seed)
		if math.Abs(end[2]-0.10718053820338089) < tol {
			found++
			near("∫‖eᵀJ‖²", 2*jacobian, 0.24746047143353647)
		}
	}
	if found == 0 || found == 8 {
		t.Errorf("Δ of the probe (1, -1) or (-1, 1) came with %d of 8 seeds, expected some", found)
	}

	c := must(layers.NewCNF(p, layers.LayerFunc(goldenFlow), 2, 0, 1, integrators.Vern7, &layers.CNFSettings{
		Solver: &integrators.Settings{AbsTol: 1e-12, RelTol: 1e-12},
	}))
	log := must(c.LogDensity(x))
	if math.Abs(log[0]+1.9991485643791467) > 1e-10 {
		t.Errorf("log p is %v, expected -1.9991485643791467", log[0])
	}
}

func row(x ...float64) gorgonia.Value {
	return tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(x))
}

// squashNet is a net of concat-squash layers.
func squashNet(p *graph.Params, rng *rand.Rand, dim, hidden int) layers.Layer {
	return layers.Chain{
		must(layers.NewConcatSquash(p, "first", dim, hidden, layers.Softplus, rng)),
		must(layers.NewConcatSquash(p, "second", hidden, dim, layers.Identity, rng)),
	}
}

// stockNet is a layer of Gorgonia's operations, as a user writes them.
func stockNet(p *graph.Params, rng *rand.Rand) layers.Layer {
	w := must(p.Add("w", layers.GlorotUniform(rng, 2, 3), 2, 3))
	v := must(p.Add("v", layers.GlorotUniform(rng, 3, 2), 3, 2))
	return layers.LayerFunc(func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		h := gorgonia.Must(gorgonia.Mul(x, gorgonia.Must(s.Param(w))))
		h = gorgonia.Must(gorgonia.HadamardProd(gorgonia.Must(gorgonia.Sin(h)), gorgonia.Must(gorgonia.Sigmoid(h))))
		return gorgonia.Mul(h, gorgonia.Must(s.Param(v)))
	})
}

// flowLoss is the negative log-likelihood with all that the solver and the penalties
// add.
func flowLoss(c *layers.CNF) func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
	return func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) {
		z, delta, err := c.Split(y)
		if err != nil {
			return nil, err
		}
		squares := gorgonia.Must(losses.SumSquaredError(z, gorgonia.Must(s.Data(value.New(tensor.Float64, z.Shape()...)))))
		rows := gorgonia.Must(s.Data(value.New(tensor.Float64, delta.Shape()...)))
		sum := gorgonia.Must(ops.LinComb([]ops.Term{{X: squares, C: 0.5}, {X: gorgonia.Must(losses.SumSquaredError(delta, rows)), C: 3}}, nil, nil))
		terms := []ops.Term{{X: sum, C: 1}}
		for i, r := range c.Regularizers() {
			for _, n := range s.Recorded(r) {
				terms = append(terms, ops.Term{X: n, C: 0.3 + float64(i)})
			}
		}
		return ops.LinComb(terms, nil, nil)
	}
}

// TestFlowGradients compares the gradient of a loss of z, Δ, R_E, R_S and both
// penalties, at fixed steps and a constant scale of E, with differences, for every
// estimator and mode. Store and Checkpoint agree bit for bit.
func TestFlowGradients(t *testing.T) {
	nets := map[string]func(p *graph.Params, rng *rand.Rand) layers.Layer{
		"concat-squash": func(p *graph.Params, rng *rand.Rand) layers.Layer { return squashNet(p, rng, 2, 3) },
		"time dense": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(layers.NewTimeDense(p, "a", 2, 3, layers.Tanh, rng)), must(layers.NewTimeDense(p, "b", 3, 2, layers.Sigmoid, rng))}
		},
		"stock operations": stockNet,
	}
	for name, net := range nets {
		for _, e := range []layers.Estimator{layers.Exact, layers.Rademacher, layers.Gaussian} {
			var stored []float64
			for _, mode := range []struct {
				name string
				integrators.Mode
				integrators.Memory
			}{{"store", integrators.Called, integrators.Store}, {"checkpoint", integrators.Called, integrators.Checkpoint}, {"inline", integrators.Inline, integrators.Store}} {
				var flow *layers.CNF
				grad := checkGradient(t, fmt.Sprintf("%s, %v, %s", name, e, mode.name), func(p *graph.Params, rng *rand.Rand) layers.Layer {
					flow = must(layers.NewCNF(p, net(p, rng), 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{
						Estimator: e, Penalties: penalties, Seed: 5,
						Solver: &integrators.Settings{
							FixedSteps: 2, AbsTol: 1e-3, RelTol: integrators.Zero, Mode: mode.Mode, Memory: mode.Memory,
							Regularizers: []integrators.Regularizer{{Term: integrators.Error}, {Term: integrators.Stiffness}},
						},
					}))
					return flow
				}, func(s *graph.Scope, y *gorgonia.Node) (*gorgonia.Node, error) { return flowLoss(flow)(s, y) })
				if mode.name == "store" {
					stored = grad
				}
				if mode.name == "checkpoint" && !slices.Equal(grad, stored) {
					t.Errorf("%s, %v: Store and Checkpoint differ", name, e)
				}
			}
		}
	}
}

// TestFlowBits: the gradient of a flow is the same, bit for bit, on one, two and four
// processors.
func TestFlowBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []float64
	for _, n := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(n)
		rng := rand.New(rand.NewPCG(3, 1))
		p := graph.NewParams(tensor.Float64)
		c := must(layers.NewCNF(p, squashNet(p, rng, 2, 64), 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Estimator: layers.Gaussian, Penalties: penalties}))
		x := value.New(tensor.Float64, 300, 2)
		value.SetFloat64s(x, normals(rng, 600))
		objective := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := c.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return flowLoss(c)(s, y)
		}, nil))
		_, g, err := evaluate(objective, p, x)
		if err != nil {
			t.Fatal(err)
		}
		if got := value.Float64s(g); want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("another gradient on %d processors", n)
		}
	}
}

func normals(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}

// flow is an untrained flow in two dimensions whose density is far from normal.
func flow(t *testing.T, tol float64) *layers.CNF {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 1))
	p := graph.NewParams(tensor.Float64)
	net := squashNet(p, rng, 2, 8)
	w := p.Vector().Float64s()
	for i := range w {
		w[i] += 0.7 * rng.NormFloat64()
	}
	return must(layers.NewCNF(p, net, 2, 0, 1, integrators.Vern7, &layers.CNFSettings{Solver: &integrators.Settings{AbsTol: tol, RelTol: tol}}))
}

// TestExactDeterminant: Δ = −log|det ∂z(t1)/∂x|, the latter by differences.
func TestExactDeterminant(t *testing.T) {
	c := flow(t, 1e-12)
	for _, x := range [][2]float64{{0.3, -0.8}, {1.5, 0.2}, {-2, 1}} {
		at := func(x [2]float64) []float64 { return value.Float64s(must(c.Trajectory(row(x[:]...), []float64{1}))) }
		const h = 1e-3
		j := mat.NewDense(2, 2, nil)
		for i := range 2 {
			move := func(k float64) []float64 { y := x; y[i] += k * h; return at(y) }
			a, b, d, e := move(1), move(-1), move(2), move(-2)
			for k := range 2 {
				j.Set(k, i, (8*(a[k]-b[k])-(d[k]-e[k]))/(12*h))
			}
		}
		z := at(x)
		want := -math.Log(2*math.Pi) - (z[0]*z[0]+z[1]*z[1])/2 + math.Log(math.Abs(mat.Det(j)))
		if got := must(c.LogDensity(row(x[:]...)))[0]; math.Abs(got-want) > 1e-9 {
			t.Errorf("log p at %v is %v, expected %v", x, got, want)
		}
	}
}

// TestDensityIntegratesToOne sums the density over a grid.
func TestDensityIntegratesToOne(t *testing.T) {
	c := flow(t, 1e-8)
	const n, half = 160, 12.0
	const width = 2 * half / n
	x := make([]float64, 0, 2*n*n)
	for i := range n {
		for k := range n {
			x = append(x, -half+(float64(i)+0.5)*width, -half+(float64(k)+0.5)*width)
		}
	}
	sum := 0.0
	for _, l := range must(c.LogDensity(tensor.New(tensor.WithShape(n*n, 2), tensor.WithBacking(x)))) {
		sum += math.Exp(l) * width * width
	}
	if math.Abs(sum-1) > 1e-3 {
		t.Errorf("the density integrates to %v, expected 1", sum)
	}
}

// TestSampleInverts: what Sample makes of latents, the flow maps back to them.
func TestSampleInverts(t *testing.T) {
	c := flow(t, 1e-10)
	rng := rand.New(rand.NewPCG(1, 1))
	z := normals(rng, 40)
	x := must(c.Sample(tensor.New(tensor.WithShape(20, 2), tensor.WithBacking(slices.Clone(z)))))
	for i, got := range value.Float64s(must(c.Trajectory(x, []float64{1}))) {
		if math.Abs(got-z[i]) > 1e-8 {
			t.Errorf("entry %d comes back as %v, expected %v", i, got, z[i])
		}
	}
}

// TestHutchinson: the mean of the estimates over 10 000 probes is the trace, within
// five standard errors, and their variance is the one of the estimator.
func TestHutchinson(t *testing.T) {
	const rows = 10000
	a := mat.NewDense(3, 3, []float64{1, 2, -0.5, 0.3, -2, 0.7, 1.1, -0.4, 0.6})
	trace, norm, diagonal := mat.Trace(a), 0.0, 0.0
	for i := range 3 {
		for k := range 3 {
			s := (a.At(i, k) + a.At(k, i)) / 2
			norm += s * s
			if i == k {
				diagonal += s * s
			}
		}
	}
	p := graph.NewParams(tensor.Float64)
	for e, variance := range map[layers.Estimator]float64{layers.Exact: 0, layers.Gaussian: 2 * norm, layers.Rademacher: 2 * (norm - diagonal)} {
		d := must(layers.NewDivergence(e, 11))
		predictor := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			w := gorgonia.Must(s.Data(tensor.New(tensor.WithShape(3, 3), tensor.WithBacking(slices.Clone(a.RawMatrix().Data)))))
			trace, _, err := d.Of(s, gorgonia.Must(ops.MatMul(in[0], w, false, false)), in[0])
			return gorgonia.Nodes{trace}, err
		}, nil))
		estimates := value.Float64s(must(predictor.Predict(context.Background(), value.New(tensor.Float64, rows, 3)))[0])
		mean, sd := stat.MeanStdDev(estimates, nil)
		if math.Abs(mean-trace) > 5*math.Sqrt(variance/rows)+1e-12 {
			t.Errorf("%v: mean %v, expected %v", e, mean, trace)
		}
		if math.Abs(sd*sd-variance) > 0.1*variance+1e-12 {
			t.Errorf("%v: variance %v, expected %v", e, sd*sd, variance)
		}
	}
}

// TestProbesOfRows: the noise of a row does not depend on its batch; another seed is
// other noise, and the first one comes again.
func TestProbesOfRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	p := graph.NewParams(tensor.Float64)
	c := must(layers.NewCNF(p, squashNet(p, rng, 2, 8), 2, 0, 1, integrators.RK4, &layers.CNFSettings{
		Estimator: layers.Gaussian, Seed: 3, Solver: &integrators.Settings{FixedSteps: 3},
	}))
	solve := func(rows int) []float64 {
		return value.Float64s(must(c.Predict(value.New(tensor.Float64, rows, 3))).Z)
	}
	five := solve(5)
	if two := solve(2); !slices.Equal(two, five[:6]) {
		t.Errorf("two rows give %v, as the first of five %v", two, five[:6])
	}
	if five[2] == five[5] {
		t.Error("two rows of one state have one probe")
	}
	c.SetSeed(4)
	if again := solve(5); again[2] == five[2] {
		t.Error("another seed gives the same estimate")
	}
	c.SetSeed(3)
	if again := solve(5); !slices.Equal(again, five) {
		t.Error("the first seed gives another estimate")
	}
	c.SetFirstRow(3)
	if part := solve(2); !slices.Equal(part, five[9:]) {
		t.Errorf("rows 3 and 4 give %v, in the batch %v", part, five[9:])
	}
	c.SetFirstRow(0)
	if again := solve(5); !slices.Equal(again, five) {
		t.Error("the first rows give another estimate than before")
	}
}

// TestFreeLogDensity: left out of the error estimate, Δ changes no step.
func TestFreeLogDensity(t *testing.T) {
	steps := func(free bool) (with, without int) {
		rng := rand.New(rand.NewPCG(7, 1))
		p := graph.NewParams(tensor.Float64)
		net := squashNet(p, rng, 2, 8)
		w := p.Vector().Float64s()
		for i := range w {
			w[i] *= 8
		}
		set := &integrators.Settings{AbsTol: 1e-6, RelTol: 1e-6}
		c := must(layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Solver: set, FreeLogDensity: free}))
		must(c.LogDensity(row(0.5, 1)))
		node := must(layers.NewNeuralODE(p, net, 0, 1, integrators.Tsit5, set))
		must(node.Predict(row(0.5, 1)))
		return c.Density.Last().NFE, node.Last().NFE
	}
	if with, without := steps(true); with != without {
		t.Errorf("%d evaluations with a free log-density, expected the %d of the state", with, without)
	}
	if with, without := steps(false); with <= without {
		t.Errorf("%d evaluations with a log-density that counts, expected more than the %d of the state", with, without)
	}
}

// TestBadFlows: one clear error for each.
func TestBadFlows(t *testing.T) {
	x := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(make([]float64, 6)))
	p := graph.NewParams(tensor.Float64)
	rng := rand.New(rand.NewPCG(1, 1))
	square := must(p.Add("square", layers.GlorotUniform(rng, 3, 3), 3, 3))
	relu := must(layers.NewDense(p, "relu", 2, 2, layers.ReLU, rng))
	wide := must(layers.NewDense(p, "wide", 2, 3, layers.Tanh, rng))
	net := squashNet(p, rng, 2, 4)
	for name, c := range map[string]struct {
		f        layers.Layer
		mentions string
		cause    error
	}{
		"rows that depend on each other": {layers.LayerFunc(func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Mul(gorgonia.Must(s.Param(square)), x)
		}), "row 0 of the dynamics depends on row 1", nil},
		"a kink": {relu, "relu", hazard.ErrNoSecondDerivative},
		"a slice": {layers.LayerFunc(func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Tanh(gorgonia.Must(gorgonia.Slice(x, nil, gorgonia.S(0, 2))))
		}), "T[", hazard.ErrNoSecondDerivative},
		"another width": {wide, "(3, 2) to (3, 3)", nil},
	} {
		flow := must(layers.NewCNF(p, c.f, 2, 0, 1, integrators.Tsit5, nil))
		_, err := flow.LogDensity(x)
		if err == nil || !strings.Contains(err.Error(), c.mentions) || c.cause != nil && !errors.Is(err, c.cause) {
			t.Errorf("%s: error %v, expected one of %q", name, err, c.mentions)
		}
	}
	good := must(layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, nil))
	nan := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, math.NaN()}))
	for name, f := range map[string]func() error{
		"without dynamics": func() error { _, err := layers.NewCNF(p, nil, 2, 0, 1, integrators.Tsit5, nil); return err },
		"of 0 dimensions":  func() error { _, err := layers.NewCNF(p, net, 0, 0, 1, integrators.Tsit5, nil); return err },
		"save times": func() error {
			_, err := layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Solver: &integrators.Settings{SaveAt: []float64{1}}})
			return err
		},
		"estimator 3": func() error {
			_, err := layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Estimator: 3})
			return err
		},
		"(1, 3)":           func() error { _, err := good.LogDensity(row(1, 2, 3)); return err },
		"expected (batch,": func() error { _, err := good.Sample(row(1)); return err },
		"flow: nil":        func() error { _, err := good.LogDensity(nil); return err },
		"is a view":        func() error { _, err := good.LogDensity(columns(t, 4)); return err },
		"events": func() error {
			g := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(z) }
			_, err := layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, &layers.CNFSettings{Solver: &integrators.Settings{Events: []integrators.Event{{G: g}}}})
			return err
		},
		"no times":   func() error { _, err := good.Trajectory(x, nil); return err },
		"not finite": func() error { _, err := good.LogDensity(nan); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v, expected one that says so", name, err)
		}
	}
}

// columns returns the first two of so many columns of ones, a view.
func columns(t *testing.T, of int) gorgonia.Value {
	t.Helper()
	all := tensor.Ones(tensor.Float64, 3, of)
	return must(all.Slice(nil, gorgonia.S(0, 2)))
}

// TestFlowInHalfASpace: dynamics that are not defined everywhere are no mixing of rows.
func TestFlowInHalfASpace(t *testing.T) {
	flow := must(layers.NewCNF(graph.NewParams(tensor.Float64), layers.Power(0.5), 1, 0, 1, integrators.Tsit5, &layers.CNFSettings{
		Solver: &integrators.Settings{AbsTol: 1e-10, RelTol: 1e-10},
	}))
	x := tensor.New(tensor.WithShape(2, 1), tensor.WithBacking([]float64{1, 4}))
	got, err := flow.LogDensity(x)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range []float64{1, 4} {
		z := math.Pow(math.Sqrt(x)+0.5, 2) // of z' = √z at t = 1
		want := -z*z/2 - math.Log(2*math.Pi)/2 + math.Log((math.Sqrt(x)+0.5)/math.Sqrt(x))
		if math.Abs(got[i]-want) > 1e-8 {
			t.Errorf("log-density of %v is %v, expected %v", x, got[i], want)
		}
	}
}

// TestPenaltiesAreCopied: what a caller does with the settings later is of no effect.
func TestPenaltiesAreCopied(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	net := squashNet(p, rng, 2, 4)
	x := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 2, 3, 4}))
	penalty := func(change bool) float64 {
		set := &layers.CNFSettings{Penalties: []layers.FlowPenalty{layers.KineticPenalty}}
		flow := must(layers.NewCNF(p, net, 2, 0, 1, integrators.Tsit5, set))
		if change {
			set.Penalties[0] = layers.JacobianPenalty
		}
		o := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			if _, err := flow.Forward(s, in[0]); err != nil {
				return nil, err
			}
			return s.Recorded(integrators.Regularizer{Term: integrators.Integral})[0], nil
		}, nil))
		return must(o.Evaluate(x))
	}
	if got, want := penalty(true), penalty(false); got != want {
		t.Errorf("penalty %v after a change of the settings, expected %v", got, want)
	}
}

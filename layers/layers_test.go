package layers_test

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// applyLayer returns layer(x) for a matrix x.
func applyLayer(t *testing.T, p *graph.Params, l layers.Layer, x *tensor.Dense) []float64 {
	t.Helper()
	pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := l.Forward(s, in[0])
		return gorgonia.Nodes{y}, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return value.Float64s(must(pred.Predict(context.Background(), x))[0])
}

func matrix(rows, cols int, x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(x))
}

// TestDense works one layer out by hand, with each activation.
func TestDense(t *testing.T) {
	softplus := func(x float64) float64 { return math.Log1p(math.Exp(x)) }
	for _, tt := range []struct {
		act layers.Activation
		f   func(float64) float64
	}{
		{layers.Identity, func(x float64) float64 { return x }},
		{layers.Tanh, math.Tanh},
		{layers.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
		{layers.Softplus, softplus},
		{layers.ReLU, func(x float64) float64 { return max(x, 0) }},
		{layers.Exp, math.Exp},
	} {
		p := graph.NewParams(tensor.Float64)
		d := must(layers.NewDense(p, "d", 2, 3, tt.act, rand.New(rand.NewPCG(1, 1))))
		// W = (1 2 3; 4 5 6)/10 and b = (0.1, -0.2, -3).
		p.SetFloat64s([]float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.1, -0.2, -3})
		got := applyLayer(t, p, d, matrix(2, 2, 1, 2, -1, 3))
		want := []float64{1, 1, -1.5, 1.2, 1.1, -1.5}
		for i := range want {
			want[i] = tt.f(want[i])
		}
		near(t, tt.act.String(), got, want, 1e-14)
		if tt.act != layers.Identity { // the same, as two layers
			p := graph.NewParams(tensor.Float64)
			d := must(layers.NewDense(p, "d", 2, 3, layers.Identity, rand.New(rand.NewPCG(1, 1))))
			p.SetFloat64s([]float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.1, -0.2, -3})
			near(t, tt.act.String()+" alone", applyLayer(t, p, layers.Chain{d, layers.Activation(tt.act)}, matrix(2, 2, 1, 2, -1, 3)), want, 1e-14)
		}
	}
}

// TestTimeDense: as dynamics that are (t + 2)·1 whatever the state, from one to
// three the solution grows by 8.
func TestTimeDense(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	f := must(layers.NewTimeDense(p, "f", 1, 1, layers.Identity, rand.New(rand.NewPCG(1, 1))))
	p.SetFloat64s([]float64{0, 1, 2}) // w, wt, b
	node := must(layers.NewNeuralODE(p, f, 1, 3, integrators.Tsit5, nil))
	near(t, "end", applyLayer(t, p, node, matrix(2, 1, 0, 10)), []float64{8, 18}, 1e-12)
}

func TestCube(t *testing.T) {
	got := applyLayer(t, graph.NewParams(tensor.Float64), layers.Cube{}, matrix(1, 3, -2, 0, 0.5))
	near(t, "cube", got, []float64{-8, 0, 0.125}, 0)
}

// TestInitialParameters: Glorot's bound, zero bias, the same seed the same
// weights.
func TestInitialParameters(t *testing.T) {
	declare := func(seed uint64) *graph.Params {
		p := graph.NewParams(tensor.Float64)
		must(layers.NewTimeDense(p, "d", 29, 20, layers.Tanh, rand.New(rand.NewPCG(seed, 0))))
		return p
	}
	p, same, other := declare(1), declare(1).Float64s(), declare(2).Float64s()
	w := p.Float64s()
	bound := math.Sqrt(6. / 50)
	sum, sumSq := 0.0, 0.0
	for i, q := range w {
		if q != same[i] {
			t.Fatalf("entry %d is %v and %v from the same seed", i, q, same[i])
		}
		if i >= 600 {
			if q != 0 {
				t.Errorf("bias %v, expected 0", q)
			}
			continue
		}
		if q == other[i] {
			t.Errorf("entry %d is %v from two seeds", i, q)
		}
		if math.Abs(q) > bound {
			t.Errorf("weight %v, expected within ±%v", q, bound)
		}
		sum, sumSq = sum+q, sumSq+q*q
	}
	// 600 draws of variance bound²/3: the mean within four of its deviations, the
	// second moment within a fifth of itself.
	if variance := bound * bound / 3; math.Abs(sum/600) > 4*math.Sqrt(variance/600) || math.Abs(sumSq/600/variance-1) > 0.2 {
		t.Errorf("mean %v and second moment %v, expected 0 and %v", sum/600, sumSq/600, bound*bound/3)
	}
	for _, name := range []string{"d.w", "d.wt", "d.b"} {
		if p.Lookup(name) == nil {
			t.Errorf("no parameter %q", name)
		}
	}
}

func TestDenseErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	must(layers.NewDense(p, "taken", 1, 1, layers.Tanh, rng))
	for _, tt := range []struct {
		name    string
		p       *graph.Params
		layer   string
		in, out int
		rng     *rand.Rand
		says    []string
	}{
		{"no inputs", p, "a", 0, 3, rng, []string{`"a"`, "from 0 to 3"}},
		{"negative outputs", p, "b", 3, -1, rng, []string{`"b"`, "-1"}},
		{"no randomness", p, "c", 1, 1, nil, []string{`"c"`, "random"}},
		{"no parameters", nil, "d", 1, 1, rng, []string{`"d"`, "parameters"}},
		{"a name twice", p, "taken", 1, 1, rng, []string{"taken"}},
	} {
		for _, make := range []func(*graph.Params, string, int, int, layers.Activation, *rand.Rand) (*layers.Dense, error){layers.NewDense, layers.NewTimeDense} {
			d, err := make(tt.p, tt.layer, tt.in, tt.out, layers.Tanh, tt.rng)
			if err == nil || d != nil {
				t.Errorf("%s: no error", tt.name)
				continue
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%s: error %q does not mention %q", tt.name, err, s)
				}
			}
		}
	}
}

func TestCorrect(t *testing.T) {
	logits := matrix(4, 3,
		1, 2, 0,
		5, 5, 1, // a tie goes to the first
		-3, -2, -1,
		0, 0, 0)
	for _, tt := range []struct {
		labels []uint8
		want   int
	}{
		{[]uint8{1, 0, 2, 0}, 4},
		{[]uint8{1, 1, 2, 0}, 3},
		{[]uint8{0, 1, 0, 1}, 0},
		{[]uint8{9, 0, 9, 9}, 1}, // no class of that number
	} {
		if got := must(layers.Correct(logits, tt.labels)); got != tt.want {
			t.Errorf("%d of labels %v are correct, expected %d", got, tt.labels, tt.want)
		}
	}
	if _, err := layers.Correct(logits, []uint8{1}); err == nil {
		t.Error("one label for four rows: no error")
	}
	if _, err := layers.Correct(tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{1, 2})), []uint8{0, 1}); err == nil {
		t.Error("logits of one dimension: no error")
	}
}

// TestTrainingMemory: hundreds of iterations, in which the parameters and so
// the numbers of steps change, hold no more memory than the first ones.
func TestTrainingMemory(t *testing.T) {
	m := newModel(t, modelSettings{dtype: tensor.Float64, batch: 8, dim: 4, solves: 2,
		solver: integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3, Record: true, Regularizers: regularizers}})
	obj := m.objective(t, &graph.CacheSettings{Graphs: 3}, regularizers...)
	pred := m.predictor(t)
	solver := must(optim.New(optim.Adam{}, &optim.Settings{LearnRate: 0.02}))
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	var before uint64
	var first, last float64
	counts := map[int]bool{}
	for i := range 500 {
		loss, err := obj.Evaluate(m.data(1)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := solver.Step([]gorgonia.ValueGrad{m.params}); err != nil {
			t.Fatal(err)
		}
		counts[m.nodes[1].Last().Accepted] = true
		if _, err := pred.Predict(context.Background(), m.data(2)...); err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			first = loss
		case 50:
			before = heap()
		}
		last = loss
	}
	const slack = 4 << 20
	if after := heap(); after > before+slack {
		t.Errorf("%d bytes on the heap after 50 iterations, %d after 500", before, after)
	}
	if !(last < first/2) {
		t.Errorf("loss %v at first, %v at last: no training", first, last)
	}
	if len(counts) < 2 {
		t.Errorf("always %v steps: nothing said about changing graphs", counts)
	}
}

package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/graph/optim"
	"github.com/regnde/regnde/integrators"
)

// logistic is the model of the tests: logistic regression on points around two
// centres, with inputs jittered by noise that is keyed by seed, iteration and row. It
// solves no differential equation; what it reports as solver statistics are
// numbers that depend on its state, so that runs which differ are seen to.
type logistic struct {
	cfg     Config
	variant Variant
	seed    uint64
	x       [][2]float64
	y       []float64
	w, g    *tensor.Dense // weights and bias, and their gradient
	solver  optim.Optimizer
	hooks   *hooks
	watch   func(integrators.Step) error
}

// hooks let a test look into all models of an experiment. Each may be nil.
type hooks struct {
	solve    func(id runID, it Iteration) error            // before each of the steps of an iteration
	iterate  func(id runID, it Iteration, r *Result) error // after the gradient, before the update
	evaluate func(id runID, epoch int, m *Metrics) error
}

var _ Model = (*logistic)(nil)

func newLogistic(cfg Config, v Variant, seed uint64, h *hooks) (*logistic, error) {
	n := 10
	if cfg.Limit > 0 {
		n = min(n, cfg.Limit)
	}
	solver, err := optim.New(optim.Adam{}, &optim.Settings{LearnRate: cfg.LearnRate})
	if err != nil {
		return nil, err
	}
	m := &logistic{
		cfg: cfg, variant: v, seed: seed, solver: solver, hooks: h,
		w: tensor.New(tensor.WithBacking([]float64{0.1, -0.1, 0})),
		g: tensor.New(tensor.WithBacking(make([]float64, 3))),
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		side := float64(2*(i%2) - 1)
		m.x = append(m.x, [2]float64{side + rng.NormFloat64(), -side + rng.NormFloat64()})
		m.y = append(m.y, float64(i%2))
	}
	return m, nil
}

func (m *logistic) Examples() int { return len(m.x) }

// probability of class 1.
func (m *logistic) probability(x [2]float64) float64 {
	w := m.w.Data().([]float64)
	return 1 / (1 + math.Exp(-(w[0]*x[0] + w[1]*x[1] + w[2])))
}

func crossEntropy(p, y float64) float64 { return -(y*math.Log(p) + (1-y)*math.Log(1-p)) }

func (m *logistic) Iterate(it Iteration) (Result, error) {
	for range m.steps() {
		if h := m.hooks; h != nil && h.solve != nil {
			if err := h.solve(runID{m.variant, m.seed}, it); err != nil {
				return Result{}, err
			}
		}
		if err := m.watch(integrators.Step{Accepted: true}); err != nil {
			return Result{}, errors.Errorf("in layers of other packages: %v", err)
		}
	}
	rng := rand.New(rand.NewPCG(m.seed, uint64(it.Number)))
	g := m.g.Data().([]float64)
	clear(g)
	var r Result
	for range it.First {
		rng.NormFloat64() // of the rows of another rank
	}
	scale := 1 / float64(len(it.Batch))
	for _, i := range it.Batch {
		x := m.x[i]
		if m.variant.Has("steer") {
			x[0] += m.cfg.SteerB * rng.NormFloat64()
		}
		p := m.probability(x)
		r.Loss += scale * crossEntropy(p, m.y[i])
		if p > 0.5 == (m.y[i] > 0.5) {
			r.Correct++
		}
		for j, xj := range []float64{x[0], x[1], 1} {
			g[j] += scale * (p - m.y[i]) * xj
		}
	}
	w := m.w.Data().([]float64)
	if m.variant.Has("ernode") {
		for j := range g {
			g[j] += m.cfg.LambdaError * w[j]
		}
	}
	r.RegError = w[0]*w[0] + w[1]*w[1] + w[2]*w[2]
	r.RegStiff = math.Abs(w[0])
	r.Accepted, r.Rejected = m.steps(), it.Number%2
	r.NFE = 3 + 6*(r.Accepted+r.Rejected)
	r.Graph, r.Forward, r.Backward = 1*time.Millisecond, 2*time.Millisecond, 3*time.Millisecond
	if h := m.hooks; h != nil && h.iterate != nil {
		if err := h.iterate(runID{m.variant, m.seed}, it, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (m *logistic) Gradient() (any, error) { return m.g.Data(), nil }

func (m *logistic) Update() error { return m.solver.Step([]gorgonia.ValueGrad{weights{m}}) }

// steps makes up a number from the weights.
func (m *logistic) steps() int {
	w := m.w.Data().([]float64)
	return 10 + int(100*math.Abs(w[0]))
}

func (m *logistic) Evaluate(epoch int) (Metrics, error) {
	var e Metrics
	for i, x := range m.x {
		x[0] += 0.1
		p := m.probability(x)
		e.TestLoss += crossEntropy(p, m.y[i]) / float64(len(m.x))
		if p > 0.5 == (m.y[i] > 0.5) {
			e.TestAccuracy += 100 / float64(len(m.x))
		}
	}
	var err error
	if e.Prediction, err = m.Predict(); err != nil {
		return e, err
	}
	if h := m.hooks; h != nil && h.evaluate != nil {
		if err := h.evaluate(runID{m.variant, m.seed}, epoch, &e); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (m *logistic) Predict() (Prediction, error) {
	p := Prediction{NFE: 3 + 6*m.steps(), DiffusionNFE: 6 * m.steps(), Accepted: m.steps(), Time: 5 * time.Millisecond}
	for i := range m.steps() {
		if err := m.watch(integrators.Step{Accepted: true}); err != nil {
			return p, err
		}
		h := 1 / float64(m.steps())
		p.Steps = append(p.Steps, integrators.Step{T: float64(i) * h, H: h, E: 0.5, S: 1, Accepted: true})
	}
	return p, nil
}

func (m *logistic) Watch(f func(integrators.Step) error) { m.watch = f }

func (m *logistic) State() (ModelState, error) {
	parameters, err := json.Marshal(m.w.Data())
	return ModelState{Parameters: parameters, Optimizer: m.solver.State()}, err
}

func (m *logistic) Export(w io.Writer) error { return json.NewEncoder(w).Encode(m.w.Data()) }

func (m *logistic) SetState(s ModelState) error {
	w := m.w.Data().([]float64)
	if err := json.Unmarshal(s.Parameters, &w); err != nil {
		return errors.Wrap(err, "parameters")
	}
	return m.solver.SetState(s.Optimizer)
}

// weights are the model's, as the optimizer wants them.
type weights struct{ m *logistic }

func (w weights) Value() gorgonia.Value         { return w.m.w }
func (w weights) Grad() (gorgonia.Value, error) { return w.m.g, nil }

// toy is the experiment of the tests: 10 examples in batches of 4, so 3
// iterations an epoch, the last on 2 examples.
func toy(h *hooks) Experiment {
	quick := Config{
		Epochs: 2, Batch: 4, LearnRate: 0.05, Tol: 1e-6, Method: "tsit5", SteerB: 0.5,
		Weights:    Weights{LambdaError: 0.1, LambdaErrorDecay: 0.1},
		PerVariant: map[Variant]Weights{"steer+ernode": {LambdaError: 0.2}},
		Params:     map[string]float64{"hidden": 3},
		Methods:    map[Variant]string{"srnode": "bs3"},
	}
	paper := quick
	paper.Epochs, paper.Batch, paper.Seeds = 75, 512, []uint64{1, 2, 3}
	return Experiment{
		Name: "toy", Summary: "Logistic regression on ten points.",
		Quick: quick, Paper: paper,
		Parts:   []string{"vanilla", "steer", "taynode", "srnode", "ernode"},
		Default: []Variant{"vanilla", "ernode"},
		Data:    "anything",
		Classes: true,
		Loss:    "cross entropy",
		CheckMethod: func(name string) error {
			if known := []string{"tsit5", "bs3"}; !slices.Contains(known, name) {
				return errors.Errorf("unknown method %q, expected one of %s", name, strings.Join(known, ", "))
			}
			return nil
		},
		New: func(cfg Config, v Variant, seed uint64) (Model, error) {
			if cfg.Data != "" {
				if _, err := os.Stat(cfg.Data); err != nil {
					return nil, err
				}
			}
			return newLogistic(cfg, v, seed, h)
		},
		Fit: func(m Model, v Variant) ([]figure.Panel, error) {
			l := m.(*logistic)
			p := figure.Panel{XLabel: "x₁", YLabel: "x₂"}
			points := figure.Series{Name: "data", Points: true}
			for _, x := range l.x {
				points.X, points.Y = append(points.X, x[0]), append(points.Y, x[1])
			}
			w := l.w.Data().([]float64)
			border := figure.Series{Name: string(v)}
			for _, x := range []float64{-2, 2} {
				border.X, border.Y = append(border.X, x), append(border.Y, -(w[0]*x+w[2])/w[1])
			}
			p.Series = []figure.Series{points, border}
			return []figure.Panel{p}, nil
		},
		Reference: &Reference{
			Title:   "Reported for ten points",
			Columns: []string{"variant", "test accuracy (%)", "NFE"},
			Rows:    [][]string{{"vanilla", "97.94 ± 0.02", "253.0 ± 3.46"}, {"ernode", "97.32 ± 0.06", "177.0"}},
		},
	}
}

// outcome is what a command line gave.
type outcome struct {
	status         int
	stdout, stderr string
}

// runToy draws no figures.
func runToy(ctx context.Context, h *hooks, args ...string) outcome {
	e := toy(h)
	e.noFigures = true
	return experimentRun(ctx, e, args...)
}

func experimentRun(ctx context.Context, e Experiment, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := RunExperiment(ctx, e, args, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

// mustRun trains to the end.
func mustRun(t *testing.T, h *hooks, args ...string) outcome {
	t.Helper()
	o := runToy(t.Context(), h, args...)
	if o.status != exitOK {
		t.Fatalf("%v: status %d, standard error:\n%s", args, o.status, o.stderr)
	}
	return o
}

func readResults(t *testing.T, dir string) Results {
	t.Helper()
	r, err := ReadResults(filepath.Join(dir, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readLog returns log.csv's lines without the last column, the time.
func readLog(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		lines[i] = line[:strings.LastIndex(line, ",")]
	}
	return lines
}

// readStates returns the models of all checkpoints by file name.
func readStates(t *testing.T, dir string) map[string]ModelState {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+checkpointExt))
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[string]ModelState)
	for _, path := range paths {
		c, err := readCheckpoint(path)
		if err != nil {
			t.Fatal(err)
		}
		states[filepath.Base(path)] = c.Model
	}
	return states
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var n []string
	for _, e := range entries {
		n = append(n, e.Name())
	}
	return n
}

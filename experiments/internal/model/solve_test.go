package model

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
	"github.com/regnde/regnde/losses"
)

// TestObserveIsWhatIsPenalized compares what is reported of a solve with the
// values of the regularizers in the graph.
func TestObserveIsWhatIsPenalized(t *testing.T) {
	for _, a := range []integrators.Aggregation{integrators.Sum, integrators.Mean, integrators.Max} {
		cfg := trainer.Config{Dtype: "float64", Tol: 0.1, Method: "sosri2"}
		var want trainer.Result
		params := graph.NewParams(tensor.Float64)
		rng := rand.New(rand.NewPCG(1, 2))
		drift, err := layers.NewDense(params, "drift", 2, 2, layers.Tanh, rng)
		if err != nil {
			t.Fatal(err)
		}
		diffusion, err := layers.NewDense(params, "diffusion", 2, 2, layers.Identity, rng)
		if err != nil {
			t.Fatal(err)
		}
		method, err := SDEMethod(cfg)
		if err != nil {
			t.Fatal(err)
		}
		m := New(cfg, "srnsde+ernsde", 1, Aggregations{a, a})
		p := m.Penalties
		node, err := layers.NewNeuralSDE(params, drift, diffusion, 0, 1, nil, method, m.SolverSettings())
		if err != nil {
			t.Fatal(err)
		}
		x := tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{1, -1}))
		o, err := graph.NewObjective(params, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
			y, err := node.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			return losses.MeanSquaredError(y, in[0])
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Evaluate(x); err != nil {
			t.Fatal(err)
		}
		want.RegError = value.Scalar(o.Recorded(p[0].Regularizer)[0])
		want.RegStiff = value.Scalar(o.Recorded(p[1].Regularizer)[0])

		var got trainer.Result
		m.Solver = node.Solver
		m.observe(&got)
		if n := len(node.Last().Steps); n != got.Accepted+got.Rejected {
			t.Errorf("%v: %d steps of %d accepted and %d rejected", a, n, got.Accepted, got.Rejected)
		}
		if got.Accepted < 3 || got.NFE != 2+4*(got.Accepted+got.Rejected) {
			t.Errorf("%v: %d evaluations in %d accepted and %d rejected steps", a, got.NFE, got.Accepted, got.Rejected)
		}
		if !near(got.RegError, want.RegError) || !near(got.RegStiff, want.RegStiff) {
			t.Errorf("%v: R_E = %v and R_S = %v, in the graph %v and %v", a, got.RegError, got.RegStiff, want.RegError, want.RegStiff)
		}
	}
}

func near(x, y float64) bool { return math.Abs(x-y) <= 1e-14*math.Abs(y) }

// TestNoiseSeedsDiffer draws the seeds of a few runs in training and evaluation.
func TestNoiseSeedsDiffer(t *testing.T) {
	type draw struct {
		run    uint64
		number int
	}
	seen := map[uint64]draw{}
	for run := range uint64(20) {
		for n := -20; n <= 1000; n++ {
			s := NoiseSeed(run, n)
			if d, ok := seen[s]; ok {
				t.Fatalf("%v and %v have the same seed %d", d, draw{run, n}, s)
			}
			seen[s] = draw{run, n}
			if NoiseSeed(run, n) != s {
				t.Fatalf("run %d, draw %d: the seed is not the same again", run, n)
			}
		}
	}
}

// TestAdaptiveSDEMethods: the methods are those that can train, and an unknown one is
// answered with their names.
func TestAdaptiveSDEMethods(t *testing.T) {
	want := []string{"sosri", "sosri2", "sriw1"}
	if got := AdaptiveSDEMethods(); !slices.Equal(got, want) {
		t.Errorf("methods %v, expected %v", got, want)
	}
	if err := CheckSDEMethod("tsit5"); err == nil || !strings.Contains(err.Error(), strings.Join(want, ", ")) {
		t.Errorf("an unknown method: error %v, expected one that lists %v", err, want)
	}
}

func TestCheckSDE(t *testing.T) {
	for _, tt := range []struct {
		method  string
		variant trainer.Variant
		ok      bool
	}{
		{"sosri", "vanilla", true},
		{"SRIW1", "ernsde", true},
		{"sosri2", "srnsde+ernsde", true},
		{"sosri", "srnsde", false},
		{"eulermaruyama", "vanilla", false},
		{"sosra", "vanilla", false},
		{"stratonovichheun", "vanilla", false},
		{"tsit5", "vanilla", false},
	} {
		if err := CheckSDE(trainer.Config{Method: tt.method}, tt.variant); (err == nil) != tt.ok {
			t.Errorf("%s with %s: error %v", tt.variant, tt.method, err)
		}
	}
}

// TestPenaltyOf: penalties are told apart by the parts of the variant.
func TestPenaltyOf(t *testing.T) {
	p := New(trainer.Config{Dtype: "float64"}, "kinetic+jacobian", 1, Aggregations{}).Penalties
	var got []string
	for _, q := range p {
		for _, part := range trainer.FlowParts() {
			if q.Of(part) {
				got = append(got, part)
			}
		}
	}
	if !slices.Equal(got, []string{trainer.Jacobian, trainer.Kinetic}) {
		t.Errorf("penalties of kinetic+jacobian are %v", got)
	}
}

// TestSolverSettings: the configuration decides the solver's settings.
func TestSolverSettings(t *testing.T) {
	for _, tt := range []struct {
		cfg  trainer.Config
		want integrators.Settings
	}{
		{trainer.Config{Tol: 0.1}, integrators.Settings{AbsTol: 0.1, RelTol: 0.1}},
		{trainer.Config{Memory: "checkpoint"}, integrators.Settings{Memory: integrators.Checkpoint}},
		{trainer.Config{Mode: "inline"}, integrators.Settings{Mode: integrators.Inline}},
		{trainer.Config{Estimate: "state"}, integrators.Settings{RoundedEstimate: true}},
	} {
		m := New(tt.cfg, "vanilla", 1, Aggregations{})
		got := m.SolverSettings()
		if !got.Record || got.Observe == nil {
			t.Errorf("%+v: steps are neither recorded nor watched", tt.cfg)
		}
		got.Record, got.Observe = false, nil
		if !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%+v: settings %+v, expected %+v", tt.cfg, *got, tt.want)
		}
	}
}

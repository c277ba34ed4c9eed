package integrators

import (
	stderrors "errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// column1 returns the states (batch, 1).
func column1(x ...float64) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(x), 1), tensor.WithBacking(append([]float64(nil), x...)))
}

// TestRowFailures: the failure of a row names it, in predictions and in training. With
// Partial the other rows come to their ends all the same.
func TestRowFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		z0      []float64
		set     Settings
		row     int
		reasons []error
		t       float64
	}{
		"past a pole":      {[]float64{0.1, 1, -3, 0.2}, Settings{}, 1, []error{ErrStepUnderflow, ErrNonFinite}, 1},
		"initial state":    {[]float64{0.1, 0.2, math.NaN()}, Settings{}, 2, []error{ErrNonFinite}, 0},
		"two rows":         {[]float64{0.1, 1.5, math.Inf(1)}, Settings{}, 1, []error{ErrStepUnderflow, ErrNonFinite}, 2. / 3},
		"too many steps":   {[]float64{0.1, 0.65}, Settings{MaxSteps: 8}, 1, []error{ErrMaxSteps}, 1.2},
		"in the last step": {[]float64{0.1, 1}, Settings{FixedSteps: 10}, 1, []error{ErrNonFinite}, 1.2},
	} {
		t.Run(name, func(t *testing.T) {
			tt.set.Steps, tt.set.SaveAt = PerRow, []float64{0.3, 1, 1.5}
			solver := func() *Solver {
				o, err := NewSolver(Equation{Drift: square, T1: 1.5}, Tsit5, &tt.set)
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			check := func(err error) {
				t.Helper()
				var f *RowFailure
				if !stderrors.As(err, &f) || f.Row != tt.row || !strings.Contains(err.Error(), "row "+string(rune('0'+tt.row))+": ") {
					t.Fatalf("error %v, expected one of row %d", err, tt.row)
				}
				if !slices.ContainsFunc(tt.reasons, func(r error) bool { return stderrors.Is(err, r) }) {
					t.Errorf("error %v, expected one of %v", err, tt.reasons)
				}
				if math.Abs(f.T-tt.t) > 0.5 {
					t.Errorf("failed at %v, expected about %v", f.T, tt.t)
				}
			}
			tt.set.Partial = true
			sol, err := solver().Predict(column1(tt.z0...))
			check(err)
			states := value.Float64s(sol.Z)
			for b, z0 := range tt.z0 {
				alone, err := solver().Predict(column1(z0))
				own := sol.Rows[b]
				if (own.Err == nil) != (err == nil) || own.Saved != alone.Saved || own.T != alone.T || own.Stats != alone.Stats {
					t.Errorf("row %d: %+v, alone %+v and %v", b, own, alone.Stats, err)
				}
				for i := range own.Saved {
					if got, want := states[i*len(tt.z0)+b], value.Float64s(alone.Z)[i]; got != want {
						t.Errorf("row %d at %v is %v, alone %v", b, tt.set.SaveAt[i], got, want)
					}
				}
			}

			tt.set.Partial = false
			o := solver()
			if sol, err = o.Predict(column1(tt.z0...)); sol != nil {
				t.Errorf("a solution %+v with an error", sol)
			}
			var f *RowFailure
			if !stderrors.As(err, &f) {
				t.Errorf("error %v, expected that of a row", err)
			}
			p := graph.NewParams(tensor.Float64)
			start := param(t, p, "start", tt.z0, len(tt.z0), 1)
			if _, _, err := evaluate(objectiveFrom(t, p, start, solver().Unroll), p); !stderrors.As(err, &f) {
				t.Errorf("in training: error %v, expected that of a row", err)
			}
		})
	}
}

// TestRowsThatAreNotFiniteAreRejected: the stages of a rejected attempt that are not
// finite do not spoil the gradients of parameters, to which good rows beside it add.
func TestRowsThatAreNotFiniteAreRejected(t *testing.T) {
	starts := []float64{100, 1, 90, 2, 4, 120, 80, 60}
	for _, memory := range []Memory{Store, Checkpoint} {
		loss := func(z0 ...float64) (Solution, []float64) {
			p := graph.NewParams(tensor.Float64)
			rate := param(t, p, "rate", []float64{-0.7}, 1, 1)
			start := param(t, p, "start", z0, len(z0), 1)
			root := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { // z' = -0.7 √z
				e := &expr{s: s}
				r := e.do(func() (*gorgonia.Node, error) { return s.Param(rate) })
				y := e.apply(gorgonia.Sqrt, z)
				return e.do(func() (*gorgonia.Node, error) { return gorgonia.Mul(y, r) }), e.err
			}
			o, err := NewSolver(Equation{Drift: root, Params: p, T1: 2.2}, Tsit5, &Settings{Steps: PerRow, InitialStep: 2.2, Memory: memory, Record: true,
				AbsTol: 1e-3, RelTol: 1e-3})
			if err != nil {
				t.Fatal(err)
			}
			_, grad, err := evaluate(objectiveFrom(t, p, start, o.Unroll), p)
			if err != nil {
				t.Fatal(err)
			}
			return o.Last(), value.Float64s(grad)
		}
		sol, grad := loss(starts...)
		rejected, sum := 0, 0.0
		for _, s := range sol.Steps {
			if math.IsNaN(s.E) {
				rejected++
			}
		}
		if rejected == 0 {
			t.Errorf("no attempt is not finite, expected some")
		}
		for b, z0 := range starts {
			_, alone := loss(z0)
			if n := float64(len(starts)); n*grad[1+b] != alone[1] { // the loss is a mean
				t.Errorf("row %d: gradient %v, alone %v", b, n*grad[1+b], alone[1])
			}
			sum += alone[0] / float64(len(starts))
		}
		if !scalar.EqualWithinRel(grad[0], sum, 1e-12) {
			t.Errorf("gradient of the parameter is %v, expected the sum %v of those of the rows alone", grad[0], sum)
		}
	}
}

// TestRowsThatDoNotBegin: where no evaluation is left, every row has failed at its start,
// and nothing is evaluated.
func TestRowsThatDoNotBegin(t *testing.T) {
	o, err := NewSolver(Equation{Drift: square, T1: 1}, Tsit5, &Settings{Steps: PerRow, Partial: true, SaveAt: []float64{0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	o.limits = limits{counted: true}
	sol, err := o.Predict(column1(0.1, 0.2))
	if !stderrors.Is(err, ErrMaxEvaluations) {
		t.Fatalf("error %v, expected %v", err, ErrMaxEvaluations)
	}
	for b, r := range sol.Rows {
		if !stderrors.Is(r.Err, ErrMaxEvaluations) || r.NFE != 0 || r.Saved != 0 || r.T != 0 {
			t.Errorf("row %d: %+v, expected %v at the start", b, r, ErrMaxEvaluations)
		}
	}
	if sol.RowEvaluations != 0 {
		t.Errorf("%d evaluations, expected none", sol.RowEvaluations)
	}
}

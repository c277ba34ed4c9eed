package integrators

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// besides returns the field f of the first two columns of a state of three with the
// field size·cos(300·(x + w)) of the last, where x is the first column and w the last.
func besides(f Dynamics, size float64) Dynamics {
	return func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		e := &expr{s: s}
		k := e.do(func() (*gorgonia.Node, error) {
			x, err := ops.Block(z, 0, z.Shape()[0], 0, 2)
			if err != nil {
				return nil, err
			}
			return f(s, x)
		})
		w := e.scale(300, e.add(e.column(z, 0), e.column(z, 2)))
		return e.columns(k, e.scale(size, e.apply(gorgonia.Cos, w))), e.err
	}
}

// threeColumns returns a state (batch, 2) with a third column of 0.5.
func threeColumns(z gorgonia.Value) gorgonia.Value {
	x := value.Float64s(z)
	y := value.New(z.Dtype(), len(x)/2, 3)
	w := make([]float64, 0, len(x)/2*3)
	for i := 0; i < len(x); i += 2 {
		w = append(w, x[i], x[i+1], 0.5)
	}
	value.SetFloat64s(y, w)
	return y
}

// firstTwo returns the first two columns of a matrix of three.
func firstTwo(z gorgonia.Value) (x []float64) {
	for row := range slices.Chunk(value.Float64s(z), 3) {
		x = append(x, row[:2]...)
	}
	return x
}

// TestErrorColumnsSteps: a column that does not count is integrated along, however
// wild, over the steps of the solve without it, bit for bit.
func TestErrorColumnsSteps(t *testing.T) {
	spiral := fields["spiral"].dynamics
	noNoise := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sub(z, z) }
	for _, tt := range []struct {
		m         Method
		diffusion Dynamics
		tol       float64
	}{
		{Tsit5, nil, 1e-5}, {HeunEuler, nil, 1e-3}, {BS3, nil, 1e-3}, {Vern7, nil, 1e-6}, {Dopri8, nil, 1e-6},
		{SOSRI, noNoise, 1e-1}, {SOSRI2, noNoise, 1e-1}, {SRIW1, noNoise, 1e-1},
	} {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			z0 := value.New(dt, 3, 2)
			value.SetFloat64s(z0, []float64{2, 0, 1.1, -0.4, 0.3, 1.5})
			solver := func(f, g Dynamics, columns, maxSteps int) *Solver {
				t.Helper()
				o, err := NewSolver(Equation{Drift: f, Diffusion: g, T1: 1}, tt.m, &Settings{
					AbsTol: tt.tol, RelTol: tt.tol, Record: true, ErrorColumns: columns, MaxSteps: maxSteps,
					StopAt: []float64{0.6}, SaveAt: []float64{0.31, 1},
				})
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			wild := besides(spiral, 100)
			var g Dynamics
			if tt.diffusion != nil {
				g = besides(tt.diffusion, 10)
			}
			want := predictFrom(t, solver(spiral, tt.diffusion, 0, 0), z0)
			got := predictFrom(t, solver(wild, g, 2, 0), threeColumns(z0))
			name := fmt.Sprintf("%T %s, %v", tt.m, tt.m.traits().name, dt)
			if !slices.Equal(got.Steps, want.Steps) || got.Stats != want.Stats || len(want.Steps) < 5 {
				t.Errorf("%s: %+v with a column that does not count, %+v without it", name, got.Stats, want.Stats)
			}
			if x := firstTwo(got.Z); !floats.Equal(x, value.Float64s(want.Z)) {
				t.Errorf("%s: states %v with a column that does not count, %v without it", name, x, value.Float64s(want.Z))
			}
			if all := predictFrom(t, solver(spiral, tt.diffusion, 2, 0), z0); !slices.Equal(all.Steps, want.Steps) {
				t.Errorf("%s: %+v with all columns counted, %+v by default", name, all.Stats, want.Stats)
			}
			if _, err := solver(wild, g, 0, 2*len(want.Steps)).Predict(threeColumns(z0)); !errors.Is(err, ErrMaxSteps) {
				t.Errorf("%s: error %v where the wild column counts, expected %v", name, err, ErrMaxSteps)
			}
		}
	}
}

// TestErrorColumnsRegularizers: regularizers and their gradients are those of the
// columns that count, whichever way a solve is run.
func TestErrorColumnsRegularizers(t *testing.T) {
	estimates := []Regularizer{{Term: Error}, {Term: ErrorSquared, Aggregation: Max}, {Term: Stiffness, Aggregation: Mean}, {Term: KineticEnergy}}
	noNoise := func(_ *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sub(z, z) }
	z0 := rows(3, 2, 0, 1.1, -0.4, 0.3, 1.5)
	for _, tt := range []struct {
		m         Method
		diffusion Dynamics
		tol       float64
	}{{Tsit5, nil, 1e-5}, {Vern7, nil, 1e-5}, {SOSRI2, noNoise, 1e-1}} {
		var first, without []float64
		for _, set := range ways {
			for _, columns := range []int{0, 2} {
				set.AbsTol, set.RelTol, set.ErrorColumns, set.Regularizers = tt.tol, tt.tol, columns, estimates
				p := graph.NewParams(tensor.Float64)
				f, g, z := fusedNet(t, p, 2, 3), tt.diffusion, gorgonia.Value(z0)
				if columns > 0 {
					f, z = besides(f, 100), threeColumns(z0)
					if g != nil {
						g = besides(g, 10)
					}
				}
				o, err := NewSolver(Equation{Drift: f, Diffusion: g, Params: p, T1: 1}, tt.m, &set)
				if err != nil {
					t.Fatal(err)
				}
				obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					out, err := o.Unroll(s, in[0])
					if err != nil {
						return nil, err
					}
					var terms []ops.Term
					for i, r := range out[1:] {
						s.Record(i, r)
						terms = append(terms, ops.Term{X: r, C: float64(i + 1)})
					}
					return ops.LinComb(terms, nil, nil)
				}, nil)
				if err != nil {
					t.Fatal(err)
				}
				loss, grad, err := evaluate(obj, p, z)
				if err != nil {
					t.Fatal(err)
				}
				got := append(value.Float64s(grad), loss)
				for i := range estimates {
					got = append(got, value.Scalar(obj.Recorded(i)[0]))
				}
				name := fmt.Sprintf("%s, mode %d, memory %d, %d columns", o.traits.name, set.Mode, set.Memory, columns)
				if without == nil {
					without = got
				}
				if !floats.EqualApprox(got, without, 1e-9) {
					t.Errorf("%s: gradient, loss and regularizers %v, without the column %v", name, got, without)
				}
				switch {
				case columns > 0 && first == nil:
					first = got
				case columns > 0 && set.Memory == Checkpoint && !slices.Equal(got, first):
					t.Errorf("%s: gradient, loss and regularizers %v, stored %v", name, got, first)
				}
			}
		}
	}
}

func TestBadErrorColumns(t *testing.T) {
	_, err := NewSolver(Equation{Drift: decay, T1: 1}, Tsit5, &Settings{ErrorColumns: -1})
	says(t, "negative", err, "-1 columns", "positive")
	o, err := NewSolver(Equation{Drift: decay, T1: 1}, Tsit5, &Settings{ErrorColumns: 3})
	if err != nil {
		t.Fatal(err)
	}
	predictFrom(t, o, row(1, 2, 3))
	for range 2 { // nothing is kept of a state that was refused
		_, err = o.Predict(row(1, 2))
		says(t, "more than the state has", err, "3 columns", "(1, 2)", "at most 2")
	}
	_, err = site{o}.Solve([]gorgonia.Value{row(1, 2)})
	says(t, "more than the state has, in training", err, "3 columns", "at most 2")
}

package integrators

import (
	"context"
	"fmt"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestEmptySpan: over no time the solution is the initial state, at every save
// time, with the gradient of the identity, however it is solved.
func TestEmptySpan(t *testing.T) {
	regs := []Regularizer{{Term: Error}, {Term: Error, Aggregation: Mean}, {Term: Error, Aggregation: Max}}
	x := []float64{0.6, -0.8}
	for _, saveAt := range [][]float64{nil, {2}, {2, 2, 2}} {
		for _, set := range []Settings{{}, {FixedSteps: 4}, {Mode: Inline}, {Memory: Checkpoint}} {
			set.SaveAt, set.Regularizers = saveAt, regs
			want := x
			for range max(0, len(saveAt)-1) {
				want = append(want[:len(want):len(want)], x...)
			}
			p := graph.NewParams(tensor.Float64)
			f := fusedNet(t, p, 2, 3)
			ode := func(m *Tableau) *Solver {
				o, err := NewSolver(Equation{Drift: f, Params: p, T0: 2, T1: 2}, m, &set)
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			sde, err := NewSolver(Equation{Drift: f, Diffusion: f, Params: p, T0: 2, T1: 2}, SOSRI, &set)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range []*Solver{ode(Tsit5), ode(Vern7), sde} {
				name := fmt.Sprintf("%s, %d saves, mode %d, memory %d, %d fixed steps", o.traits.name, len(saveAt), set.Mode, set.Memory, set.FixedSteps)
				check := func(way string, got []float64) {
					t.Helper()
					if !floats.Equal(got, want) {
						t.Errorf("%s, %s: %v, expected %v", name, way, got, want)
					}
				}
				sol, err := o.Predict(row(x...))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				check("Predict", value.Float64s(sol.Z))
				if sol.Accepted+sol.Rejected != 0 {
					t.Errorf("%s: %d steps", name, sol.Accepted+sol.Rejected)
				}
				pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return o.Unroll(s, in[0]) }, nil)
				if err != nil {
					t.Fatal(err)
				}
				out, err := pred.Predict(context.Background(), row(x...))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				check("predictor", value.Float64s(out[0]))
				// The loss is |z|²/2 and a term of the parameters.
				obj, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					e := &expr{s: s}
					sum := func(n *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(n) }
					shift := e.do(func() (*gorgonia.Node, error) { return ops.View(s.Theta(), 0, 1, 2) })
					z := e.do(func() (*gorgonia.Node, error) { return gorgonia.Add(in[0], shift) })
					out, err := o.Unroll(s, z)
					if err != nil {
						return nil, err
					}
					l := e.scale(0.5, e.apply(sum, e.mul(out[0], out[0])))
					for _, r := range out[1:] {
						l = e.add(l, r)
					}
					return l, e.err
				}, nil)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // built, and replayed
					if _, err = obj.Evaluate(row(x...)); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					g, err := p.Grad()
					if err != nil {
						t.Fatal(err)
					}
					n := float64(max(1, len(saveAt)))
					theta := p.Float64s()
					grad := make([]float64, p.Len())
					grad[0], grad[1] = n*(x[0]+theta[0]), n*(x[1]+theta[1])
					if got := value.Float64s(g); !floats.EqualApprox(got, grad, 1e-14) {
						t.Errorf("%s: gradient %v, expected %v", name, got, grad)
					}
				}
				g := gorgonia.NewGraph()
				s := graph.NewScope(g, p)
				z := gorgonia.NewTensor(g, tensor.Float64, 2, gorgonia.WithShape(1, 2), gorgonia.WithName("z"), gorgonia.WithValue(row(x...)))
				nodes, err := o.Expand(s, z)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				vm := gorgonia.NewTapeMachine(g)
				if err := vm.RunAll(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				check("Expand", value.Float64s(nodes[0].Value()))
				vm.Close()
			}
		}
	}
}

package layers_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestLargeLayersPerRow compares rows of a batch of 64 with the rows alone, bit by bit,
// through layers whose products are computed in other ways for one row than for many:
// the solution and the gradient by the initial state, while rows end at different steps.
func TestLargeLayersPerRow(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = 64
	for _, c := range []struct {
		dim, hidden int
		dt          tensor.Dtype
		procs       int
	}{
		{50, 50, tensor.Float32, 1},
		{50, 50, tensor.Float64, 2},
		{2, 50, tensor.Float32, 8},
		{784, 100, tensor.Float32, 2},
		{784, 100, tensor.Float64, 1},
	} {
		t.Run(fmt.Sprintf("%d → %d, %v", c.dim, c.hidden, c.dt), func(t *testing.T) {
			runtime.GOMAXPROCS(c.procs)
			rng := rand.New(rand.NewPCG(1, 9))
			rows := make([][]float64, n)
			for i := range rows {
				rows[i] = make([]float64, c.dim)
				for j := range rows[i] {
					rows[i][j] = float64(1+4*(i%3)) * rng.NormFloat64()
				}
			}
			// solve returns the solution of some rows and the gradient by their start.
			solve := func(x ...[]float64) (states, gradient []float64) {
				p, rng := graph.NewParams(c.dt), rand.New(rand.NewPCG(4, 4))
				f := layers.Chain{must(layers.NewTimeDense(p, "a", c.dim, c.hidden, layers.Tanh, rng)), must(layers.NewTimeDense(p, "b", c.hidden, c.dim, layers.Identity, rng))}
				start := must(p.Add("start", func(w []float64) { copy(w, slices.Concat(x...)) }, len(x), c.dim))
				node := must(layers.NewNeuralODE(p, f, 0, 1, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3, Steps: integrators.PerRow}))
				zero := value.New(c.dt, len(x), c.dim)
				obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					z0, err := s.Param(start)
					if err != nil {
						return nil, err
					}
					z, err := node.Forward(s, z0)
					if err != nil {
						return nil, err
					}
					return ops.SquaredError(z, in[0], 1)
				}, nil))
				must(obj.Evaluate(zero))
				z0 := value.New(c.dt, len(x), c.dim)
				value.SetFloat64s(z0, slices.Concat(x...))
				grad := value.Float64s(must(p.Grad()))
				return value.Float64s(must(node.Predict(z0)).Z), grad[start.Offset:][:len(x)*c.dim]
			}
			states, gradient := solve(rows...)
			for b := 0; b < n; b += 7 {
				z, g := solve(rows[b])
				if !slices.Equal(z, states[b*c.dim:(b+1)*c.dim]) {
					t.Errorf("row %d ends elsewhere than alone", b)
				}
				if !slices.Equal(g, gradient[b*c.dim:(b+1)*c.dim]) {
					t.Errorf("row %d has another gradient than alone", b)
				}
			}
		})
	}
}

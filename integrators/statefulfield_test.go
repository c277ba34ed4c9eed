package integrators_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// TestBatchNormInDynamics differentiates two Euler steps of a batch normalization,
// which keeps the statistics of a step in the operation, in all modes. The values
// are those of finite differences, h = 1e-6, on a plain implementation.
func TestBatchNormInDynamics(t *testing.T) {
	norm := func(s *graph.Scope, z *gorgonia.Node) (*gorgonia.Node, error) {
		x, err := gorgonia.Reshape(z, tensor.Shape{3, 1, 1, 1})
		if err != nil {
			return nil, err
		}
		one := value.New(tensor.Float64, 3, 1, 1, 1)
		copy(one.Data().([]float64), []float64{1, 1, 1})
		zero := value.New(tensor.Float64, 3, 1, 1, 1)
		scale, err := s.Data(one)
		if err != nil {
			return nil, err
		}
		shift, err := s.Data(zero)
		if err != nil {
			return nil, err
		}
		y, _, _, _, err := gorgonia.BatchNorm(x, scale, shift, 0.9, 1e-2)
		if err != nil {
			return nil, err
		}
		return gorgonia.Reshape(y, tensor.Shape{3, 1})
	}
	plain := func(z []float64) (sum float64) {
		z = append([]float64(nil), z...)
		for range 2 {
			var mean, variance float64
			for _, x := range z {
				mean += x / 3
			}
			for _, x := range z {
				variance += (x - mean) * (x - mean) / 3
			}
			for i, x := range z {
				z[i] += 0.5 * (x - mean) / math.Sqrt(variance+1e-2)
			}
		}
		for i, x := range z {
			sum += float64(i+1) * x * x
		}
		return sum
	}
	start := []float64{0.2, 0.9, 1.5}
	want := make([]float64, 3)
	for i := range want {
		up, down := append([]float64(nil), start...), append([]float64(nil), start...)
		up[i] += 1e-6
		down[i] -= 1e-6
		want[i] = (plain(up) - plain(down)) / 2e-6
	}
	for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
		for _, memory := range []integrators.Memory{integrators.Store, integrators.Checkpoint} {
			params := graph.NewParams(tensor.Float64)
			z0, err := params.Add("z0", func(x []float64) { copy(x, start) }, 3, 1)
			if err != nil {
				t.Fatal(err)
			}
			ode, err := integrators.NewSolver(integrators.Equation{Drift: norm, Params: params, T1: 1}, integrators.Euler, &integrators.Settings{FixedSteps: 2, Mode: mode, Memory: memory})
			if err != nil {
				t.Fatal(err)
			}
			objective, err := graph.NewObjective(params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
				z, err := s.Param(z0)
				if err != nil {
					return nil, err
				}
				out, err := ode.Unroll(s, z)
				if err != nil {
					return nil, err
				}
				w, err := s.Data(tensor.New(tensor.WithShape(3, 1), tensor.WithBacking([]float64{1, 2, 3})))
				if err != nil {
					return nil, err
				}
				return gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(w, gorgonia.Must(gorgonia.Square(out[0])))))
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			loss, err := objective.Evaluate()
			if err != nil {
				t.Fatal(err)
			}
			grad, err := params.Grad()
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(loss-plain(start)) > 1e-12 {
				t.Errorf("mode %d, memory %d: loss %v, expected %v", mode, memory, loss, plain(start))
			}
			for i, g := range value.Float64s(grad) {
				if math.Abs(g-want[i]) > 1e-6*(1+math.Abs(want[i])) {
					t.Errorf("mode %d, memory %d: gradient %v, expected %v", mode, memory, value.Float64s(grad), want)
					break
				}
			}
		}
	}
}

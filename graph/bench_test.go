package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// BenchmarkMachine builds, differentiates, plans and runs graphs of stock
// nodes. The time per node must not depend on their number.
func BenchmarkMachine(b *testing.B) {
	for _, steps := range []int{100, 1000, 5000} { // 1 000, 10 000 and 50 000 nodes
		b.Run(fmt.Sprint(steps), func(b *testing.B) {
			nodes := 0
			for b.Loop() {
				g := gorgonia.NewGraph()
				graph.Reserve(g, 4*steps)
				x := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(2, 3), gorgonia.WithName("x"), gorgonia.WithInit(gorgonia.Ones()))
				w := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(3, 3), gorgonia.WithName("w"), gorgonia.WithInit(gorgonia.Ones()))
				z := x
				for range steps {
					z = gorgonia.Must(gorgonia.Add(z, gorgonia.Must(gorgonia.Tanh(gorgonia.Must(gorgonia.Mul(z, w))))))
				}
				loss := gorgonia.Must(gorgonia.Sum(z))
				if _, err := graph.Differentiate(loss, x, w); err != nil {
					b.Fatal(err)
				}
				if err := graph.NewMachine(g).RunAll(); err != nil {
					b.Fatal(err)
				}
				nodes = len(g.AllNodes())
			}
			b.ReportMetric(float64(nodes), "nodes")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nodes), "ns/node")
		})
	}
}

// BenchmarkObjective unrolls calls of a small step. The time per call of
// building the graph must not depend on their number.
func BenchmarkObjective(b *testing.B) {
	for _, calls := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprint(calls), func(b *testing.B) {
			p := graph.NewParams(tensor.Float64)
			rng := rand.New(rand.NewPCG(1, 2))
			w, err := p.Add("w", func(w []float64) {
				for i := range w {
					w[i] = 0.1 * rng.NormFloat64()
				}
			}, 3, 3)
			if err != nil {
				b.Fatal(err)
			}
			x := graph.Spec{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{2, 3}}
			f, err := graph.NewFunction("step", p, []graph.Spec{x}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
				n, err := s.Param(w)
				if err != nil {
					return nil, err
				}
				y, err := ops.Affine(ops.Tanh, in[0], n, nil, nil, nil)
				if err != nil {
					return nil, err
				}
				e, err := ops.SquaredError(in[0], y, 1)
				return gorgonia.Nodes{y, e}, err
			})
			if err != nil {
				b.Fatal(err)
			}
			value := random(rng, 2, 3)
			unrolling, total := 0.0, 0.0
			for b.Loop() {
				o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					z := in[0]
					var terms gorgonia.Nodes
					for range calls {
						c, err := f.Call(s, z)
						if err != nil {
							return nil, err
						}
						if z, err = c.Out(0); err != nil {
							return nil, err
						}
						e, err := c.Out(1)
						if err != nil {
							return nil, err
						}
						terms = append(terms, e)
					}
					return ops.Total(0, terms)
				}, nil)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := o.Evaluate(value); err != nil {
					b.Fatal(err)
				}
				t := o.Timing()
				unrolling += t.Graph
				total += t.Graph + t.Forward + t.Reverse
			}
			b.ReportMetric(unrolling*1e9/float64(b.N*calls), "graph-ns/call")
			b.ReportMetric(total*1e9/float64(b.N*calls), "total-ns/call")
		})
	}
}

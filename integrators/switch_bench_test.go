package integrators

import (
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// BenchmarkSwitchNotStiff takes turns with Tsit5 and with a switch from it, which never
// changes, on a neural ODE of the size of the paper's spiral, and reports the quotient
// of the median times of a prediction and of a gradient.
func BenchmarkSwitchNotStiff(b *testing.B) {
	solvers := [2]*Solver{}
	objectives := [2]*graph.Objective{}
	z0 := row(2, 0)
	for i, m := range []Method{Tsit5, AutoTsit5(Rosenbrock23)} {
		p := graph.NewParams(tensor.Float64)
		o, err := NewSolver(Equation{Drift: fusedNet(b, p, 2, 50), Params: p, T1: 1}, m,
			&Settings{AbsTol: 1e-8, RelTol: 1e-8, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness}}})
		if err != nil {
			b.Fatal(err)
		}
		solvers[i], objectives[i] = o, objectiveOf(b, p, o.Unroll)
	}
	for name, run := range map[string]func(i int) error{
		"prediction": func(i int) error { _, err := solvers[i].Predict(z0); return err },
		"gradient":   func(i int) error { _, err := objectives[i].Evaluate(z0); return err },
	} {
		b.Run(name, func(b *testing.B) {
			var times [2][]float64
			for b.Loop() {
				for i := range times {
					start := time.Now()
					if err := run(i); err != nil {
						b.Fatal(err)
					}
					times[i] = append(times[i], float64(time.Since(start)))
				}
			}
			if l := solvers[1].Last(); len(l.Switches) > 0 {
				b.Fatalf("%d changes of method", len(l.Switches))
			}
			var median [2]float64
			for i, t := range times {
				slices.Sort(t)
				median[i] = stat.Quantile(0.5, stat.Empirical, t, nil)
			}
			b.ReportMetric(median[1]/median[0], "of-Tsit5")
		})
	}
}

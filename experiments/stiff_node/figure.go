package main

import (
	"fmt"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// species are the names of the entries of the state.
var species = [dim]string{"A", "B", "C"}

// fit draws the observations with the solution of the model over them, and the steps
// that a method takes that switches.
func fit(tm trainer.Model, v trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*reaction)
	curves, err := m.curves()
	if err != nil {
		return nil, err
	}
	steps, err := m.stepPanel(v)
	return []figure.Panel{curves, steps}, err
}

// smooth is the number of times at which a curve is drawn.
const smooth = 400

// curves draws the three species over time.
func (m *reaction) curves() (figure.Panel, error) {
	p := figure.Panel{XLabel: "time t (s)", YLabel: "concentration / range", LogX: true}
	times := logSpaced(first, end, smooth)
	node, err := m.neuralODE(times)
	if err != nil {
		return p, err
	}
	sol, err := node.Predict(m.start)
	if err != nil {
		return p, err
	}
	learnt := value.Float64s(sol.Z)
	for j, name := range species {
		p.Series = append(p.Series,
			figure.Series{Name: name + ", learnt", X: times, Y: column(learnt, j)},
			figure.Series{Name: name + ", observed", Like: name + ", learnt", Marks: figure.Dots, X: m.times, Y: column(m.seen, j)},
		)
	}
	return p, nil
}

// column returns entry j of states (times, 3).
func column(states []float64, j int) []float64 {
	var y []float64
	for i := j; i < len(states); i += dim {
		y = append(y, states[i])
	}
	return y
}

// stepPanel draws the sizes of the steps that a switch takes.
func (m *reaction) stepPanel(v trainer.Variant) (figure.Panel, error) {
	method := integrators.AutoTsit5(integrators.Rodas5P)
	sol, _, err := m.solveWith(method)
	if err != nil {
		return figure.Panel{}, err
	}
	var p figure.Panel
	trace := trainer.Trace{Variant: v, Seed: m.Seed, Trained: true, Steps: sol.Steps}
	if drawn := trainer.TraceFigure([]trainer.Trace{trace}).Panels; len(drawn) > 0 { // else no step was accepted
		p = drawn[0]
	}
	p.Title = fmt.Sprintf("%s: steps of %s", v, method.Name())
	p.XLabel = "time t (s)"
	if m.clock.logarithmic {
		p.XLabel = "logarithm of the time in s"
	}
	return p, nil
}

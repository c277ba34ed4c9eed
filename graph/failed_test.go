package graph_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/optim"
)

// scaled is the objective mean((w·x)²) of w (1, 2) for the input pair.
func scaled(t *testing.T) (*graph.Params, *graph.Objective) {
	t.Helper()
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { w[0], w[1] = 2, 3 }, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y, err := gorgonia.HadamardProd(in[0], gorgonia.Must(s.Param(w)))
		if err != nil {
			return nil, err
		}
		return ops.MeanSquare(y)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, o
}

// TestNoStepAfterFailedEvaluate fails evaluations in every way, each after one
// that succeeded, and asks for a step: that must not use the gradient of the
// evaluation before, whatever the optimizer.
func TestNoStepAfterFailedEvaluate(t *testing.T) {
	optimizers := []gorgonia.Solver{gorgonia.NewAdamSolver()}
	for _, r := range []optim.Rule{optim.Momentum{}, optim.Adam{}, optim.AdaMax{}, optim.AdaBelief{}} {
		s, err := optim.New(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		optimizers = append(optimizers, s)
	}
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		in     []gorgonia.Value
		before func() error // in the builder of an objective on the same parameters
		want   error
	}{
		{name: "no value", in: nil},
		{name: "nil", in: []gorgonia.Value{nil}},
		{name: "another shape", in: []gorgonia.Value{matrix(1)}},
		{name: "overflow", in: []gorgonia.Value{matrix(1e308, 1)}, want: graph.ErrNonFinite},
		{name: "NaN", in: []gorgonia.Value{matrix(math.NaN(), 1)}, want: graph.ErrNonFinite},
		{name: "error of the builder", before: func() error { return broken }, want: broken},
		{name: "panic of the builder", before: func() error { panic("broken") }},
	} {
		for _, opt := range optimizers {
			p, o := scaled(t)
			if _, err := o.Evaluate(matrix(1, 2)); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Grad(); err != nil {
				t.Fatal(err)
			}
			failing, in := o, tt.in
			if tt.before != nil {
				failing, in = other(t, p, tt.before), []gorgonia.Value{matrix(1, 2)}
			}
			_, err := failing.Evaluate(in...)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s: error %v, expected one of %v", tt.name, err, tt.want)
			}
			err = opt.Step([]gorgonia.ValueGrad{p})
			if _, ours := opt.(*optim.Solver); err == nil || ours && !errors.Is(err, optim.ErrNoGradient) {
				t.Errorf("%s: %T steps with error %v, expected %v", tt.name, opt, err, optim.ErrNoGradient)
			}
			if w := p.Float64s(); !slices.Equal(w, []float64{2, 3}) {
				t.Errorf("%s: parameters %v after a failed step, expected those before", tt.name, w)
			}
			if _, err := o.Evaluate(matrix(1, 2)); err != nil {
				t.Errorf("%s: evaluation afterwards: %v", tt.name, err)
			} else if err := opt.Step([]gorgonia.ValueGrad{p}); err != nil {
				t.Errorf("%s: step afterwards: %v", tt.name, err)
			}
		}
	}
}

// other is an objective on the same parameters whose builder calls before.
func other(t *testing.T, p *graph.Params, before func() error) *graph.Objective {
	t.Helper()
	o, err := graph.NewObjective(p, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
		if err := before(); err != nil {
			return nil, fmt.Errorf("builder: %w", err)
		}
		return ops.MeanSquare(gorgonia.Must(ops.View(s.Theta(), 0, 1, 2)))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/parallel"
	"github.com/regnde/regnde/graph/value"
)

// TestNil calls the exported functions with nil where there should be something.
// The error, or the panic of a function that returns none, names what is missing.
func TestNil(t *testing.T) {
	p, o := scaled(t)
	f := mustFunction(t, p, []graph.Spec{pair}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil })
	predictor, err := graph.NewPredictor(p, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := gorgonia.NewGraph()
	s, m := graph.NewScope(g, p), graph.NewMachine(g)
	loss := gorgonia.Must(ops.MeanSquare(gorgonia.Must(ops.View(s.Theta(), 0, 1, 2))))
	var none *gorgonia.Node
	x := matrix(1, 2)
	var nothing context.Context
	for _, tt := range []struct {
		name     string
		call     func() error
		mentions string
	}{
		{"NewFunction", func() error { return second(graph.NewFunction("f", p, nil, nil)) }, "builder is nil"},
		{"NewPredictor", func() error { return second(graph.NewPredictor(p, nil, nil)) }, "builder is nil"},
		{"NewObjective of nothing", func() error { return second(graph.NewObjective(nil, nil, nil)) }, "parameters"},
		{"NewObjective", func() error { return second(graph.NewObjective(p, nil, nil)) }, "loss is nil"},
		{"Evaluate", func() error { _, err := o.Evaluate(nil); return err }, "value 0 is nil"},
		{"Predict", func() error { return second(predictor.Predict(context.Background(), nil)) }, "value 0 is nil"},
		{"Predict in", func() error { return second(predictor.Predict(nothing)) }, "the context is nil"},
		{"Set", func() error { return f.NewFrame().Set(0, nil) }, `"x"`},
		{"Forward", func() error { return mustFunction(t, nil, []graph.Spec{pair}, identity).NewFrame().Forward() }, `"x"`},
		{"Reverse", func() error { return f.NewFrame().Accumulate(nil, nil, nil) }, "cotangents"},
		{"Call without a scope", func() error { return second(f.Call(nil, loss)) }, "scope is nil"},
		{"Call", func() error { return second(f.Call(s, nil)) }, "argument"},
		{"Call of no node", func() error { return second(f.Call(s, none)) }, `"x" is nil`},
		{"Unroll without a scope", func() error { return second((*graph.Scope)(nil).Unroll(iteration{}, loss)) }, "scope is nil"},
		{"Unroll", func() error { return second(s.Unroll(nil, loss)) }, "site is nil"},
		{"Unroll of no node", func() error { return second(s.Unroll(iteration{}, loss, none)) }, "argument 1 is nil"},
		{"Param", func() error { return second(s.Param(nil)) }, "parameter is nil"},
		{"Differentiate", func() error { return second(graph.Differentiate(nil, loss)) }, "loss is nil"},
		{"Differentiate by nothing", func() error { return second(graph.Differentiate(loss, s.Theta(), none)) }, "node 1"},
		{"SumParts", func() error { return second(graph.SumParts(pair, nil)) }, "call 0"},
		{"SumParts of nothing", func() error { return second(graph.SumParts(pair)) }, "no parts"},
		{"Let", func() error { return m.Let(nil, x) }, "node is nil"},
		{"Let no value", func() error { return m.Let(s.Theta(), nil) }, "does not fit"},
		{"Save", func() error { return p.Save(nil) }, "writer is nil"},
		{"Load", func() error { return p.Load(nil) }, "reader is nil"},

		{"NewScope", func() error { graph.NewScope(nil, p); return nil }, "panic: graph: a scope on a graph that is nil"},
		{"NewMachine", func() error { graph.NewMachine(nil); return nil }, "panic: graph: a machine"},
		{"Record", func() error { s.Record("r", nil); return nil }, `panic: graph: record of a node that is nil as "r"`},
		{"Finite", func() error { value.Finite(nil); return nil }, "panic: value: Finite: v is nil"},
		{"Float64s", func() error { value.Float64s(nil); return nil }, "panic: value: Float64s: v is nil"},
		{"CopyEachRow to", func() error { value.CopyEachRow(nil, nil, x, nil); return nil }, "panic: value: CopyEachRow: dst is nil"},
		{"AddEachRow", func() error { value.AddEachRow(x, nil, nil, nil); return nil }, "panic: value: AddEachRow: src is nil"},
		{"FiniteRow", func() error { value.FiniteRow(nil, 0); return nil }, "panic: value: FiniteRow: v is nil"},
		{"CopyRows to", func() error { value.CopyRows(nil, 0, x); return nil }, "panic: value: CopyRows: dst is nil"},
		{"CopyRows", func() error { value.CopyRows(x, 0, nil); return nil }, "panic: value: CopyRows: src is nil"},
		{"AddRows to", func() error { value.AddRows(nil, 0, x); return nil }, "panic: value: AddRows: dst is nil"},
		{"AddRows", func() error { value.AddRows(x, 0, nil); return nil }, "panic: value: AddRows: src is nil"},
		{"Rows", func() error { value.Rows(nil, 0, 1); return nil }, "panic: value: Rows: v is nil"},
		{"Zero", func() error { value.Zero(nil); return nil }, "panic: value: Zero: v is nil"},
		{"SetScalar", func() error { value.SetScalar(nil, 1); return nil }, "panic: value: SetScalar: v is nil"},
		{"SetFloat64s", func() error { value.SetFloat64s(nil, nil); return nil }, "panic: value: SetFloat64s: v is nil"},
		{"Parallel", func() error { parallel.For(1, 1, nil); return nil }, "panic: parallel: For: f is nil"},
	} {
		if err := orPanic(tt.call); err == nil || !strings.Contains(err.Error(), tt.mentions) {
			t.Errorf("%s of nil: error %v, expected one with %q", tt.name, err, tt.mentions)
		} else if strings.Contains(err.Error(), "panic") != strings.HasPrefix(tt.mentions, "panic") {
			t.Errorf("%s of nil: %v, expected an error", tt.name, err)
		}
	}
}

// TestNilThatIsNothing calls functions for which nil means nothing.
func TestNilThatIsNothing(t *testing.T) {
	p, _ := scaled(t)
	p.SetGrad(nil)
	if _, err := p.Grad(); err == nil {
		t.Error("a gradient that is nil, expected an error")
	}
	if v := graph.NewMachine(gorgonia.NewGraph()).Value(nil); v != nil {
		t.Errorf("value %v of no node, expected none", v)
	}
	graph.Reserve(nil, 10)
	if s := graph.NewScope(gorgonia.NewGraph(), nil); s.Theta() != nil || s.At(nil).Theta() != nil {
		t.Error("a parameter vector without parameters")
	}
	if _, err := graph.NewParams(tensor.Float64).Add("w", nil, 1); err != nil {
		t.Error(err)
	}
}

func identity(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil }

func second[T any](_ T, err error) error { return err }

// orPanic returns the error of f, or its panic as one that says so.
func orPanic(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f()
}

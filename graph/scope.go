package graph

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/ops"
)

// A Scope is where a builder works: the graph that nodes are added to, the
// parameters as nodes of that graph and, inside dynamics, the time.
type Scope struct {
	g       *gorgonia.ExprGraph
	params  *Params
	theta   *gorgonia.Node
	views   map[*Param]*gorgonia.Node
	time    *gorgonia.Node
	timed   *bool // whether the time was asked for
	exact   *bool // whether RowExact was asked for, of the function
	context gorgonia.Nodes
	outer   *outer // outer graph of the scope, nil inside a function
	// instance is that of a predictor whose expression is added, nil if it is none.
	instance *instance
	records  map[any]gorgonia.Nodes
}

// errNoScope is the error of what a layer asks of no scope.
var errNoScope = errors.New("scope is nil, expected that of the graph")

// NewScope opens a scope on a graph of the caller's, with the parameters as
// input "theta" bound to their values. params may be nil. It panics if g is.
func NewScope(g *gorgonia.ExprGraph, params *Params) *Scope {
	return newScope(g, params, "")
}

func newScope(g *gorgonia.ExprGraph, params *Params, salt string) *Scope {
	if g == nil {
		panic("graph: a scope on a graph that is nil")
	}
	reserve(g, 256)
	s := &Scope{g: g, params: params, views: map[*Param]*gorgonia.Node{}, exact: new(bool), records: map[any]gorgonia.Nodes{}}
	if params != nil && params.Len() > 0 {
		s.theta = gorgonia.NewVector(g, params.dtype, gorgonia.WithShape(params.Len()), gorgonia.WithName("theta"+salt))
		// The node holds the values themselves, not a copy.
		if err := gorgonia.UnsafeLet(s.theta, params.Value()); err != nil {
			panic(err) // the shape is right by construction
		}
	}
	return s
}

// Graph returns the expression graph.
func (s *Scope) Graph() *gorgonia.ExprGraph { return s.g }

// Theta returns the node of the flat parameter vector, nil if there are no
// parameters.
func (s *Scope) Theta() *gorgonia.Node { return s.theta }

// Param returns the node of a parameter, a view of the vector.
func (s *Scope) Param(p *Param) (*gorgonia.Node, error) {
	if s == nil {
		return nil, errNoScope
	}
	if p == nil {
		return nil, errors.New("parameter is nil, expected one of the graph's")
	}
	if n, ok := s.views[p]; ok {
		return n, nil
	}
	if p.owner != s.params.root() || s.theta == nil {
		return nil, errors.Errorf("parameter %q belongs to another set, expected the graph's", p.Name)
	}
	n, err := ops.View(s.theta, p.Offset, p.Shape...)
	if err != nil {
		return nil, errors.Wrapf(err, "parameter %q", p.Name)
	}
	s.views[p] = n
	return n, nil
}

// Time returns the time at which dynamics are evaluated, a scalar of the
// state's element type or, where each row has a time of its own, a column
// (batch, 1). Outside dynamics there is none, which is an error.
func (s *Scope) Time() (*gorgonia.Node, error) {
	if s == nil {
		return nil, errNoScope
	}
	if s.time == nil {
		return nil, errors.New("a time-dependent layer is used where there is no time, expected in the dynamics of a differential equation")
	}
	*s.timed = true
	return s.time, nil
}

// Timed reports whether the time of the scope has been asked for.
func (s *Scope) Timed() bool { return s.timed != nil && *s.timed }

// PerRow reports whether every row has a time of its own, and so steps: what dynamics
// integrate beside their state is then a column (batch, 1), and a row must not depend on
// its place in the batch.
func (s *Scope) PerRow() bool { return s != nil && s.time != nil && len(s.time.Shape()) == 2 }

// At returns a scope on the same graph and parameters with another time.
func (s *Scope) At(t *gorgonia.Node) *Scope {
	c := *s
	c.time, c.timed = t, new(bool)
	return &c
}

// Context returns the i-th of the nodes that dynamics are given beside state and time,
// constant along a solution: those that a solver was handed with the initial state.
// The error says what there is.
func (s *Scope) Context(i int) (*gorgonia.Node, error) {
	switch {
	case s == nil:
		return nil, errNoScope
	case i < 0 || i >= len(s.context):
		return nil, errors.Errorf("context %d is asked for where there are %d, expected it beside the initial state", i, len(s.context))
	}
	return s.context[i], nil
}

// WithContext returns a scope on the same graph and parameters with another context.
func (s *Scope) WithContext(context ...*gorgonia.Node) *Scope {
	c := *s
	c.context = context
	return &c
}

// RowExact asks for products that give a row the same bits whatever other rows are in
// the batch and however many, in the Function whose builder asks: layers and their
// gradients with respect to rows, beside which no operation of package ops mixes rows
// or depends on their number unless it sums over them. Otherwise products of few
// multiply-adds have an order of sums of their own. It has no effect elsewhere.
func (s *Scope) RowExact() { *s.exact = true }

// Record keeps a node under a key, a comparable value of any type, for whoever
// builds the loss: a layer's regularizers, under their own values. It panics if n
// is nil.
func (s *Scope) Record(key any, n *gorgonia.Node) {
	if n == nil {
		panic(fmt.Sprintf("graph: record of a node that is nil as %q", fmt.Sprint(key)))
	}
	s.records[key] = append(s.records[key], n)
}

// Recorded returns the nodes recorded under a key, in order.
func (s *Scope) Recorded(key any) gorgonia.Nodes { return s.records[key] }

// checkNodes fails unless the loss and what is recorded are nodes of the graph.
func (s *Scope) checkNodes(loss *gorgonia.Node) error {
	if err := inGraph(s.g, loss); err != nil {
		return errors.Wrap(err, "loss")
	}
	for key, nodes := range s.records {
		for _, n := range nodes {
			if err := inGraph(s.g, n); err != nil {
				return errors.Wrapf(err, "record %q", fmt.Sprint(key))
			}
		}
	}
	return nil
}

// Predicting reports whether the graph only predicts: no gradient will be
// asked for, and nothing that serves one need be added.
func (s *Scope) Predicting() bool { return s.instance != nil }

// Data adds an input bound to v under a name of its own. The node refers to v:
// what is written there later is what the next run reads. Noise, step sizes and
// other numbers that are not differentiated enter a graph this way, never as
// constants, which Gorgonia merges by their printed value.
func (s *Scope) Data(v gorgonia.Value) (*gorgonia.Node, error) {
	switch {
	case s == nil:
		return nil, errNoScope
	case v == nil:
		return nil, errors.New("data is nil, expected a value")
	}
	reserve(s.g, 256)
	n, err := Spec{Name: fmt.Sprintf("data %d", operation.Identity()), Dtype: v.Dtype(), Shape: v.Shape()}.node(s.g, "")
	if err != nil {
		return nil, err
	}
	if err := gorgonia.UnsafeLet(n, v); err != nil {
		return nil, errors.Wrap(err, "data")
	}
	return n, nil
}

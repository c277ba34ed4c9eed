package graph

import (
	"sync"

	"gorgonia.org/gorgonia"
)

// A Site is a place in an outer graph whose structure depends on values: the
// solution of a differential equation by an adaptive integrator. Sites that
// compare equal are one.
type Site interface {
	// Begin keeps the site for one evaluation, the reverse pass included, and fails
	// with the cause ErrInUse if another one has it. End gives it free.
	Begin() error
	End()
	// Solve computes numerically, from the values of the arguments.
	Solve(in []gorgonia.Value) (Solved, error)
	// Instance returns what solves for one of the predictions that are made at a time.
	// It shares nothing with others that they write to. params returns what it has in
	// place of the parameters of the site, and the locker is to be held while an
	// expression is traced.
	Instance(params func(*Params) *Params, tracing sync.Locker) SiteInstance
	// Output describes the first result of Solve's Emit, which is that of
	// SiteInstance.Predict.
	Output(in []Spec) (Spec, error)
}

// A SiteInstance solves for the predictions in one instance of a predictor.
type SiteInstance interface {
	// Predict computes the result alone, without what a gradient would need, and notes
	// the outcome in the prediction, of a solve that failed as well.
	Predict(p *Prediction, in []gorgonia.Value) (gorgonia.Value, error)
}

// Solved is the outcome of a numeric solve, ready to become part of a graph.
type Solved interface {
	// Structure identifies the nodes that Emit adds: outcomes of equal structure
	// are interchangeable in a graph.
	Structure() string
	// Adapt takes the structure of another outcome of the site, which Structure
	// returns from then on, and reports whether it can, as a solve of few steps can
	// be a part of a graph of more. It is called before Emit.
	//
	// An objective with many sites asks for that: graphs are told apart by the
	// structures of all sites together, so that even if each is one of a few, hardly
	// any combination comes up twice.
	Adapt(structure string) bool
	// Emit adds the nodes, and returns the results and a function that binds
	// another outcome of the same structure to them.
	Emit(s *Scope, in gorgonia.Nodes) (out gorgonia.Nodes, bind func(Solved), err error)
	// Release gives up what the outcome holds.
	Release()
}

// manySites is the number of sites from which on outcomes adapt.
const manySites = 3

// adapt makes v, the outcome of site k, one of the structure that the site has in
// u, if it can.
func (u *outer) adapt(v Solved, k int) {
	if u != nil && len(u.sites) >= manySites && k < len(u.sites) && v.Structure() != u.sites[k].structure {
		v.Adapt(u.sites[k].structure)
	}
}

package integrators

import (
	"slices"
	"sync"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// instance is a solver for the predictions that one instance of a predictor makes, one
// at a time: a copy with compiled functions of its own. Every solve takes the times and
// the noise of the solver that it is a copy of, as they are then.
type instance struct {
	*Solver
	of *Solver
}

var _ graph.SiteInstance = (*instance)(nil)

// Instance returns a copy of the solver for the predictions that are made one at a
// time.
func (o site) Instance(params func(*graph.Params) *graph.Params, tracing sync.Locker) graph.SiteInstance {
	o.times.Lock()
	defer o.times.Unlock()
	return &instance{Solver: o.copy(params, tracing), of: o.Solver}
}

// copy returns a solver like s that has compiled nothing yet.
func (s *Solver) copy(params func(*graph.Params) *graph.Params, tracing sync.Locker) *Solver {
	c := &Solver{
		equation: s.equation, noise: s.noise, method: s.method, traits: s.traits, settings: s.settings,
		control: s.control, integrals: s.integrals, compiled: map[form]*compiled{}, tracing: tracing,
	}
	c.equation.Params = params(s.equation.Params)
	c.settings.SaveAt = slices.Clone(s.settings.SaveAt)
	c.settings.Memory = Checkpoint // frames hold little, as there is no reverse pass
	if s.stiff != nil {
		c.stiff = s.stiff.copy(params, tracing)
		c.stiff.settings.SaveAt = c.settings.SaveAt
	}
	return c
}

// newFunction returns the function of an expression, traced while nobody else traces.
// With steps per row it keeps the bits of rows, of which frames have several numbers.
func (s *Solver) newFunction(name string, params *graph.Params, in []graph.Spec, build graph.Builder) (*graph.Function, error) {
	if s.tracing != nil {
		s.tracing.Lock()
		defer s.tracing.Unlock()
	}
	return graph.NewFunction(name, params, in, func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		if s.settings.Steps == PerRow {
			sc.RowExact()
		}
		return build(sc, in)
	})
}

// follow takes times and noise of another solver.
func (s *Solver) follow(of *Solver) {
	of.times.Lock()
	defer of.times.Unlock()
	s.noise = of.noise
	s.settings.StopAt = of.settings.StopAt // which is replaced, never written to
	s.setTimes(of.equation.T0, of.equation.T1, of.settings.SaveAt)
	s.rowTimes = of.rowTimes // likewise
}

// Predict solves without keeping anything.
func (i *instance) Predict(p *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
	i.follow(i.of)
	if p.Seed != nil {
		i.noise.Seed = *p.Seed
	}
	if p.Keys != nil {
		i.noise.Keys = p.Keys
	}
	i.limits = limits{ctx: p.Context}
	i.limits.evaluations, i.limits.counted = p.EvaluationsLeft()
	i.last = Solution{Event: -1} // of a solve that does not begin
	sol, err := i.Solver.predict(in[0], in[1:])
	i.limits, i.last.Z = limits{}, nil
	p.Note(site{i.of}, i.last.NFE, i.last)
	if err != nil {
		return nil, err
	}
	if i.HasEvents() {
		return i.join(sol), nil
	}
	return sol.Z, nil
}

// Reported returns the outcomes of the solves of s in a prediction, see
// graph.CallSettings. Z is not set.
func (s *Solver) Reported(r *graph.Report) []Solution {
	var all []Solution
	for _, o := range r.Outcomes {
		if o.Site == graph.Site(site{s}) {
			all = append(all, o.Of.(Solution))
		}
	}
	return all
}

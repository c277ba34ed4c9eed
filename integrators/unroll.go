package integrators

import (
	"encoding/binary"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

var (
	_ graph.ExclusiveSite  = site{}
	_ graph.AdaptingSolved = (*run)(nil)
)

// Unroll adds the solution from z0 to the graph of s and returns it, followed
// by one scalar for each of Settings.Regularizers. Inside an objective the
// steps become part of the graph, called ones in a number that is rounded up by
// less than a quarter, so that the graph serves solves of similar length, or to
// that of the graph used before if there are many solves; in a predictor, where
// there are no regularizers, the solve is one operation.
func (o *equation) Unroll(s *graph.Scope, z0 *gorgonia.Node) (gorgonia.Nodes, error) {
	return s.Unroll(site{o}, z0)
}

// Expand adds the solution from the value bound to the input z0 to a graph of
// the caller's, to be looked at or run on any Gorgonia machine, with one call
// for each step. It returns what Unroll does.
func (o *equation) Expand(s *graph.Scope, z0 *gorgonia.Node) (out gorgonia.Nodes, err error) {
	if err := o.claim(); err != nil {
		return nil, err
	}
	defer o.use.End()
	defer o.recovered(&err)
	if s == nil {
		return nil, errors.New("expand: the scope is nil")
	}
	if z0 == nil || z0.Op() != nil || z0.Value() == nil {
		return nil, errors.New("expand: the initial state must be an input with a value")
	}
	solved, err := site{o}.Solve([]gorgonia.Value{z0.Value()})
	if err != nil {
		return nil, err
	}
	r := solved.(*run)
	if out, _, err = r.emit(s, z0, r.exactCalls()); err != nil {
		r.Release()
	}
	return out, err
}

// site is an equation as a part of a graph whose structure depends on values.
type site struct{ *equation }

// Begin keeps the equation for one evaluation, with what its reverse pass needs.
func (o site) Begin() error { return o.claim() }

// End gives the equation free.
func (o site) End() { o.use.End() }

// Solve solves numerically, keeping what a graph of the solution needs.
func (o site) Solve(in []gorgonia.Value) (graph.Solved, error) {
	s, err := o.solverFor(in[0])
	if err != nil {
		return nil, o.failed(err)
	}
	r := s.newRun(in[0], true)
	if err := r.solve(); err != nil {
		r.Release()
		return nil, o.failed(err)
	}
	return r, nil
}

// Predict solves without keeping anything.
func (o site) Predict(in []gorgonia.Value) (gorgonia.Value, error) {
	sol, err := o.equation.Predict(in[0])
	if err != nil {
		return nil, err
	}
	return sol.Z, nil
}

// Output describes the solution from an initial state.
func (o site) Output(in []graph.Input) (graph.Input, error) {
	if len(in) != 1 || len(in[0].Shape) != 2 {
		return graph.Input{}, errors.Errorf("%s: initial state %v, expected a matrix (batch, dim)", o.name(), in)
	}
	m := in[0].Shape[0]
	if n := len(o.settings.SaveAt); n > 0 {
		m *= n
	}
	return graph.Input{Name: o.name(), Dtype: in[0].Dtype, Shape: tensor.Shape{m, in[0].Shape[1]}}, nil
}

// calls returns the number of steps of the graph of the run in an objective.
func (r *run) calls() int {
	n := r.exactCalls()
	if r.o.settings.Mode == Inline || r.o.settings.FixedSteps > 0 {
		return n
	}
	return max(r.padded, roundUp(n))
}

// exactCalls is the number of calls that hold the steps: a solve over no time is
// one call that is no step.
func (r *run) exactCalls() int {
	if r.o.settings.Mode == Inline {
		return len(r.steps)
	}
	return max(1, len(r.steps))
}

// Adapt takes the structure of a solve of more steps, up to four times as many and
// a few.
func (r *run) Adapt(structure string) bool {
	if r.o.settings.Mode == Inline || r.o.settings.FixedSteps > 0 {
		return false
	}
	own := r.calls()
	same := len(r.Structure()) - len(binary.AppendUvarint(nil, uint64(own))) // all but the calls
	if len(structure) < same || structure[:same] != r.Structure()[:same] {
		return false
	}
	n, size := binary.Uvarint([]byte(structure[same:]))
	if size != len(structure)-same || n < uint64(own) || n > uint64(4*own+8) {
		return false
	}
	r.padded = int(n)
	return true
}

// Structure identifies the graph of the run: the state's form, the number of
// calls or, inline, the number of steps and the save times served by each.
func (r *run) Structure() string {
	b := append(make([]byte, 0, 16), byte(r.o.settings.Mode), byte(r.dtype.Size()))
	for _, n := range []int{r.batch, r.dim, r.calls()} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	if r.o.settings.Mode == Inline && len(r.o.settings.SaveAt) > 0 {
		b = binary.AppendUvarint(b, uint64(r.first))
		for _, st := range r.steps {
			b = binary.AppendUvarint(b, uint64(len(st.theta)))
			b = binary.AppendUvarint(b, uint64(st.end))
		}
	}
	if r.o.settings.Mode == Inline {
		for i := range r.steps {
			if r.steps[i].begin != nil {
				b = binary.AppendUvarint(append(b, 'b'), uint64(i))
			}
		}
	}
	return string(b)
}

// Emit adds the run to the graph of s.
func (r *run) Emit(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, func(graph.Solved), error) {
	return r.emit(s, in[0], r.calls())
}

// emit adds the run to the graph of s as n steps.
func (r *run) emit(s *graph.Scope, z *gorgonia.Node, n int) (gorgonia.Nodes, func(graph.Solved), error) {
	var em emitter = &calls{solver: r.solver, s: s, n: n}
	if r.o.settings.Mode == Inline {
		em = &inlined{run: r, s: s}
	}
	from, err := em.begin(z)
	if err != nil {
		return nil, nil, err
	}
	terms := make([]gorgonia.Nodes, len(r.o.settings.Regularizers))
	for i := range n {
		st, err := em.step(i, from)
		if err != nil {
			return nil, nil, err
		}
		from = st.end
		for j, t := range st.terms {
			terms[j] = append(terms[j], t)
		}
	}
	if z = from.z; len(r.o.settings.SaveAt) > 0 {
		if z, err = em.saved(); err != nil {
			return nil, nil, err
		}
	}
	a := aggregation{s: s}
	out := gorgonia.Nodes{z}
	for j, reg := range r.o.settings.Regularizers {
		n, err := a.add(reg, terms[j], r.dtype)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, n)
	}
	bind := func(r *run) {
		em.bind(r)
		a.bind(len(r.steps))
	}
	bind(r)
	return out, func(s graph.Solved) { bind(s.(*run)) }, nil
}

// emitter writes a run into a graph in one of the modes.
type emitter interface {
	begin(z *gorgonia.Node) (point, error)
	// step adds step i.
	step(i int, from point) (*step, error)
	// saved adds the matrix of the states at the save times, after all steps.
	saved() (*gorgonia.Node, error)
	// bind puts a run in the place of the graph.
	bind(r *run)
}

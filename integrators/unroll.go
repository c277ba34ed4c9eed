package integrators

import (
	"encoding/binary"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

var (
	_ graph.Site   = site{}
	_ graph.Solved = (*solve)(nil)
)

// Unroll adds the solution from z0 to the graph of s and returns it, followed
// by one scalar for each of Settings.Regularizers and, with Settings.Events, the
// time at which it ends, as dynamics see it: the difference from Settings.TimeOrigin,
// a scalar of the element type of the state. Inside an objective the
// steps become part of the graph, called ones in a number that is rounded up by
// less than a quarter, so that the graph serves solves of similar length, or to
// that of the graph used before if there are many solves, and with steps per row one
// call for all; in a predictor, where
// there are no regularizers, the solve is one operation.
//
// The context is any number of nodes of any shape, which right-hand sides and events
// find as graph.Scope.Context and which stay as they are along the solution; there is
// a gradient of each. It can be what every row of the batch has of its own, as what an
// encoder knows of it. With steps per row every part has as many rows as the state.
func (s *Solver) Unroll(sc *graph.Scope, z0 *gorgonia.Node, context ...*gorgonia.Node) (gorgonia.Nodes, error) {
	out, err := sc.Unroll(site{s}, append(gorgonia.Nodes{z0}, context...)...)
	if err == nil && sc.Predicting() && s.HasEvents() {
		var z, t *gorgonia.Node
		z, t, err = s.split(out[0])
		out = gorgonia.Nodes{z, t}
	}
	return out, err
}

// Expand adds the solution from the value bound to the input z0, in the context of
// such inputs, to a graph of the caller's, to be looked at or run on any Gorgonia
// machine, with one call for each step, or for all if rows have steps of their own. It returns
// what Unroll does.
func (s *Solver) Expand(sc *graph.Scope, z0 *gorgonia.Node, context ...*gorgonia.Node) (out gorgonia.Nodes, err error) {
	if err := s.claim(); err != nil {
		return nil, err
	}
	defer s.use.End()
	defer s.recovered(&err)
	if sc == nil {
		return nil, errors.New("expand: the scope is nil")
	}
	given := append(gorgonia.Nodes{z0}, context...)
	values := make([]gorgonia.Value, len(given))
	for i, n := range given {
		if n == nil || n.Op() != nil || n.Value() == nil {
			return nil, errors.New("expand: the initial state and the context must be inputs with values")
		}
		values[i] = n.Value()
	}
	solved, err := site{s}.Solve(values)
	if err != nil {
		return nil, err
	}
	if r, ok := solved.(*rowSolve); ok {
		if out, _, err = r.Emit(sc, given); err != nil {
			r.Release()
		}
		return out, err
	}
	r := solved.(*solve)
	if out, _, err = r.emit(sc, given, true); err != nil {
		r.Release()
	}
	return out, err
}

// site is a solver as a part of a graph whose structure depends on values.
type site struct{ *Solver }

// Begin keeps the solver for one evaluation, with what its reverse pass needs.
func (o site) Begin() error { return o.claim() }

// End gives the solver free.
func (o site) End() { o.use.End() }

// Solve solves numerically, keeping what a graph of the solution needs.
func (o site) Solve(in []gorgonia.Value) (graph.Solved, error) {
	c, err := o.compiledFor(in[0], in[1:])
	if err != nil {
		return nil, o.failed(err)
	}
	if c.perRow() {
		return c.solveRows(in[0], slices.Clone(in[1:]))
	}
	r := c.newSolve(in[0], slices.Clone(in[1:]), true)
	if err := r.run(); err != nil {
		r.Release()
		return nil, o.failed(err)
	}
	return r, nil
}

// Output describes the solution from an initial state.
func (o site) Output(in []graph.Spec) (graph.Spec, error) {
	if len(in) == 0 {
		return graph.Spec{}, errors.Errorf("%s: no initial state, expected a matrix (batch, dim)", o.traits.name)
	}
	if len(in[0].Shape) != 2 {
		return graph.Spec{}, errors.Errorf("%s: initial state of shape %v, expected a matrix (batch, dim)", o.traits.name, in[0].Shape)
	}
	m, n := in[0].Shape[0], in[0].Shape[1]
	return graph.Spec{Name: o.traits.name, Dtype: in[0].Dtype, Shape: tensor.Shape{o.blocks() * m, n}}, nil
}

// calls returns the number of steps of the graph of the solve in an objective.
func (r *solve) calls() int {
	n := r.exactCalls()
	if r.c.solver.settings.Mode == Inline || r.c.solver.settings.FixedSteps > 0 {
		return n
	}
	return max(r.padded, roundUp(n))
}

// exactCalls is the number of calls that hold the steps: a solve over no time is
// one call that is no step.
func (r *solve) exactCalls() int {
	if r.c.solver.settings.Mode == Inline {
		return len(r.steps)
	}
	return max(1, len(r.steps))
}

// Adapt takes the structure of a solve of more steps, up to four times as many and
// a few.
func (r *solve) Adapt(structure string) bool {
	if set := &r.c.solver.settings; set.Mode == Inline || set.FixedSteps > 0 || r.stiff != nil {
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

// Structure identifies the graph of the solve: the state's form, the event, since a
// builder may go on differently after it, the number of calls in each run of one
// method or, inline, the number of steps and the save times served by each.
func (r *solve) Structure() string {
	b := append(make([]byte, 0, 16), byte(r.c.solver.settings.Mode), byte(r.c.dtype.Size()))
	for _, n := range []int{r.c.batch, r.c.dim, r.solution.Event + 1} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	runs := r.runs(false)
	if r.c.solver.stiff != nil { // every run is by another method than the one before
		first := byte('e')
		if runs[0].of(r) != r {
			first = 's'
		}
		b = binary.AppendUvarint(append(b, first), uint64(len(runs)))
	}
	for _, p := range runs {
		b = binary.AppendUvarint(b, uint64(p.calls))
	}
	if r.c.solver.settings.Mode == Inline && r.c.solver.saves() {
		b = binary.AppendUvarint(b, uint64(r.atStart))
		for _, st := range r.steps {
			b = binary.AppendUvarint(b, uint64(len(st.theta)))
			b = binary.AppendUvarint(b, uint64(st.atEnd))
		}
	}
	if r.c.solver.settings.Mode == Inline {
		for i := range r.steps {
			if r.steps[i].first != nil {
				b = binary.AppendUvarint(append(b, 'b'), uint64(i))
			}
		}
	}
	return string(b)
}

// Emit adds the solve to the graph of s.
func (r *solve) Emit(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, func(graph.Solved), error) {
	return r.emit(s, in, false)
}

// emit adds the solve to the graph of s, exactly its steps or in as many calls as its
// structure says.
func (r *solve) emit(s *graph.Scope, in gorgonia.Nodes, exact bool) (gorgonia.Nodes, func(graph.Solved), error) {
	r.c.solver.last = r.solution // of a solve that came before others, perhaps
	var em emitter = &calls{solve: r, scope: s, exact: exact}
	if r.c.solver.settings.Mode == Inline {
		em = &inlined{solve: r, scope: s}
	}
	z := in[0]
	from, err := em.start(z, in[1:])
	if err != nil {
		return nil, nil, err
	}
	terms := make([]gorgonia.Nodes, len(r.c.solver.settings.Regularizers))
	runs := r.runs(exact)
	for k, p := range runs {
		for i := range p.calls {
			st, err := em.step(p, i, k+1 == len(runs) && i+1 == p.calls, from)
			if err != nil {
				return nil, nil, err
			}
			from, from.context = st.end, in[1:]
			for j, t := range st.terms {
				terms[j] = append(terms[j], t)
			}
		}
	}
	z = from.z
	var t *gorgonia.Node
	if r.c.solver.saves() {
		if z, t, err = em.saved(); err != nil {
			return nil, nil, err
		}
	}
	a := aggregation{s: s}
	out := gorgonia.Nodes{z}
	for j, reg := range r.c.solver.settings.Regularizers {
		n, err := a.add(reg, terms[j], r.c.dtype)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, n)
	}
	if t != nil {
		out = append(out, t)
	}
	bind := func(r *solve) {
		em.bind(r)
		a.bind(len(r.steps))
	}
	bind(r)
	return out, func(s graph.Solved) { bind(s.(*solve)) }, nil
}

// emitter writes a solve into a graph in one of the modes.
type emitter interface {
	// start adds what comes before the first step.
	start(z *gorgonia.Node, context gorgonia.Nodes) (point[*gorgonia.Node], error)
	// step adds call i of a run, the last of all or not.
	step(p run, i int, last bool, from point[*gorgonia.Node]) (*step, error)
	// saved adds the matrix of the states at the save times, after all steps, and the
	// time at which the solve ends if it has events, else nil.
	saved() (z, t *gorgonia.Node, err error)
	// bind puts a run in the place of the graph.
	bind(r *solve)
}

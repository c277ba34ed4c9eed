package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// runStep is an accepted step. In a graph it is one call, which also computes
// the rows of the matrix of saved states that belong to the save times within
// its reach. How many these are is no part of the graph.
type runStep struct {
	run   *run
	frame *graph.Frame
	begin *graph.Frame // of a first stage of its own, after a stop time, else nil
	t, h  float64
	clock clock
	z0    gorgonia.Value // where the step starts, once it is executed in a graph

	// The save times served, from the one numbered from on: those at the start
	// of the first step, those within the step, at fractions theta, some for each
	// frame of the dense output, and those at its end.
	from       int
	start, end int
	theta      []float64
	dense      []*graph.Frame
}

var _ graph.Contributor = (*runStep)(nil)

// Execute computes the step and the states within it.
func (st *runStep) Execute(in []gorgonia.Value) error {
	r := st.run
	if st.begin != nil {
		var err error
		if in, err = r.executeFirst(st.begin, in); err != nil {
			return err
		}
	}
	if err := st.frame.Execute(in); err != nil {
		return err
	}
	in = in[r.stateAt(len(in)):]
	st.z0 = in[0]
	if len(st.dense) == 0 {
		return nil
	}
	args := r.denseArgs(st.frame, in[0], in[1])
	if r.denseParams() > 0 {
		args = slices.Insert(args, 0, nil) // as they are
		r.args = args
	}
	for _, fr := range st.dense {
		if err := fr.Execute(args); err != nil {
			return err
		}
	}
	return nil
}

// Out returns the i-th result of the step.
func (st *runStep) Out(i int) gorgonia.Value { return st.frame.Out(i) }

// AddPart adds the saved states to their rows.
func (st *runStep) AddPart(saved gorgonia.Value) error {
	row := st.from * st.run.batch
	add := func(z gorgonia.Value) {
		graph.AddRows(saved, row, z)
		row += st.run.batch
	}
	for range st.start {
		add(st.z0)
	}
	for _, fr := range st.dense {
		for j := range fr.Function().Outputs() {
			add(fr.Out(j))
		}
	}
	for range st.end {
		add(st.frame.Out(0))
	}
	return nil
}

// Accumulate is the reverse pass of the step and of the states within it. The
// cotangent of the saved states comes last.
func (st *runStep) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	s := st.run.solver
	n := len(s.step.Outputs())
	saves := len(cotangents) > n && cotangents[n] != nil && st.start+len(st.dense)+st.end > 0
	if !saves && st.begin == nil {
		return st.frame.Accumulate(cotangents[:n], grads, add)
	}
	w := s.pullback()
	w.reset(cotangents[:n], grads, add)
	if st.begin != nil {
		w.detachFirst()
	}
	if saves {
		if err := st.accumulateSaves(w, cotangents[n]); err != nil {
			return err
		}
	}
	if err := st.frame.Accumulate(w.cots, w.grads, w.add); err != nil || st.begin == nil {
		return err
	}
	return w.first(st.begin)
}

// accumulateSaves takes the cotangent of the saved states through the dense
// output to the results and the arguments of the step.
func (st *runStep) accumulateSaves(w *pullback, saved gorgonia.Value) error {
	rows := w.split(saved)[st.from:]
	for _, y := range rows[:st.start] {
		w.addToStart(y)
	}
	rows = rows[st.start:]
	for _, fr := range st.dense {
		m := len(fr.Function().Outputs())
		if err := w.dense(fr, rows[:m]); err != nil {
			return err
		}
		rows = rows[m:]
	}
	for _, y := range rows[:st.end] {
		w.addToEnd(y)
	}
	return nil
}

func (st *runStep) release() {
	st.frame.Release()
	if st.begin != nil {
		st.begin.Release()
	}
	for _, fr := range st.dense {
		fr.Release()
	}
}

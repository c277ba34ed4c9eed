package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// keptStep is an accepted step. In a graph it is one call, which also computes
// the rows of the matrix of saved states that belong to the save times within
// its reach. How many these are is no part of the graph.
type keptStep struct {
	solve *solve
	frame *graph.Frame
	first *graph.Frame // first stage of its own, after a stop time, else nil
	t, h  float64
	clock clock
	start point[gorgonia.Value] // set when the step is executed in a graph

	// The save times served, from the one numbered save on: those at the start
	// of the first step, those within the step, at fractions theta, some for each
	// frame of the dense output, and those at its end.
	save           int
	atStart, atEnd int
	theta          []float64
	dense          []*graph.Frame

	// Of the step at which a solve with events ends.
	event *ending        // the event, nil if none is in the step
	time  gorgonia.Value // the row of the time, else nil
}

var _ graph.Execution = (*keptStep)(nil)

// Execute computes the step and the states within it.
func (st *keptStep) Execute(in []gorgonia.Value) error {
	c, f := st.solve.c, st.solve.fn.step
	if st.first != nil {
		var err error
		if in, err = c.executeFirst(st.solve.fn, st.first, in); err != nil {
			return err
		}
	}
	if err := st.frame.Execute(in); err != nil {
		return err
	}
	st.start.z = in[f.index(f.in.z)]
	if len(st.dense) == 0 && st.event == nil {
		return nil
	}
	if f.in.k1 != none {
		st.start.k1 = in[f.index(f.in.k1)]
	}
	if f.in.g != none {
		st.start.g = in[f.index(f.in.g):][:f.carried]
	}
	st.start.context = f.context(in)
	args := c.denseArgs(f, st.start, st.frame)
	if c.solver.traits.extra > 0 && c.solver.params() > 0 {
		args = slices.Insert(args, 0, nil) // the parameters, as they are
		c.args = args
	}
	for _, fr := range st.dense {
		if err := fr.Execute(args); err != nil {
			return err
		}
	}
	if st.event == nil {
		return nil
	}
	if err := st.event.frame.Execute(args); err != nil {
		return err
	}
	return st.event.execute(c, st.start.context)
}

// end returns the state at which the step is left.
func (st *keptStep) end() gorgonia.Value {
	if st.event != nil {
		return st.event.state()
	}
	return st.solve.fn.step.end(st.start, st.frame).z
}

// Out returns the i-th result of the step.
func (st *keptStep) Out(i int) gorgonia.Value { return st.frame.Out(i) }

// AddPart adds the saved states to their rows.
func (st *keptStep) AddPart(saved gorgonia.Value) error {
	row := st.save * st.solve.c.batch
	add := func(z gorgonia.Value) {
		value.AddRows(saved, row, z)
		row += st.solve.c.batch
	}
	for range st.atStart {
		add(st.start.z)
	}
	for _, fr := range st.dense {
		for j := range fr.Function().Outputs() {
			add(fr.Out(j))
		}
	}
	for range st.atEnd {
		add(st.end())
	}
	if st.time != nil {
		value.AddRows(saved, row, st.time)
	}
	return nil
}

// Accumulate is the reverse pass of the step and of the states within it. The
// cotangent of the saved states comes last.
func (st *keptStep) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	f := st.solve.fn.step
	n := len(f.Outputs())
	saves := len(cotangents) > n && cotangents[n] != nil && (st.atStart+len(st.dense)+st.atEnd > 0 || st.time != nil)
	if !saves && st.first == nil {
		return st.frame.Accumulate(cotangents[:n], grads, add)
	}
	w := st.solve.c.saveReverse(st.solve.fn)
	w.reset(cotangents[:n], grads, add)
	if st.first != nil {
		w.detachFirst()
	}
	if saves {
		if err := st.accumulateSaves(w, cotangents[n]); err != nil {
			return err
		}
	}
	if err := st.frame.Accumulate(w.cots, w.grads, w.add); err != nil || st.first == nil {
		return err
	}
	return w.first(st.first)
}

// accumulateSaves takes the cotangent of the saved states through the dense
// output to the results and the arguments of the step.
func (st *keptStep) accumulateSaves(w *saveReverse, saved gorgonia.Value) error {
	rows := w.split(saved)[st.save:]
	for _, y := range rows[:st.atStart] {
		w.addToStart(y)
	}
	rows = rows[st.atStart:]
	for _, fr := range st.dense {
		m := len(fr.Function().Outputs())
		if err := w.dense(fr, rows[:m]); err != nil {
			return err
		}
		rows = rows[m:]
	}
	if st.event != nil {
		return st.event.accumulate(w, w.sum(rows[:st.atEnd]), first(rows[st.atEnd]))
	}
	for _, y := range rows[:st.atEnd] {
		w.addToEnd(y)
	}
	return nil
}

func (st *keptStep) release() {
	st.frame.Release()
	if st.first != nil {
		st.first.Release()
	}
	for _, fr := range st.dense {
		fr.Release()
	}
}

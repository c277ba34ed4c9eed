package integrators

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
)

// rowSolve is one solve whose rows take steps of their own.
//
// All rows that have not ended try a step together, in one frame, each over its own time
// and step size. Those whose step is accepted go on from its end, the others from where
// they were. While all rows of the batch are accepted the frame reads the state where
// the last one left it; else the rows are gathered into it, and what was accepted is
// put back. As rows end, frames of fewer rows serve.
//
// In a graph the whole solve is one call of the step, which it stands for: from the
// start of the first attempt to the end of the last.
type rowSolve struct {
	c    *compiled // functions of the whole batch
	fn   functions
	keep bool // whether the attempts are kept for a reverse pass
	live bool // whether the solve is not released

	start, from point[gorgonia.Value] // of all rows, at the start and now
	owned       bool                  // from is one of buffers and nothing else reads it
	buffers     []point[gorgonia.Value]
	held        *graph.Frame // the frame whose results from is, if attempts are not kept

	rows   []progress
	ends   []float64 // where the step that each row tries ends
	next   []int     // the save time of each row that comes next
	active []int     // the rows that have not ended, in order
	failed []error   // why each row failed, nil if it did not
	limits limits    // of the solve, without its context, which is asked once for all rows
	paths  []rowPath // the noise of each row
	inside [][]float64
	e, s   []float64

	choosing []int     // rows whose first step is to be chosen
	probes   []float64 // numbers of each row that choose it

	first    *graph.Frame  // first stage, nil if not evaluated
	trial    *rowAttempt   // the attempt that is made next, in the same frame, nil if in a new one
	attempts []*rowAttempt // those that are kept
	contexts []rowContext  // of frames of fewer rows
	starts   rowPairs      // rows of the saved states that are the state at the start
	bytes    int64
	// frameBytes is the memory of one more frame of all rows.
	frameBytes int64
	made       int // evaluations of single rows, those that fill frames among them

	solved     bool // the attempts hold what was just solved
	aggregates []rowAggregate
	cotangents rowCotangents
	solution   Solution
}

// rowMemory is what a solve leaves for the next one of its form.
type rowMemory struct {
	free     []*rowSolve
	attempts []*rowAttempt
	points   []point[gorgonia.Value]
	contexts [][]gorgonia.Value
	reverse  *rowReverse

	frameBytes int64 // memory of a frame of the step of a solve that is kept
}

// newRowSolve returns a solve from z0 in a context. It fails if there are time spans for
// another number of rows.
func (c *compiled) newRowSolve(z0 gorgonia.Value, context []gorgonia.Value, keep bool) (*rowSolve, error) {
	if n := len(c.solver.rowTimes); n > 0 && n != c.batch {
		return nil, errors.Errorf("time spans for %d rows, expected them for %d", n, c.batch)
	}
	fn, err := c.functionsFor(keep)
	if err != nil {
		return nil, err
	}
	n := c.batch
	var r *rowSolve
	if free := c.rows.free; len(free) > 0 {
		r, c.rows.free = free[len(free)-1], free[:len(free)-1]
	} else {
		r = &rowSolve{
			rows: make([]progress, n), ends: make([]float64, n), next: make([]int, n), failed: make([]error, n),
			e: make([]float64, n), s: make([]float64, n), inside: make([][]float64, n), active: make([]int, 0, n),
		}
	}
	r.c, r.fn, r.keep, r.live = c, fn, keep, true
	if keep {
		r.frameBytes = c.frameBytes(fn.step)
	}
	r.start = point[gorgonia.Value]{z: z0, context: context}
	r.from = r.start
	return r, nil
}

// run solves and notes the outcome. Without Settings.Partial the first row that fails
// ends the solve.
func (r *rowSolve) run() error {
	err := r.begin()
	for err == nil && len(r.active) > 0 {
		err = r.round()
	}
	if r.trial != nil {
		r.giveBack(r.trial)
		r.trial = nil
	}
	r.solved = true
	for i := 0; err == nil && i < len(r.failed); i++ {
		err = r.failed[i]
	}
	r.note()
	return err
}

// round makes an attempt for all active rows.
func (r *rowSolve) round() error {
	if err := r.plan(); err != nil || len(r.active) == 0 {
		return err
	}
	at := r.trial
	if at == nil {
		var err error
		if at, err = r.gather(); err != nil {
			return err
		}
		r.trial = at
	}
	r.set(at)
	if err := at.frame.Forward(); err != nil {
		return err
	}
	r.made += at.c.batch * r.evaluations()
	if err := r.decide(at); err != nil {
		return err
	}
	if len(at.accepted) > 0 {
		r.trial = nil
		return r.accept(at)
	}
	r.retire()
	return nil
}

// plan chooses where the steps of the active rows end.
func (r *rowSolve) plan() error {
	r.limits = r.c.solver.limits.now()
	for _, b := range r.active {
		end, err := r.rows[b].next()
		if err != nil {
			if err = r.lose(b, err); err != nil {
				return err
			}
		}
		r.ends[b] = end
	}
	r.retire()
	return nil
}

// retire takes rows that have ended or failed from the active ones. The frame of the
// next attempt is another one then.
func (r *rowSolve) retire() {
	n := len(r.active)
	r.active = slices.DeleteFunc(r.active, func(b int) bool {
		return r.failed[b] != nil || r.rows[b].t == r.rows[b].t1
	})
	if r.trial != nil && len(r.active) < n {
		r.giveBack(r.trial)
		r.trial = nil
	}
}

// accept goes to the ends of the steps that were accepted.
func (r *rowSolve) accept(at *rowAttempt) error {
	if r.keep {
		r.attempts = append(r.attempts, at)
		r.bytes += at.bytes()
		if !at.own {
			r.owned = false
		}
		if err := r.sanitize(at); err != nil {
			return err
		}
	}
	if err := r.save(at); err != nil {
		return err
	}
	r.move(at)
	for _, b := range at.of {
		if err := r.rows[b].advance(r.ends[b]); err != nil {
			if err = r.lose(b, err); err != nil {
				return err
			}
		}
	}
	if r.paths != nil {
		for _, b := range at.of {
			r.paths[b].tried = false
		}
	}
	if !r.keep {
		if at.whole {
			r.hold(at.frame)
			at.frame = nil
		}
		r.giveBack(at)
	}
	r.retire()
	return nil
}

// move makes the ends of the accepted steps the state of their rows.
func (r *rowSolve) move(at *rowAttempt) {
	end := at.step.end(at.from, at.frame)
	if at.whole {
		r.from, r.owned = end, false
		return
	}
	r.own()
	copyPoint(r.from, at.of, end, at.accepted)
}

// own makes the present point one that can be written.
func (r *rowSolve) own() {
	if r.owned {
		return
	}
	var p point[gorgonia.Value]
	if !r.keep && len(r.buffers) > 0 {
		p = r.buffers[0]
	} else {
		p = r.c.takePoint(r.fn.step)
		r.buffers = append(r.buffers, p)
		r.bytes += pointBytes(p)
	}
	copyPoint(p, nil, r.from, nil)
	p.context = r.from.context
	r.from, r.owned = p, true
	r.hold(nil)
}

// hold keeps the frame whose results are the present point, in place of the one before.
func (r *rowSolve) hold(fr *graph.Frame) {
	if r.held != nil {
		r.held.Release()
	}
	r.held = fr
}

// Release gives all frames back. It may be called twice.
func (r *rowSolve) Release() {
	if !r.live {
		return
	}
	if r.first != nil {
		r.first.Release()
	}
	r.hold(nil)
	for _, at := range slices.Backward(r.attempts) {
		r.giveBack(at)
	}
	m := &r.c.rows
	m.points = append(m.points, r.buffers...)
	for _, x := range r.contexts {
		x.c.rows.contexts = append(x.c.rows.contexts, x.context)
	}
	*r = rowSolve{
		rows: r.rows, ends: r.ends, next: r.next, failed: r.failed, e: r.e, s: r.s, inside: r.inside,
		choosing: r.choosing, probes: r.probes,
		active: r.active[:0], attempts: r.attempts[:0], buffers: r.buffers[:0], contexts: r.contexts[:0],
		paths: r.paths, starts: r.starts.empty(), aggregates: r.aggregates, cotangents: r.cotangents, c: r.c,
	}
	m.free = append(m.free, r)
}

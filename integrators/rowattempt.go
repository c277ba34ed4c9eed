package integrators

import (
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// rowAttempt is a step that some rows of a batch try together, each over its own time.
type rowAttempt struct {
	c     *compiled // functions of as many rows as the frame has
	step  *stepFunction
	frame *graph.Frame
	from  point[gorgonia.Value] // where the rows start
	own   bool                  // the rows of from were gathered
	rows  []int                 // the row of the batch that each row of the frame is
	n     int                   // how many of them try a step; the others, which are like the last one, fill the frame
	// The rows of the frame whose steps were accepted, in order, and which of the batch
	// they are; whole says that these are all rows of the batch.
	accepted, of []int
	whole        bool

	dense []rowDense // the dense output at the save times within the steps
	saved rowPairs   // rows of the frame whose end is a saved state, and which
}

// gather returns an attempt for all active rows.
func (r *rowSolve) gather() (*rowAttempt, error) {
	c := r.c.ladder(len(r.active))
	step, err := c.stepFor(r.keep)
	if err != nil {
		return nil, err
	}
	at := r.c.takeAttempt()
	at.c, at.step, at.frame = c, step, step.NewFrame()
	at.rows, at.n = append(at.rows[:0], r.active...), len(r.active)
	for len(at.rows) < c.batch {
		at.rows = append(at.rows, at.rows[at.n-1])
	}
	at.accepted, at.of, at.whole = at.accepted[:0], at.of[:0], false
	at.dense, at.saved = at.dense[:0], at.saved.empty()
	if at.own = at.n < r.c.batch; at.own {
		at.from = c.takePoint(step)
		at.from.context = r.contextOf(c, at.rows)
	}
	return at, r.bind(at)
}

// bind gives an attempt the points from which its rows start.
func (r *rowSolve) bind(at *rowAttempt) error {
	if at.own {
		copyPoint(at.from, nil, r.from, at.rows)
	} else {
		at.from = r.from
	}
	return at.step.bind(at.frame, at.from)
}

// set gives an attempt times, step sizes and noise.
func (r *rowSolve) set(at *rowAttempt) {
	t, h := column(at.frame.Data(int(at.step.in.t))), column(at.frame.Data(int(at.step.in.h)))
	for i, b := range at.rows {
		p := &r.rows[b]
		t[i], h[i] = p.t-p.set.TimeOrigin, p.h
	}
	if r.paths != nil {
		r.followPaths(at)
	}
}

// column returns the entries of a column of float64.
func column(v gorgonia.Value) []float64 { return v.(*tensor.Dense).Float64s() }

// readColumn stores the entries of a column in dst.
func readColumn(dst []float64, v gorgonia.Value) {
	d := v.(*tensor.Dense)
	if d.Dtype() == tensor.Float32 {
		for i, x := range d.Float32s() {
			dst[i] = float64(x)
		}
		return
	}
	copy(dst, d.Float64s())
}

// writeColumn stores x in a column, rounded to its element type.
func writeColumn(v gorgonia.Value, x []float64) {
	d := v.(*tensor.Dense)
	if d.Dtype() == tensor.Float32 {
		y := d.Float32s()
		for i := range y {
			y[i] = float32(x[i])
		}
		return
	}
	copy(d.Float64s(), x)
}

// decide accepts and rejects the steps of an attempt.
func (r *rowSolve) decide(at *rowAttempt) error {
	f, fr := at.step, at.frame
	clear(r.e)
	clear(r.s)
	if f.out.e != none {
		readColumn(r.e, fr.Out(int(f.out.e)))
	}
	if f.out.s != none {
		readColumn(r.s, fr.Out(int(f.out.s)))
	}
	z := fr.Out(int(f.out.z))
	finite := value.Finite(z)
	for i, b := range at.rows[:at.n] {
		e, p := r.e[i], &r.rows[b]
		if math.IsInf(e, 0) || !finite && !value.FiniteRow(z, i) {
			e = math.NaN()
		}
		err := p.judge(e, r.s[i])
		if err != nil {
			return r.named(b, err)
		}
		if !p.rejected {
			at.accepted, at.of = append(at.accepted, i), append(at.of, b)
			continue
		}
		if err := p.reject(); err != nil {
			if err = r.lose(b, err); err != nil {
				return err
			}
		}
	}
	at.whole = len(at.of) == r.c.batch
	return nil
}

// sanitize makes all that a frame with rejected rows holds finite, for what is not would
// spoil sums over rows in its reverse pass, even times zero: these rows stay where they
// are, over no time.
func (r *rowSolve) sanitize(at *rowAttempt) error {
	if len(at.accepted) == len(at.rows) || at.frame.Finite() {
		return nil
	}
	h := column(at.frame.Data(int(at.step.in.h)))
	k := 0
	for i := range h {
		if k < len(at.accepted) && at.accepted[k] == i {
			k++
			continue
		}
		h[i] = 0
		if r.paths != nil {
			at.quiet(i)
		}
	}
	return at.frame.Forward()
}

// bytes is the memory that an attempt keeps without dense output.
func (at *rowAttempt) bytes() int64 {
	n := at.c.frameBytes(at.step)
	if at.own {
		n += pointBytes(at.from)
	}
	return n
}

// takeAttempt returns memory for an attempt.
func (c *compiled) takeAttempt() *rowAttempt {
	if n := len(c.rows.attempts); n > 0 {
		at := c.rows.attempts[n-1]
		c.rows.attempts = c.rows.attempts[:n-1]
		return at
	}
	return &rowAttempt{}
}

// giveBack gives the memory of an attempt back.
func (r *rowSolve) giveBack(at *rowAttempt) {
	if at.frame != nil {
		at.frame.Release()
	}
	for _, d := range at.dense {
		d.frame.Release()
	}
	if at.own {
		p := at.from
		p.context = nil
		at.c.rows.points = append(at.c.rows.points, p)
	}
	at.frame, at.own, at.from = nil, false, point[gorgonia.Value]{}
	r.c.rows.attempts = append(r.c.rows.attempts, at)
}

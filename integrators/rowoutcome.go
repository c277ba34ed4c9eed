package integrators

import (
	stderrors "errors"
	"fmt"
	"math"
	"slices"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// RowFailure is the failure of a row with steps of its own.
type RowFailure struct {
	*Failure
	Row int // the row of the batch
}

// Error names the row and says how far it came.
func (f *RowFailure) Error() string { return fmt.Sprintf("row %d: %v", f.Row, f.Failure) }

// Unwrap returns the failure.
func (f *RowFailure) Unwrap() error { return f.Failure }

// RowOutcome is the outcome of a row with steps of its own.
type RowOutcome struct {
	Stats
	Saved int     // the number of its save times that it came to
	T     float64 // the time at which it ended
	Err   error   // a *RowFailure if it did not come to the end of its time span, else nil
}

// MeanNFE returns the mean over rows of the evaluations of each, with steps per row; else
// NFE.
func (s *Solution) MeanNFE() float64 {
	if len(s.Rows) == 0 {
		return float64(s.NFE)
	}
	return float64(s.TotalNFE()) / float64(len(s.Rows))
}

// MedianNFE returns the median over rows of the evaluations of each, the mean of the two
// in the middle if their number is even, with steps per row; else NFE.
func (s *Solution) MedianNFE() float64 {
	n := len(s.Rows)
	if n == 0 {
		return float64(s.NFE)
	}
	all := make([]int, n)
	for i := range s.Rows {
		all[i] = s.Rows[i].NFE
	}
	slices.Sort(all)
	return float64(all[(n-1)/2]+all[n/2]) / 2
}

// TotalNFE returns the sum over rows of the evaluations of each, with steps per row; else
// NFE.
func (s *Solution) TotalNFE() int {
	if len(s.Rows) == 0 {
		return s.NFE
	}
	total := 0
	for i := range s.Rows {
		total += s.Rows[i].NFE
	}
	return total
}

// note notes the outcome of every row, and of the batch the largest of their counts.
func (r *rowSolve) note() {
	s := r.c.solver
	sol := Solution{Event: -1, Rows: make([]RowOutcome, r.c.batch), RowEvaluations: r.made, Saved: len(s.settings.SaveAt)}
	for b := range r.rows {
		p := &r.rows[b]
		if attempts := p.stats.Accepted + p.stats.Rejected; s.traits.stochastic {
			p.stats.DiffusionNFE = p.stats.NFE - attempts*s.traits.drifts + attempts*s.traits.diffusions
		}
		sol.Rows[b] = RowOutcome{Stats: p.stats, Saved: r.next[b], T: p.t, Err: r.failed[b]}
		sol.Stats.atLeast(&p.stats)
		sol.Saved = min(sol.Saved, r.next[b])
		sol.Steps = append(sol.Steps, p.steps...)
	}
	for b := range r.rows {
		if p := &r.rows[b]; b == 0 || p.dir*(sol.T-p.t) > 0 {
			sol.T = p.t
		}
	}
	r.solution, s.last = sol, sol
}

// atLeast makes every count at least that of another.
func (s *Stats) atLeast(t *Stats) {
	s.NFE = max(s.NFE, t.NFE)
	s.DiffusionNFE = max(s.DiffusionNFE, t.DiffusionNFE)
	s.Accepted = max(s.Accepted, t.Accepted)
	s.Rejected = max(s.Rejected, t.Rejected)
	s.Forced = max(s.Forced, t.Forced)
	s.MaxStiffness = max(s.MaxStiffness, t.MaxStiffness)
}

// lose ends a row that failed, and with Settings.Partial nothing else: the error is that
// of the solve then. Errors of another kind end it all the same.
func (r *rowSolve) lose(b int, err error) error {
	err = r.named(b, err)
	var f *RowFailure
	if !stderrors.As(err, &f) {
		return err
	}
	r.failed[b] = err
	if r.c.solver.settings.Partial {
		return nil
	}
	return err
}

// named adds what is known of a row to its failure.
func (r *rowSolve) named(b int, err error) error {
	var f *Failure
	if !stderrors.As(err, &f) {
		return err
	}
	p, sum := &r.rows[b], 0.0
	row := value.Float64s(value.Rows(r.from.z, b, b+1))
	for _, x := range row {
		sum += x * x
	}
	f.Norm = math.Sqrt(sum / float64(len(row)))
	if stderrors.Is(f.Reason, ErrNonFinite) {
		if f.What == "" {
			f.What = r.c.solver.diagnose(func() bool { return r.finiteAt(b, p.t, 0) && r.finiteAt(b, p.t, r.fn.first.fields-1) }, p.s)
		}
		if p.stats.Accepted+p.stats.Rejected > 0 {
			f.Stray = r.c.solver.stray(p.t0, p.t1, p.t, p.h, func(t float64, field int) bool { return r.finiteAt(b, t, field) })
		}
	}
	return &RowFailure{Failure: f, Row: b}
}

// finiteAt reports whether a right-hand side of a row is finite at its present state and
// a time. What cannot be evaluated is not blamed.
func (r *rowSolve) finiteAt(b int, t float64, field int) bool {
	f := r.c.bare.first
	fr := f.NewFrame()
	defer fr.Release()
	return r.evaluate(f, fr, r.from.z, func(int) float64 { return t }) != nil || rowFinite(fr, int(f.out.fields)+field, b)
}

func rowFinite(fr *graph.Frame, i, b int) bool { return value.FiniteRow(fr.Out(i), b) }

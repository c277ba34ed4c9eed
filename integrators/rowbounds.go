package integrators

// A solve whose rows take steps of their own bounds the steps of every row.
var _ bounds = (*rowSolve)(nil)

func (r *rowSolve) evaluations() int { return r.c.solver.traits.drifts }

func (r *rowSolve) maxSteps() int { return r.c.solver.settings.attempts(r.keep) }

func (r *rowSolve) resolution(t float64) float64 { return r.c.resolution(t) }

func (r *rowSolve) kept() int64 {
	if !r.keep {
		return 0
	}
	return r.bytes + r.frameBytes
}

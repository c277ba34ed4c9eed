package graph

// SetPhases sets how many rows go through a phase at a time, twice as many with
// sums, and the multiply-adds from which on one pays. It returns a function that
// resets them.
func SetPhases(grain, work int) (reset func()) {
	oldGrain, oldSums, oldWork := phaseGrain, sumGrain, phaseWork
	phaseGrain, sumGrain, phaseWork = grain, 2*grain, work
	return func() { phaseGrain, sumGrain, phaseWork = oldGrain, oldSums, oldWork }
}

// PredictorShapes is the number of lists of shapes whose functions each instance of p
// keeps that no call uses.
func PredictorShapes(p *Predictor) (shapes []int) {
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	for _, i := range p.pool.idle {
		shapes = append(shapes, len(i.frames))
	}
	return shapes
}

// The index of a graph and its checks, for their tests.
var (
	Reserve = reserve
	Check   = checkGraph
)

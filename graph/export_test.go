package graph

// SetPhases sets how many rows go through a phase at a time and the
// multiply-adds from which on one pays, and returns a function that resets both.
func SetPhases(grain, work int) (reset func()) {
	oldGrain, oldWork := phaseGrain, phaseWork
	phaseGrain, phaseWork = grain, work
	return func() { phaseGrain, phaseWork = oldGrain, oldWork }
}

package integrators

import "github.com/regnde/regnde/graph"

// denseOutput interpolates at a number of times.
type denseOutput struct {
	*graph.Function
	frameBytes int64
}

// extends reports whether the dense output evaluates the field.
func (s *solver) extends() bool { return s.o.denseEvaluations() > 0 }

// denseParams is the number of inputs of the dense output before the state: the
// parameters if it evaluates the field and there are any.
func (s *solver) denseParams() int {
	if s.extends() && s.o.params != nil && s.o.params.Len() > 0 {
		return 1
	}
	return 0
}

// denseInputs is the number of all inputs of the dense output: the state and the
// stages, step size and weights and, if it evaluates the field, parameters and time.
func (s *solver) denseInputs() int {
	n := s.stages + 3 + s.denseParams()
	if s.extends() {
		n++
	}
	return n
}

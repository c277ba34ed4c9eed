package main

import "context"

// An answer is what the model makes of one input, and what that cost.
type answer struct {
	Class         int       `json:"class"`
	Probabilities []float64 `json:"probabilities"` // one for each class
	NFE           int       `json:"nfe"`           // evaluations of the dynamics
	Accepted      int       `json:"accepted"`      // steps
	Rejected      int       `json:"rejected"`      // attempts that were no step
	Trace         []attempt `json:"trace,omitempty"`
}

// An attempt is one entry of a step trace.
type attempt struct {
	T        float64 `json:"t"` // where it starts
	H        float64 `json:"h"` // its size
	E        float64 `json:"e"` // scaled error
	S        float64 `json:"s"` // stiffness
	Accepted bool    `json:"accepted"`
}

// A predictor answers for a batch, an answer for each input, which depends on no other.
// It is for any number of goroutines.
type predictor interface {
	predict(ctx context.Context, inputs [][]float64) ([]answer, error)
}

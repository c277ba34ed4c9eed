package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// rowAggregate is a regularizer of every row, put together from the steps of that row.
type rowAggregate struct {
	regularizer Regularizer
	value       []float64
	largest     []int          // of a maximum, the attempt whose term it is, -1 if it is the entry before the first step
	column      gorgonia.Value // the values, as they enter a graph
	terms       []float64
}

// aggregate puts the terms of the kept attempts together.
func (r *rowSolve) aggregate() {
	rs := r.c.solver.settings.Regularizers
	if len(r.aggregates) == 0 {
		for _, reg := range rs {
			n := r.c.batch
			r.aggregates = append(r.aggregates, rowAggregate{
				regularizer: reg, value: make([]float64, n), largest: make([]int, n), terms: make([]float64, n),
				column: value.New(r.c.dtype, n, 1),
			})
		}
	}
	for j := range r.aggregates {
		a := &r.aggregates[j]
		for b := range a.value {
			a.value[b], a.largest[b] = a.regularizer.initial(), -1
		}
		for k, at := range r.attempts {
			readColumn(a.terms, at.frame.Out(int(at.step.out.terms)+j))
			for i, b := range at.of {
				a.add(b, k, a.terms[at.accepted[i]])
			}
		}
		if a.regularizer.Aggregation == Mean {
			for b := range a.value {
				a.value[b] *= r.share(b)
			}
		}
		writeColumn(a.column, a.value)
	}
}

// add adds the term of a row in an attempt.
func (a *rowAggregate) add(b, attempt int, x float64) {
	switch {
	case a.regularizer.Aggregation != Max:
		a.value[b] += x
	case x > a.value[b]:
		a.value[b], a.largest[b] = x, attempt
	}
}

// share is what a term of a row counts in its mean.
func (r *rowSolve) share(b int) float64 { return 1 / float64(r.rows[b].stats.Accepted+1) }

// cotangent stores the cotangents of the terms of an attempt, of which those of the
// values are given, in a column with a row for each of the frame.
func (a *rowAggregate) cotangent(r *rowSolve, attempt int, given []float64, dst []float64) {
	at := r.attempts[attempt]
	clear(dst)
	for i, b := range at.of {
		x := given[b]
		switch {
		case a.regularizer.Aggregation == Mean:
			x *= r.share(b)
		case a.regularizer.Aggregation == Max && a.largest[b] != attempt:
			x = 0
		}
		dst[at.accepted[i]] = x
	}
}

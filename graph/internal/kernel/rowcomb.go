package kernel

import (
	"sync"
	"unsafe"
)

// RowCoefficient is a coefficient that may differ from row to row: in row r it is
// C·Scale[r]·Weights[r·Stride], where nil stands for ones.
type RowCoefficient struct {
	C              float64
	Scale, Weights []float64
	Stride         int
}

// RowComb is a linear combination of matrices whose coefficients are numbers or
// columns of numbers, one a row. Terms with one and the same column are added up
// before they are multiplied by it, so that a step z + h Σ a_j k_j with a column h
// costs little more than one with a number. A row of the result does not depend
// on which row it is, nor on the others.
type RowComb[T Float] struct {
	dst        []T
	width      int
	accumulate bool
	plain      termList[T]
	scaled     []scaledTerms[T]
	places     []termPlace
	rows       func(lo, hi int) // method Rows, bound once
}

// termPlace says which of the scaled terms a term is, or of the plain ones if the
// group is negative.
type termPlace struct{ group, at int }

type termList[T Float] struct {
	c []T
	x [][]T
}

func (l *termList[T]) add(c float64, x []T) {
	l.c = append(l.c, T(c))
	l.x = append(l.x, x)
}

// scaledTerms are terms that have a column in common.
type scaledTerms[T Float] struct {
	termList[T]
	column []float64
	own    []float64 // memory for a column that is a product
}

// Bind makes s an empty sum of matrices of so many columns, to be written to dst or
// added to it. dst must not be one of the terms.
func (s *RowComb[T]) Bind(dst []T, width int, accumulate bool) {
	if s.rows == nil {
		s.rows = s.Rows
	}
	s.dst, s.width, s.accumulate = dst, width, accumulate
	s.plain.c, s.plain.x = s.plain.c[:0], s.plain.x[:0]
	s.scaled, s.places = s.scaled[:0], s.places[:0]
}

// Rebind gives a sum another destination, and Move its terms other memory. The
// coefficients stay.
func (s *RowComb[T]) Rebind(dst []T) { s.dst = dst }

// Move gives the i-th term that was added other memory, and those with the same column
// another one.
func (s *RowComb[T]) Move(i int, x []T, column []float64) {
	p := s.places[i]
	if p.group < 0 {
		s.plain.x[p.at] = x
		return
	}
	g := &s.scaled[p.group]
	g.x[p.at], g.column = x, column
}

// Add adds a term of the form of the destination.
func (s *RowComb[T]) Add(k RowCoefficient, x []T) {
	if k.Scale == nil && k.Weights == nil {
		s.places = append(s.places, termPlace{-1, len(s.plain.x)})
		s.plain.add(k.C, x)
		return
	}
	at := s.with(k)
	g := &s.scaled[at]
	s.places = append(s.places, termPlace{at, len(g.x)})
	g.add(k.C, x)
}

// with returns which of the scaled terms have the column of a coefficient. A column that
// is a product is that of a single term.
func (s *RowComb[T]) with(k RowCoefficient) int {
	if k.Weights != nil {
		n := s.group(nil)
		s.scaled[n].multiply(k, len(s.dst)/max(1, s.width))
		return n
	}
	for i := range s.scaled {
		if unsafe.SliceData(s.scaled[i].column) == unsafe.SliceData(k.Scale) {
			return i
		}
	}
	return s.group(k.Scale)
}

// multiply makes the product of scale and weights, of so many rows, the column.
func (g *scaledTerms[T]) multiply(k RowCoefficient, rows int) {
	g.own = grow(g.own, rows)
	for r := range g.own {
		g.own[r] = k.Weights[r*k.Stride]
		if k.Scale != nil {
			g.own[r] *= k.Scale[r]
		}
	}
	g.column = g.own
}

// group begins scaled terms, which use memory of earlier ones, and returns which they are.
func (s *RowComb[T]) group(column []float64) int {
	n := len(s.scaled)
	if n == cap(s.scaled) {
		s.scaled = append(s.scaled, scaledTerms[T]{})
	}
	s.scaled = s.scaled[:n+1]
	g := &s.scaled[n]
	g.c, g.x, g.column = g.c[:0], g.x[:0], column
	return n
}

// All computes all rows.
func (s *RowComb[T]) All() {
	if len(s.dst) > 0 {
		Parallel(len(s.dst)/s.width, max(1, blockLen/s.width), s.rows)
	}
}

// Rows computes the rows lo to hi, on the calling goroutine.
func (s *RowComb[T]) Rows(lo, hi int) {
	if len(s.scaled) == 0 {
		LinCombRange(s.dst, s.plain.c, s.plain.x, lo*s.width, hi*s.width, s.accumulate)
		return
	}
	plain := s.plain
	for i := range s.scaled {
		g := &s.scaled[i]
		ScaledComb(s.dst, s.width, plain.c, plain.x, g.column, g.c, g.x, lo, hi, s.accumulate || i > 0)
		plain = termList[T]{}
	}
}

// ScaledComb computes, or adds to dst with accumulate, the rows lo to hi of
//
//	dst = Σ_i c[i]·x[i] + column ⊙ Σ_j d[j]·y[j]
//
// for matrices of so many columns, on the calling goroutine. The column has a number
// for every row. dst may be one of the terms.
func ScaledComb[T Float](dst []T, width int, c []T, x [][]T, column []float64, d []T, y [][]T, lo, hi int, accumulate bool) {
	checkTerms(hi*width, len(c), x)
	checkTerms(hi*width, len(d), y)
	dst, column = dst[:hi*width], column[:len(column):len(column)]
	if lo >= hi || width == 0 {
		return
	}
	_ = column[hi-1]
	scale := scales[T]()
	for at, end := lo*width, hi*width; at < end; at += spreadLen {
		n := min(spreadLen, end-at)
		spread(scale[:], width, column, lo, at, at+n)
		scaledComb(dst, scale[:], c, x, d, y, at, at+n, accumulate)
	}
	scalePool[T]().Put(scale)
}

// spreadLen is the number of elements whose scales are written out at a time, and
// spreadRoom the lanes of a register, for what spread writes beyond.
const (
	spreadLen  = 1024
	spreadRoom = 16
)

var scales32, scales64 sync.Pool

func scalePool[T Float]() *sync.Pool {
	if sizeof[T]() == 4 {
		return &scales32
	}
	return &scales64
}

// scales returns memory for the scales of some elements. On the stack it would be
// cleared each time, which takes as long as a small combination.
func scales[T Float]() *[spreadLen + spreadRoom]T {
	if s, ok := scalePool[T]().Get().(*[spreadLen + spreadRoom]T); ok {
		return s
	}
	return new([spreadLen + spreadRoom]T)
}

// spread writes for the elements lo to hi of a matrix of so many columns the entries of
// a column that belong to their rows, of which the given one is the first. It fills up
// a last register. Elements lo are spreadLen apart, from the first row on.
func spread[T Float](dst []T, width int, column []float64, first, lo, hi int) {
	_ = dst[hi-lo+spreadRoom-1]
	if !vectorSpread(dst, width, column, first, lo, hi) {
		repeat(dst[:hi-lo], width, column, lo)
	}
}

// repeat is spread for the elements from lo on, one by one.
func repeat[T Float](dst []T, width int, column []float64, lo int) {
	for r, left := lo/width, width-lo%width; len(dst) > 0; r, left = r+1, width {
		s, n := T(column[r]), min(left, len(dst))
		for i := range n {
			dst[i] = s
		}
		dst = dst[n:]
	}
}

// scaledComb is ScaledComb for the elements lo to hi, given their scales.
func scaledComb[T Float](dst, scale, c []T, x [][]T, d []T, y [][]T, lo, hi int, accumulate bool) {
	if vectorScaledComb(dst, scale, c, x, d, y, lo, hi, accumulate) {
		return
	}
	for at := lo; at < hi; at++ {
		var sum, plain T
		for j, yj := range y {
			sum += d[j] * yj[at]
		}
		if accumulate {
			plain = dst[at]
		}
		for i, xi := range x {
			plain += c[i] * xi[at]
		}
		dst[at] = plain + scale[at-lo]*sum
	}
}

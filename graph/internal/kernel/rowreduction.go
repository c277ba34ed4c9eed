package kernel

// A RowReduction is a product C = Aᵀ·B, the gradient of a weight, or the column
// sums of B, that of a bias. It sums over rows, of which any range can be added by
// itself while it is in the cache, to one of several partial sums.
//
// A range of rows adds to C in one pass, with nothing packed but the range, so
// that C should fit the first or second level of the cache.
type RowReduction[T Float] struct {
	m, n int // of C; m = 0 stands for column sums
	a, b []T
	sums *PartialSums[T]
}

// reductionDepth is the number of rows that are packed at a time.
const reductionDepth = 32

// Bind makes r the sum over the rows of Aᵀ·B for a (rows, m) and b (rows, n),
// contiguous, or with m = 0 that of the rows of b. They add to the given sums, which
// must have been reserved for the shape.
func (r *RowReduction[T]) Bind(m, n int, a, b []T, sums *PartialSums[T]) {
	*r = RowReduction[T]{m: m, n: n, a: a, b: b, sums: sums}
}

// Rows adds the rows lo to hi to a partial sum. A partial sum takes one call at
// a time.
func (r *RowReduction[T]) Rows(part, lo, hi int) {
	c, accumulate := r.sums.parts[part], r.sums.started[part]
	r.sums.started[part] = true
	if r.m == 0 {
		const group = 8
		ones := [group]T{1, 1, 1, 1, 1, 1, 1, 1}
		var rows [group][]T
		for i := lo; i < hi; i += group {
			k := min(group, hi-i)
			for j := range k {
				rows[j] = r.b[(i+j)*r.n:][:r.n]
			}
			linComb(c[:r.n], ones[:k], rows[:k], 0, r.n, accumulate)
			accumulate = true
		}
		return
	}
	for ; lo < hi; lo += reductionDepth {
		r.add(c, r.sums.packed[part], lo, min(reductionDepth, hi-lo), accumulate)
		accumulate = true
	}
}

// add adds some rows to c, which has whole tiles: what lies beyond C is of no
// account. It packs the rows of B, a panel at a time, and those of A that do not
// fill a tile. A last panel has what comes next in memory, if there is enough.
func (r *RowReduction[T]) add(c, packed []T, lo, depth int, accumulate bool) {
	mr, nr := tileSize[T]()
	right, left := packed[:nr*depth], packed[nr*reductionDepth:][:mr*depth]
	a, ldc := r.a[lo*r.m:][:depth*r.m], r.sums.ld
	full := r.m / mr * mr
	if full < r.m {
		q := packing[T]{dst: left, width: mr, src: r.a[lo*r.m+full:], lines: r.m - full, across: 1, along: r.m, depth: depth, alpha: 1}
		q.fill()
		q.packDepths(0, depth)
	}
	for j := 0; j < r.n; j += nr {
		q := packing[T]{dst: right, width: nr, src: r.b[lo*r.n+j:], lines: min(nr, r.n-j), across: 1, along: r.n, depth: depth, alpha: 1}
		q.fill()
		q.packDepths(0, depth)
		cols := min(nr, ldc-j)
		if full > 0 {
			tiles(full/mr, depth, a, 1, r.m, mr, right, nil, accumulate, c[j:], ldc, mr, cols)
		}
		if full < r.m {
			tiles(1, depth, left, 1, mr, 0, right, nil, accumulate, c[full*ldc+j:], ldc, mr, cols)
		}
	}
}

// fill makes the lines of q a full panel, whatever they hold, if src does not end
// before. It spares the search for the end of each row.
func (q *packing[T]) fill() {
	if (q.depth-1)*q.along+q.width <= len(q.src) {
		q.lines = q.width
	}
}

// PartialSums are what ranges of rows add up to. Several reductions of one shape
// may add to the same ones.
type PartialSums[T Float] struct {
	m, n    int // of C, m ≥ 1
	ld      int // distance between the rows of a sum, which are half tiles
	parts   [][]T
	started []bool // which of them hold something
	packed  [][]T  // rows, for the parts

	ones []T
	held [][]T
}

// Reserve provides so many partial sums of Aᵀ·B, m×n, or with m = 0 of columns,
// and empties them.
func (s *PartialSums[T]) Reserve(parts, m, n int) {
	m = max(m, 1)
	if len(s.parts) == parts && s.m == m && s.n == n {
		clear(s.started)
		return
	}
	mr, nr := tileSize[T]()
	*s = PartialSums[T]{m: m, n: n, ld: ceil(n, nr/2) * (nr / 2), started: make([]bool, parts)}
	for range parts {
		s.parts = append(s.parts, make([]T, ceil(m, mr)*mr*s.ld))
		s.packed = append(s.packed, make([]T, (mr+nr)*reductionDepth))
		s.ones = append(s.ones, 1)
	}
}

// AddTo writes the total to c (m, n), or adds it with accumulate. There must be
// one.
func (s *PartialSums[T]) AddTo(c []T, accumulate bool) {
	s.held = s.held[:0]
	for i, part := range s.parts {
		if s.started[i] {
			s.held = append(s.held, part)
		}
	}
	total := s.held[0]
	linComb(total, s.ones[:len(s.held)], s.held, 0, len(total), false)
	for i := range s.m {
		row, from := c[i*s.n:][:s.n], total[i*s.ld:][:s.n]
		if accumulate {
			Add(row, from)
		} else {
			copy(row, from)
		}
	}
}

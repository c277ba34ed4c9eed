package kernel

// A RowReduction is a product C = Aᵀ·B, the gradient of a weight, or the column
// sums of B, that of a bias. It sums over rows, of which any range can be added by
// itself while it is in the cache, to one of several partial sums.
//
// A range of rows adds to C in one pass, from A and B as they lie in memory, so that
// C should fit the first or second level of the cache.
type RowReduction[T Float] struct {
	m, n int // of C; m = 0 stands for column sums
	a, b []T
	sums *PartialSums[T]
}

// Bind makes r the sum over the rows of Aᵀ·B for a (rows, m) and b (rows, n),
// contiguous, or with m = 0 that of the rows of b. They add to the given sums, which
// must have been reserved for the shape.
func (r *RowReduction[T]) Bind(m, n int, a, b []T, sums *PartialSums[T]) {
	*r = RowReduction[T]{m: m, n: n, a: a, b: b, sums: sums}
}

// Rows adds the rows lo to hi to a partial sum. A partial sum takes one call at
// a time.
func (r *RowReduction[T]) Rows(part, lo, hi int) {
	if lo == hi || r.n == 0 {
		return
	}
	c, accumulate := r.sums.parts[part], r.sums.started[part]
	r.sums.started[part] = true
	if r.m == 0 {
		rowCombine(1, r.n, hi-lo, []T{1}, 0, 0, r.b[lo*r.n:hi*r.n], r.n, accumulate, c, r.n)
		return
	}
	end := min(max(r.readable(hi), lo), hi)
	if lo < end {
		r.add(c, end-lo, r.a[lo*r.m:], r.b[lo*r.n:], accumulate)
	}
	if end < hi {
		copied := &r.sums.copied[part]
		a, b := (hi-end)*r.m, (hi-end)*r.n
		*copied = grow(*copied, a+b+tileHeightMax+tileWidthMax)
		copy(*copied, r.a[end*r.m:hi*r.m])
		copy((*copied)[a+tileHeightMax:], r.b[end*r.n:hi*r.n])
		r.add(c, hi-end, *copied, (*copied)[a+tileHeightMax:], accumulate || lo < end)
	}
}

// readable returns the row before which whole tiles of A and B can be read: those
// that are cut off go on in the next row, and must not leave the memory. Others may
// be writing the rows from hi on. That does no harm, since nothing comes of what is
// read there, but portable Go stays off them, since the race detector sees it.
func (r *RowReduction[T]) readable(hi int) int {
	mr, nr := tileSize[T]()
	a, b := len(r.a), len(r.b)
	if vector == portable {
		a, b = hi*r.m, hi*r.n
	}
	a, b = a-ceil(r.m, mr)*mr, b-ceil(r.n, nr)*nr
	if a < 0 || b < 0 {
		return 0
	}
	return min(a/r.m, b/r.n) + 1
}

// add adds some rows to c, which has whole tiles: what lies beyond C is of no
// account, whether read or written.
func (r *RowReduction[T]) add(c []T, rows int, a, b []T, accumulate bool) {
	mr, _ := tileSize[T]()
	short := shortTile[T]()
	full, rest := r.m/mr, ceil(r.m%mr, short)*short
	if rest == mr {
		full, rest = full+1, 0
	}
	if full > 0 {
		r.addTiles(c, full, mr, rows, a, b, accumulate)
	}
	if rest > 0 {
		r.addTiles(c[full*mr*r.sums.ld:], 1, rest, rows, a[full*mr:], b, accumulate)
	}
}

// addTiles adds some rows to tiles of the given height, one below the other.
func (r *RowReduction[T]) addTiles(c []T, count, height, rows int, a, b []T, accumulate bool) {
	_, nr := tileSize[T]()
	full, ldc := r.n/nr, r.sums.ld
	if full > 0 {
		tiles(full, count, rows, a, 1, r.m, height, b, r.n, nr, nil, accumulate, c, ldc, height, nr)
	}
	if j := full * nr; j < r.n {
		tiles(1, count, rows, a, 1, r.m, height, b[j:], r.n, 0, nil, accumulate, c[j:], ldc, height, min(nr, ldc-j))
	}
}

// PartialSums are what ranges of rows add up to. Several reductions of one shape
// may add to the same ones.
type PartialSums[T Float] struct {
	m, n    int // of C, m ≥ 1
	ld      int // distance between the rows of a sum, which are narrow tiles
	parts   [][]T
	started []bool // which of them hold something
	copied  [][]T  // rows, for the parts

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
	mr, _ := tileSize[T]()
	step := narrowTile[T]()
	*s = PartialSums[T]{m: m, n: n, ld: ceil(n, step) * step, started: make([]bool, parts)}
	for range parts {
		s.parts = append(s.parts, make([]T, ceil(m, mr)*mr*s.ld))
		s.copied = append(s.copied, nil)
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
	if s.ld == s.n {
		linComb(c[:s.m*s.n], s.ones[:len(s.held)], s.held, 0, s.m*s.n, accumulate)
		return
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

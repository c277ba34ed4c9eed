package kernel

// A product that is narrow in one dimension has a kernel of its own, since panels and
// tiles would be padding for the most part, and its rows too short for a call each.
// Elements are summed in the order of the general way that it stands in for, so that
// bits do not tell which it was.

// way is how a product is computed.
type way uint8

const (
	packed  way = iota // by tiles, after packing
	direct             // row by row, where packing does not pay
	shallow            // of depth narrowMax at most: rows with several columns of B in registers
	slender            // of narrowMax columns at most: several rows in a register
	lone               // few rows in the order of tiles, without packing
)

const (
	// narrowMax is the largest depth or number of columns of a narrow product.
	narrowMax = 4
	// shallowColumns is the number of columns of a shallow product that are computed at a
	// time.
	shallowColumns = 64
)

// way chooses from the shape alone.
func (p *product[T]) way() way {
	few := p.few()
	if vector != portable && (p.m > 1 || p.exact) && p.k > 0 && !(p.transA && p.transB) {
		switch {
		case p.k <= narrowMax && few:
			return shallow
		case few || p.alpha != 1:
		case p.k < narrowMax || p.k == narrowMax && vector != avx2: // whose half tiles sum four in another order
			return shallow
		case p.n <= narrowMax && p.k >= narrowMax && p.m >= slenderRows[T]():
			return slender
		}
	}
	switch {
	case few:
		return direct
	case p.exact && p.isLone():
		return lone
	}
	return packed
}

// rows computes the rows lo to hi in a way that does not pack.
func (p *product[T]) rows(w way, lo, hi int) {
	if lo == hi {
		return
	}
	switch w {
	case direct:
		p.direct(lo, hi)
	case shallow:
		p.shallow(lo, hi)
	case slender:
		p.slender(lo, hi)
	case lone:
		p.lone(lo, hi)
	}
	if p.act != Identity {
		p.finishRows(lo, hi)
	}
}

// shallow computes rows of a product whose depth is at most narrowMax.
func (p *product[T]) shallow(lo, hi int) {
	few := p.few()
	for j := 0; j < p.n; j += shallowColumns {
		q := p
		if p.n > shallowColumns {
			part := p.columns(j, min(j+shallowColumns, p.n))
			q = &part
		}
		if q.transB {
			q.shallowTransB(few, lo, hi)
		} else {
			q.shallowBlock(few, lo, hi, q.b, q.ldb)
		}
	}
}

// columns returns the product for the columns lo to hi alone.
func (p *product[T]) columns(lo, hi int) product[T] {
	_, across := p.bStrides()
	q := *p
	q.n, q.b, q.c = hi-lo, p.b[lo*across:], p.c[lo:]
	if p.bias != nil {
		q.bias = p.bias[lo:hi]
	}
	if p.timeWeight != nil {
		q.timeWeight = p.timeWeight[lo:hi]
	}
	return q
}

// shallowTransB is shallowBlock for a B that is to be transposed.
func (p *product[T]) shallowTransB(few bool, lo, hi int) {
	var b [narrowMax * shallowColumns]T
	for q := range p.k {
		row := b[q*shallowColumns:][:p.n]
		for j := range row {
			row[j] = p.b[j*p.ldb+q]
		}
	}
	p.shallowBlock(few, lo, hi, b[:], shallowColumns)
}

// shallowBlock computes rows of at most shallowColumns columns, with op(B) given. It
// does so in the order of a direct product where the whole one is of few
// multiply-adds.
func (p *product[T]) shallowBlock(few bool, lo, hi int, b []T, ldb int) {
	var (
		buf         [shallowColumns]T
		init, first []T // what sums start from, and what is added to them
		ldi         int
		accumulate  = p.accumulate
	)
	if p.startsWithRow() {
		first, accumulate = buf[:p.n], false
		p.begin(first, p.time)
	}
	if few && !p.transB { // as rowCombine, and as rowDot or tiles otherwise
		if p.times != nil {
			accumulate = true
			for i := lo; i < hi; i++ {
				p.begin(p.c[i*p.ldc:][:p.n], p.times[i])
			}
		}
		if init = first; accumulate {
			init, ldi = p.c[lo*p.ldc:], p.ldc
		}
		first, accumulate = nil, false
	}
	ars, acs := p.aStrides()
	vectorShallow(few && p.transB, hi-lo, p.n, p.k, p.a[lo*ars:], ars, acs, b, ldb, init, ldi, first, accumulate, p.c[lo*p.ldc:], p.ldc)
	if p.times != nil && init == nil {
		p.addTimes(lo, hi, 0, p.n)
	}
}

// slenderRows returns the number of rows in a register of 32 bytes.
func slenderRows[T Float]() int { return 32 / sizeof[T]() }

// slender computes rows of a product with at most narrowMax columns.
func (p *product[T]) slender(lo, hi int) {
	var buf [narrowMax]T
	var first []T
	if p.startsWithRow() {
		first = buf[:p.n]
		p.begin(first, p.time)
	}
	ars, acs := p.aStrides()
	brs, bcs := p.bStrides()
	group := slenderRows[T]()
	full := lo + (hi-lo)/group*group
	for step, q := depthStep[T](p.k), 0; q < p.k; q += step {
		depth, accumulate := min(step, p.k-q), p.accumulate || q > 0
		a, b := p.a[q*acs:], p.b[q*brs:]
		if lo < full {
			vectorSlender(p.transA, full-lo, p.n, depth, a[lo*ars:], p.lda, b, brs, bcs, first, accumulate, p.c[lo*p.ldc:], p.ldc)
		}
		if full < hi { // a group of rows that exist, of which the ones in question are kept
			var part [8 * narrowMax]T
			from := min(full, p.m-group)
			vectorSlender(p.transA, group, p.n, depth, a[from*ars:], p.lda, b, brs, bcs, first, false, part[:], p.n)
			store(p.c[full*p.ldc:], p.ldc, part[(full-from)*p.n:], p.n, hi-full, p.n, accumulate)
		}
		first = nil
		if q == 0 && p.times != nil {
			p.addTimes(lo, hi, 0, p.n)
		}
	}
}

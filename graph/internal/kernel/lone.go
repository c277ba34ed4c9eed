package kernel

// An exact product of few rows is computed from A and B as they lie in memory, each
// element in the order of tiles, since to pack B takes longer than such a product.

// isLone reports whether there is a way to do so that pays.
func (p *product[T]) isLone() bool {
	if p.transB {
		return vector == avx512 && p.m <= narrowMax && p.n >= slenderRows[T]() && p.k >= narrowMax
	}
	return p.m <= directRows || p.m*p.n*p.k <= directWork
}

// lone computes some rows.
func (p *product[T]) lone(lo, hi int) {
	if p.transB {
		p.loneTransB(lo, hi)
		return
	}
	ars, acs := p.aStrides()
	for step, q := depthStep[T](p.k), 0; q < p.k; q += step {
		a, b, depth := p.a[lo*ars+q*acs:], p.b[q*p.ldb:], min(step, p.k-q)
		if q == 0 && !p.accumulate {
			p.combineRows(hi-lo, 0, p.n, depth, a, b, p.c[lo*p.ldc:], p.ldc)
		} else {
			p.addCombined(lo, hi, depth, a, b)
		}
		switch {
		case q > 0:
		case p.times != nil:
			p.addTimes(lo, hi, 0, p.n)
		case p.startsWithRow():
			p.addFirst(lo, hi)
		}
	}
}

// combineRows computes the columns from, …, to−1 of rows of a product of so much depth.
// With AVX2 the columns of half a tile have two sums, of the even and of the odd terms
// as far as there are four of them at a time, the rest being among the even ones.
func (p *product[T]) combineRows(rows, from, to, depth int, a, b, c []T, ldc int) {
	ars, acs := p.aStrides()
	half := to
	if _, width := tileSize[T](); vector == avx2 {
		if rest := p.n % width; rest <= width/2 {
			half = max(from, min(to, p.n-rest))
		}
	}
	if from < half {
		rowCombine(rows, half-from, depth, a, ars, acs, b[from:], p.ldb, false, c, ldc)
	}
	if half == to {
		return
	}
	b, c = b[half:], c[half-from:]
	pairs := depth / 4 * 2
	if pairs > 0 {
		rowCombine(rows, to-half, pairs, a, ars, 2*acs, b, 2*p.ldb, false, c, ldc)
	}
	if done := 2 * pairs; done < depth {
		rowCombine(rows, to-half, depth-done, a[done*acs:], ars, acs, b[done*p.ldb:], p.ldb, pairs > 0, c, ldc)
	}
	var odd [16]T
	for i := 0; i < rows && pairs > 0; i++ {
		some := odd[:to-half]
		rowCombine(1, len(some), pairs, a[i*ars+acs:], ars, 2*acs, b[p.ldb:], 2*p.ldb, false, some, p.n)
		Add(c[i*ldc:][:len(some)], some)
	}
}

// addCombined adds products of so much depth, each summed by itself, to rows.
func (p *product[T]) addCombined(lo, hi, depth int, a, b []T) {
	var part [256]T
	ars, _ := p.aStrides()
	for i := lo; i < hi; i++ {
		for j := 0; j < p.n; j += len(part) {
			some := part[:min(len(part), p.n-j)]
			p.combineRows(1, j, j+len(some), depth, a[(i-lo)*ars:], b, some, p.n)
			Add(p.c[i*p.ldc+j:][:len(some)], some)
		}
	}
}

// addFirst adds to rows what does not involve the product.
func (p *product[T]) addFirst(lo, hi int) {
	var part [256]T
	for j := 0; j < p.n; j += len(part) {
		q := p.columns(j, min(j+len(part), p.n))
		first := part[:q.n]
		q.begin(first, p.time)
		for i := lo; i < hi; i++ {
			Add(q.c[i*p.ldc:][:q.n], first)
		}
	}
}

// loneTransB computes rows of a product with a transposed B, as the transpose of a
// slender product of B with these rows.
func (p *product[T]) loneTransB(lo, hi int) {
	const lines = 64 // rows of B taken at a time, and some more at the end
	var part [(lines + 8) * narrowMax]T
	rows := hi - lo
	for j := 0; j < p.n; {
		n := p.n - j
		if n >= lines+slenderRows[T]() {
			n = lines
		}
		q := product[T]{
			transB: true, m: n, n: rows, k: p.k, alpha: 1,
			a: p.b[j*p.ldb:], lda: p.ldb, b: p.a[lo*p.lda:], ldb: p.lda, c: part[:], ldc: rows, accumulate: p.accumulate,
		}
		for i := 0; i < rows && p.accumulate; i++ {
			for l, x := range p.c[(lo+i)*p.ldc+j:][:n] {
				part[l*rows+i] = x
			}
		}
		q.slender(0, n)
		for i := range rows {
			row := p.c[(lo+i)*p.ldc+j:][:n]
			for l := range row {
				row[l] = part[l*rows+i]
			}
		}
		j += n
	}
}

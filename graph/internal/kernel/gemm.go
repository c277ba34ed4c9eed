package kernel

// Gemm computes the matrix product C = op(A)·op(B) or, with accumulate,
// C += op(A)·op(B), where op(A) is m×k, op(B) is k×n and C is m×n. All are
// row-major with leading dimensions lda, ldb and ldc; op transposes where
// transA or transB is set, so that A is then stored k×m and B n×k. With k = 0
// the product is zero. C must not overlap A or B.
func Gemm[T Float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, accumulate bool, c []T, ldc int) {
	var p product[T]
	p.transA, p.transB, p.alpha, p.accumulate = transA, transB, 1, accumulate
	p.bind(m, n, k, a, lda, b, ldb, c, ldc)
	p.compute()
}

// Affine computes dst = act(x·w + t·wt + b), the layer of a neural network with
// x (m, k), w (k, n), dst (m, n), contiguous and row-major. The bias b (n) and
// the weights wt (n) of the time t may each be nil, and then that term is
// absent. dst must not overlap the operands.
func Affine[T Float](act Activation, m, n, k int, x, w, b, wt []T, t T, dst []T) {
	var p product[T]
	p.bindAffine(act, m, n, k, x, w, b, wt, t, dst)
	p.compute()
}

// product is C = act([C +] alpha·op(A)·op(B) + time·timeWeight + bias), the
// superset of Gemm, Affine, AffineTimes and the BLAS routine.
type product[T Float] struct {
	transA, transB bool
	m, n, k        int
	alpha          T
	a              []T
	lda            int
	b              []T
	ldb            int
	c              []T
	ldc            int
	accumulate     bool
	exact          bool // whether a row's bits do not depend on the number of rows

	bias, timeWeight []T
	time             T
	times            []T // one for each row in the place of time, nil without
	act              Activation
}

// bind sets the matrices of a product. What is set field by field needs no copy of all.
func (p *product[T]) bind(m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) {
	p.m, p.n, p.k = m, n, k
	p.a, p.lda, p.b, p.ldb, p.c, p.ldc = a, lda, b, ldb, c, ldc
}

// bindAffine makes a new product that of Affine.
func (p *product[T]) bindAffine(act Activation, m, n, k int, x, w, b, wt []T, t T, dst []T) {
	p.alpha, p.act, p.time = 1, act, t
	p.bind(m, n, k, x, k, w, n, dst, n)
	if b != nil {
		p.bias = b[:n]
	}
	if wt != nil {
		p.timeWeight = wt[:n]
	}
}

// Packing does not pay for few multiply-adds, nor for few rows, which would each
// use the packed elements of B but once.
const (
	directWork = 8 * 1024
	directRows = 4
)

func (p *product[T]) compute() {
	if p.m <= 0 || p.n <= 0 {
		return
	}
	p.check()
	if w := p.way(); w != packed {
		p.rows(w, 0, p.m)
		return
	}
	packedProduct(p)
}

// few reports whether the product is too small for packing to pay, or for the
// packed product to exist at all.
func (p *product[T]) few() bool {
	if p.exact {
		return p.k <= 0
	}
	small := p.m <= directRows && !(p.transA && p.transB) || p.m*p.n*p.k <= directWork
	return p.k <= 0 || p.alpha == 1 && small
}

// check panics where a matrix is shorter than its shape says. Assembly relies
// on it.
func (p *product[T]) check() {
	_ = p.c[(p.m-1)*p.ldc+p.n-1]
	if p.k <= 0 {
		return
	}
	ars, acs := p.aStrides()
	brs, bcs := p.bStrides()
	_ = p.a[(p.m-1)*ars+(p.k-1)*acs]
	_ = p.b[(p.k-1)*brs+(p.n-1)*bcs]
	if min(p.lda, p.ldb, p.ldc) < 0 {
		panic("kernel: negative leading dimension")
	}
}

// aStrides returns the distances between rows and between columns of op(A).
func (p *product[T]) aStrides() (row, col int) {
	if p.transA {
		return 1, p.lda
	}
	return p.lda, 1
}

// bStrides returns the distances between rows and between columns of op(B).
func (p *product[T]) bStrides() (row, col int) {
	if p.transB {
		return 1, p.ldb
	}
	return p.ldb, 1
}

// direct computes the rows lo to hi from A and B as they lie in memory.
func (p *product[T]) direct(lo, hi int) {
	accumulate := p.accumulate
	for i := lo; i < hi; i++ {
		row := p.c[i*p.ldc:][:p.n]
		accumulate = p.begin(row, p.timeOf(i))
		if p.k <= 0 && !accumulate {
			clear(row)
		}
	}
	ars, acs := p.aStrides()
	switch {
	case p.k <= 0:
	case p.transB:
		for i := lo; i < hi; i++ {
			rowDot(p.n, p.k, p.a[i*ars:], acs, p.b, p.ldb, accumulate, p.c[i*p.ldc:])
		}
	default:
		rowCombine(hi-lo, p.n, p.k, p.a[lo*ars:], ars, acs, p.b, p.ldb, accumulate, p.c[lo*p.ldc:], p.ldc)
	}
}

// startsWithRow reports whether every row has the same terms that do not involve the
// product.
func (p *product[T]) startsWithRow() bool {
	return (p.bias != nil || p.timeWeight != nil) && p.times == nil
}

// timeOf returns the time of a row.
func (p *product[T]) timeOf(i int) T {
	if p.times != nil {
		return p.times[i]
	}
	return p.time
}

// begin writes the terms that do not involve the product to a row of C, at its time t.
// It reports whether the product is to be added to row rather than to replace it.
func (p *product[T]) begin(row []T, t T) (accumulate bool) {
	return beginRow(row, p.bias, p.timeWeight, t) || p.accumulate
}

// beginRow writes bias + t·timeWeight to a row, as far as they are there. It reports
// whether one of them is.
func beginRow[T Float](row, bias, timeWeight []T, t T) bool {
	switch {
	case bias != nil && timeWeight != nil:
		c := [2]T{t, 1}
		x := [2][]T{timeWeight, bias}
		linComb(row, c[:], x[:], 0, len(row), false)
	case bias != nil:
		copy(row, bias)
	case timeWeight != nil:
		c := [1]T{t}
		x := [1][]T{timeWeight}
		linComb(row, c[:], x[:], 0, len(row), false)
	default:
		return false
	}
	return true
}

// finish applies the activation to a part of C.
func (p *product[T]) finish(part []T) {
	if p.act != Identity {
		activate(p.act, part, part)
	}
}

// finishRows applies the activation to the rows lo to hi.
func (p *product[T]) finishRows(lo, hi int) {
	if p.ldc == p.n {
		p.finish(p.c[lo*p.ldc : hi*p.ldc])
		return
	}
	for i := lo; i < hi; i++ {
		p.finish(p.c[i*p.ldc:][:p.n])
	}
}

// rowCombine computes rows C[i,:] (+)= Σ_p A[i,p]·B[p,:], B without transpose.
func rowCombine[T Float](rows, n, k int, a []T, ars, acs int, b []T, ldb int, accumulate bool, c []T, ldc int) {
	if vectorRowCombine(rows, n, k, a, ars, acs, b, ldb, accumulate, c, ldc) {
		return
	}
	for i := range rows {
		row := c[i*ldc:][:n]
		if !accumulate {
			clear(row)
		}
		for p := range k {
			ap := a[i*ars+p*acs]
			for j, v := range b[p*ldb:][:n] {
				row[j] += ap * v
			}
		}
	}
}

// rowDot computes one row c[j] (+)= Σ_p a[p·acs]·B[j,p], B with transpose.
func rowDot[T Float](n, k int, a []T, acs int, b []T, ldb int, accumulate bool, c []T) {
	if vectorRowDot(n, k, a, acs, b, ldb, accumulate, c) {
		return
	}
	for j := range n {
		var sum T
		for p, v := range b[j*ldb:][:k] {
			sum += a[p*acs] * v
		}
		if accumulate {
			sum += c[j]
		}
		c[j] = sum
	}
}

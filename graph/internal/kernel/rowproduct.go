package kernel

import (
	"bytes"
	"unsafe"
)

// A RowProduct is a matrix product or an affine layer of which any rows can be
// computed by themselves, so that a worker can take some rows through a chain of
// layers while they are in its cache. The result has the same bits as that of
// [Gemm] or [Affine].
//
// Bind it to its operands, then Pack, unless it is Packed, then call Rows for all rows,
// from any number of goroutines.
type RowProduct[T Float] struct {
	// Exact gives a row the same bits in a product of any number of rows. Otherwise, and
	// in Gemm and Affine, small products have an order of sums of their own.
	Exact bool

	g    packedGemm[T]
	way  way
	held []T // what was packed, as it lay in memory
}

// BindGemm makes r the product C = A·op(B), or C += A·op(B), of contiguous
// matrices, as in Gemm.
func (r *RowProduct[T]) BindGemm(transB bool, m, n, k int, a, b []T, accumulate bool, c []T) {
	ldb := n
	if transB {
		ldb = k
	}
	r.bind(product[T]{
		transB: transB, m: m, n: n, k: k, alpha: 1,
		a: a, lda: k, b: b, ldb: ldb, c: c, ldc: n, accumulate: accumulate,
	})
}

// BindAffine makes r the layer dst = act(x·w + t·wt + b), as in Affine.
func (r *RowProduct[T]) BindAffine(act Activation, m, n, k int, x, w, b, wt []T, t T, dst []T) {
	var p product[T]
	p.bindAffine(act, m, n, k, x, w, b, wt, t, dst)
	r.bind(p)
}

// BindAffineTimes makes r the layer dst = act(x·w + times·wt + b), as in AffineTimes.
func (r *RowProduct[T]) BindAffineTimes(act Activation, m, n, k int, x, w, b, wt, times, dst []T) {
	var p product[T]
	p.bindAffine(act, m, n, k, x, w, b, wt, 0, dst)
	p.times = times[:m]
	r.bind(p)
}

func (r *RowProduct[T]) bind(p product[T]) {
	if p.m > 0 && p.n > 0 {
		p.check()
	}
	p.exact = r.Exact
	r.g.product = p
	if r.way = p.way(); r.way == packed {
		r.g.prepare()
		// A tile that is cut off is slow to write. Writing some elements of a full one
		// twice does no harm, unless they add up.
		if tail := r.tail(); vector == avx2 && !p.accumulate && r.g.depth >= p.k && p.n >= tail {
			r.g.tail = tail
		}
	}
}

// tail returns the width of a tile or half a tile that is enough for the columns
// beyond the last full tile, 0 if there are none or exactly half a tile.
func (r *RowProduct[T]) tail() int {
	switch rest, half := r.g.n%r.g.tileWidth, r.g.tileWidth/2; {
	case rest == 0 || rest == half:
		return 0
	case rest < half:
		return half
	}
	return r.g.tileWidth
}

// Packed reports whether op(B) is packed already, or need not be: weights are the same in
// many products. To compare takes a tenth of the time of packing, and leaves what is
// packed in the caches of all processors.
func (r *RowProduct[T]) Packed() bool {
	if r.g.n == 0 || r.way != packed {
		return true
	}
	along, across := r.g.bStrides()
	q := &r.g.right
	return q.lines == r.g.n && q.depth == r.g.k && q.width == r.g.tileWidth && q.across == across && q.along == along &&
		bytes.Equal(bytesOf(r.held), bytesOf(r.factor()))
}

// factor returns B.
func (r *RowProduct[T]) factor() []T { return r.g.b[:r.g.n*r.g.k] }

// bytesOf returns the memory of x.
func bytesOf[T Float](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*sizeof[T]())
}

// Pack packs op(B), and its last columns a second time where products may use
// them so.
func (r *RowProduct[T]) Pack() {
	if r.g.n == 0 || r.way != packed {
		return
	}
	r.held = append(r.held[:0], r.factor()...)
	r.g.packRight(0, r.g.n)
	if tail := r.tail(); 0 < tail && tail <= r.g.n {
		q := r.g.right
		q.dst = q.dst[ceil(q.lines, q.width)*panelSize[T](q.width, q.depth):]
		q.src, q.lines = q.src[(q.lines-tail)*q.across:], tail
		q.do()
	}
}

// Share takes over what Pack did for another product with the same op(B).
func (r *RowProduct[T]) Share(o *RowProduct[T]) {
	r.g.right, r.g.j0, r.g.cols = o.g.right, 0, r.g.n
}

// All computes all rows, without Pack.
func (r *RowProduct[T]) All() {
	if r.g.m > 0 && r.g.n > 0 {
		r.g.product.compute()
	}
}

// Rows computes the rows lo to hi.
func (r *RowProduct[T]) Rows(lo, hi int) {
	switch {
	case r.g.n == 0:
	case r.way != packed:
		r.g.rows(r.way, lo, hi)
	default:
		r.g.block(lo, hi, 0, r.g.n)
	}
}

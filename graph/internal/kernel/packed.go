package kernel

import (
	"runtime"
	"sync"
)

const (
	// depthMax bounds the columns of A taken at a time: a panel of B of that
	// depth, and a few rows of A, fit the first-level cache.
	depthMax = 320
	// rowsMin and rowsMax bound the rows of C computed at a time by a worker.
	// The panels of B should be used often once they are in a cache, and the
	// rows of A fit the second-level cache. Both are multiples of tile heights.
	rowsMin, rowsMax = 24, 96
	// packedMax bounds the elements of op(B) that are packed at a time.
	packedMax = 1 << 20
)

// packedGemm carries out a large product. One loop over panels packs op(B), or
// as many columns of it as packedMax allows, and a second one over row blocks
// computes C. Every element of C is summed in the order of k with cuts that
// depend on k only, so its bits do not depend on the size of the row blocks.
type packedGemm[T Float] struct {
	product[T]
	packing    bool // first loop
	j0, cols   int  // columns of op(B) that are packed
	panels     []T  // of op(B)
	depth      int  // columns of A taken at a time
	tileHeight int
	tileWidth  int
}

var gemms32, gemms64, panels32, panels64 sync.Pool

// packedProduct computes p by packing.
func packedProduct[T Float](p *product[T]) {
	pool := &gemms32
	if sizeof[T]() == 8 {
		pool = &gemms64
	}
	g, ok := pool.Get().(*packedGemm[T])
	if !ok {
		g = new(packedGemm[T])
	}
	g.product = *p
	g.compute()
	g.product = product[T]{}
	pool.Put(g)
}

func (g *packedGemm[T]) compute() {
	mr, nr := tileSize[T]()
	g.tileHeight, g.tileWidth = mr, nr
	cuts := (g.k + depthMax - 1) / depthMax
	g.depth = (g.k + cuts - 1) / cuts
	width := max(nr, packedMax/g.k/nr*nr)
	for g.j0 = 0; g.j0 < g.n; g.j0 += width {
		g.cols = min(width, g.n-g.j0)
		count := (g.cols + nr - 1) / nr
		g.panels = grow(g.panels, count*nr*g.k)
		g.packing = true
		parallel(count, max(1, blockLen/(nr*g.k)), g)
		g.packing = false
		parallel(g.m, rowBlock(g.m, mr), g)
	}
}

// rowBlock returns a number of rows that keeps all processors busy.
func rowBlock(m, tileHeight int) int {
	rows := m / (2 * runtime.GOMAXPROCS(0))
	rows += tileHeight - 1
	return min(max(rowsMin, rows-rows%tileHeight), rowsMax)
}

func (g *packedGemm[T]) run(lo, hi int) {
	if g.packing {
		j := lo * g.tileWidth
		packB(g.panels[j*g.k:], &g.product, g.j0+j, min(g.cols, hi*g.tileWidth)-j)
		return
	}
	g.rows(lo, hi)
}

// rows computes the rows lo to hi of C in the packed columns.
func (g *packedGemm[T]) rows(lo, hi int) {
	accumulate := false
	for i := lo; i < hi; i++ {
		accumulate = g.begin(g.c[i*g.ldc+g.j0:][:g.cols], g.j0)
	}
	pool := &panels32
	if sizeof[T]() == 8 {
		pool = &panels64
	}
	buf, ok := pool.Get().(*[]T)
	if !ok {
		buf = new([]T)
	}
	for p := 0; p < g.k; p += g.depth {
		g.rankUpdate(lo, hi, p, min(g.depth, g.k-p), accumulate || p > 0, buf)
	}
	pool.Put(buf)
	if g.cols == g.ldc {
		g.finish(g.c[lo*g.ldc : hi*g.ldc])
		return
	}
	for i := lo; i < hi; i++ {
		g.finish(g.c[i*g.ldc+g.j0:][:g.cols])
	}
}

// rankUpdate adds the product of the columns p to p+depth of op(A) with the
// same rows of op(B) to the rows lo to hi of C.
func (g *packedGemm[T]) rankUpdate(lo, hi, p, depth int, accumulate bool, buf *[]T) {
	mr, nr := g.tileHeight, g.tileWidth
	// Rows of A that are contiguous are read where they are, except for those
	// of an incomplete tile.
	packed := lo
	if !g.transA && g.alpha == 1 {
		packed = hi - (hi-lo)%mr
	}
	*buf = grow(*buf, (hi-packed+mr-1)/mr*mr*depth)
	packA(*buf, &g.product, packed, hi-packed, p, depth)
	// The panel of B stays in the first-level cache while A passes by.
	for j := 0; j < g.cols; j += nr {
		panel := g.panels[j*g.k+p*nr:][:depth*nr]
		cols := min(nr, g.cols-j)
		for i := lo; i < hi; i += mr {
			c := g.c[i*g.ldc+g.j0+j:]
			if i < packed {
				tile(depth, g.a[i*g.lda+p:], g.lda, 1, panel, accumulate, c, g.ldc, mr, cols)
				continue
			}
			a := (*buf)[(i-packed)*depth:]
			tile(depth, a, 1, mr, panel, accumulate, c, g.ldc, min(mr, hi-i), cols)
		}
	}
}

// grow returns a slice of length n that reuses x where it is large enough.
func grow[T Float](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

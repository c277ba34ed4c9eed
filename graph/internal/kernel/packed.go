package kernel

import (
	"runtime"
	"sync"
)

const (
	// depthMax bounds the columns of A taken at a time: a panel of B of that
	// depth, and a few rows of A, fit the first-level cache.
	depthMax = 320
	// A block of C is computed by one worker. It has at most rowsMax rows, so
	// that those of A fit the second-level cache, and at least rowsMin where
	// there are as many, so that a panel of B is used often once it is in the
	// first. Both are multiples of tile heights.
	rowsMin, rowsMax = 24, 96
	// blocksMin is the number of blocks that keeps two workers equally busy. Where
	// the rows do not suffice the columns are cut too.
	blocksMin = 16
	// packedMax bounds the elements of op(B) that are packed at a time.
	packedMax = 1 << 20
)

// packedGemm carries out a large product. One loop packs op(B), or as many
// columns of it as packedMax allows, into panels, and a second one computes
// blocks of C. Every element of C is summed in the order of k with cuts that
// depend on k only, so its bits do not depend on the blocks.
type packedGemm[T Float] struct {
	product[T]
	panels    []T // of the columns j0 to j0+cols of op(B)
	j0, cols  int
	left      []T // panels of op(A), nil where blocks pack their own
	leftStore []T
	starts    bool // with terms that do not involve the product
	first     []T  // a row of them
	work      gemmWork

	depth                 int // columns of A taken at a time
	tileHeight, tileWidth int
	blockRows, blockCols  int
}

// gemmWork is what the parallel loop of a packedGemm is doing.
type gemmWork uint8

const (
	packingB    gemmWork = iota // loop over the panels of op(B)
	packingA                    // loop over the panels of op(A)
	multiplying                 // loop over the blocks of C
)

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
	g.prepare()
	g.cut()
	g.left = nil
	if g.transA && g.blockCols < g.n {
		g.packLeft()
	}
	width := max(g.tileWidth, packedMax/g.k/g.tileWidth*g.tileWidth)
	for j := 0; j < g.n; j += width {
		g.packRight(j, min(width, g.n-j))
		g.work = multiplying
		down, across := ceil(g.m, g.blockRows), ceil(g.cols, g.blockCols)
		parallel(down*across, 1, g)
	}
}

// prepare chooses the sizes of tiles and cuts, and evaluates the first terms.
func (g *packedGemm[T]) prepare() {
	g.tileHeight, g.tileWidth = tileSize[T]()
	g.depth = ceil(g.k, ceil(g.k, depthMax))
	g.starts = g.bias != nil || g.timeWeight != nil
	if g.starts {
		g.first = grow(g.first, g.n)
		g.begin(g.first)
	}
}

// cut chooses the size of the blocks.
func (g *packedGemm[T]) cut() {
	mr, nr := g.tileHeight, g.tileWidth
	rows := ceil(g.m, blocksMin)
	g.blockRows = min(max(rowsMin, ceil(rows, mr)*mr), rowsMax)
	g.blockCols = g.n
	if down := ceil(g.m, g.blockRows); down < blocksMin && runtime.GOMAXPROCS(0) > 1 {
		g.blockCols = ceil(ceil(g.n, ceil(blocksMin, down)), nr) * nr
	}
}

// packRight packs the columns j to j+cols of op(B).
func (g *packedGemm[T]) packRight(j, cols int) {
	g.j0, g.cols = j, cols
	count := ceil(cols, g.tileWidth)
	g.panels = grow(g.panels, count*g.tileWidth*g.k)
	g.work = packingB
	parallel(count, max(1, blockLen/(g.tileWidth*g.k)), g)
}

// packLeft packs op(A).
func (g *packedGemm[T]) packLeft() {
	count := ceil(g.m, g.tileHeight)
	g.leftStore = grow(g.leftStore, count*g.tileHeight*g.k)
	g.left = g.leftStore
	g.work = packingA
	parallel(count, max(1, blockLen/(g.tileHeight*g.k)), g)
}

func (g *packedGemm[T]) run(lo, hi int) {
	switch g.work {
	case packingB:
		j := lo * g.tileWidth
		packB(g.panels[j*g.k:], &g.product, g.j0+j, min(g.cols, hi*g.tileWidth)-j)
	case packingA:
		for i := lo; i < hi; i++ {
			at := i * g.tileHeight
			packA(g.left[at*g.k:][:g.tileHeight*g.k], &g.product, at, min(g.tileHeight, g.m-at), 0, g.k)
		}
	case multiplying:
		down := ceil(g.m, g.blockRows)
		for b := lo; b < hi; b++ {
			i, j := b%down*g.blockRows, b/down*g.blockCols
			g.block(i, min(i+g.blockRows, g.m), j, min(j+g.blockCols, g.cols))
		}
	}
}

// block computes the rows i0 to i1 of C in the columns j0 to j1 of those that
// are packed.
func (g *packedGemm[T]) block(i0, i1, j0, j1 int) {
	accumulate := g.accumulate
	if g.starts {
		accumulate = true
		for i := i0; i < i1; i++ {
			copy(g.c[i*g.ldc+g.j0+j0:][:j1-j0], g.first[g.j0+j0:])
		}
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
		g.rankUpdate(i0, i1, j0, j1, p, min(g.depth, g.k-p), accumulate || p > 0, buf)
	}
	pool.Put(buf)
	if j1-j0 == g.ldc {
		g.finish(g.c[i0*g.ldc : i1*g.ldc])
		return
	}
	for i := i0; i < i1; i++ {
		g.finish(g.c[i*g.ldc+g.j0+j0:][:j1-j0])
	}
}

// rankUpdate adds the product of the columns p to p+depth of op(A) with the
// same rows of op(B) to a block of C.
func (g *packedGemm[T]) rankUpdate(i0, i1, j0, j1, p, depth int, accumulate bool, buf *[]T) {
	mr, nr := g.tileHeight, g.tileWidth
	// Rows of A that are contiguous are read where they are, except for those
	// of an incomplete tile.
	packed := i0
	if !g.transA && g.alpha == 1 {
		packed = i1 - (i1-i0)%mr
	}
	var left []T
	panel := mr * depth // elements of a panel of op(A) and where they start
	if g.left != nil {
		left, panel = g.left[packed*g.k+p*mr:], mr*g.k
	} else {
		*buf = grow(*buf, ceil(i1-packed, mr)*mr*depth)
		left = *buf
		packA(left, &g.product, packed, i1-packed, p, depth)
	}
	// The panel of B stays in the first-level cache while A passes by.
	for j := j0; j < j1; j += nr {
		right := g.panels[j*g.k+p*nr:][:depth*nr]
		cols := min(nr, j1-j)
		for i := i0; i < i1; i += mr {
			c := g.c[i*g.ldc+g.j0+j:]
			if i < packed {
				tile(depth, g.a[i*g.lda+p:], g.lda, 1, right, accumulate, c, g.ldc, mr, cols)
				continue
			}
			a := left[(i-packed)/mr*panel:]
			tile(depth, a, 1, mr, right, accumulate, c, g.ldc, min(mr, i1-i), cols)
		}
	}
}

// ceil returns a/b rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// grow returns a slice of length n that reuses x where it is large enough.
func grow[T Float](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	return x[:n]
}

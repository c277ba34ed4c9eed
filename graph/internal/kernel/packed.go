package kernel

import (
	"runtime"
	"sync"
)

const (
	// depthMax bounds the columns of A taken at a time, and panelBytes the size of a
	// panel of B of that depth, which should stay in the first-level cache while A
	// passes by.
	panelBytes = 32 << 10
	depthMax   = 512
	// A block of C is computed by one worker. It has at most rowsMax rows, so
	// that those of A fit the second-level cache, and at least rowsMin where
	// there are as many, so that a panel of B is used often once it is in the
	// first. Both are multiples of tile heights.
	rowsMin, rowsMax = 24, 96
	// blocksMin is the number of blocks that keeps two workers equally busy. Where
	// the rows do not suffice the columns are cut too.
	blocksMin = 16
	// parallelWork is the number of multiply-adds, some microseconds, from which on
	// a second worker pays.
	parallelWork = 1 << 18
	// rowBytes bounds the rows of a transposed A that is read where it is: longer
	// ones are too far apart for the first-level cache.
	rowBytes = 128
	// tileHeightMax and tileWidthMax are the largest sizes of a tile.
	tileHeightMax, tileWidthMax = 12, 32
	// packedMax bounds the elements of op(B) that are packed at a time.
	packedMax = 1 << 20
)

// packedGemm carries out a large product. One loop packs op(B), or as many
// columns of it as packedMax allows, into panels, and a second one computes
// blocks of C. Every element of C is summed in the order of k with cuts that
// depend on k only, so its bits do not depend on the blocks.
type packedGemm[T Float] struct {
	product[T]
	right  packing[T] // of the columns j0 to j0+cols of op(B)
	j0     int
	cols   int
	left   packing[T] // of op(A), if inPlace is not set
	starts bool       // with terms that do not involve the product
	first  []T        // a row of them
	// inPlace says that full tiles of A are read where they are.
	inPlace bool
	// tail is the width of a panel that ends with the last column and stands in
	// for one that is not full, 0 for none. It comes behind the others.
	tail int

	depth                 int // columns of A taken at a time
	tileHeight, tileWidth int
	blockRows, blockCols  int
}

var gemms32, gemms64 sync.Pool

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
	if !g.inPlace {
		g.packLeft()
	}
	width := max(g.tileWidth, packedMax/g.k/g.tileWidth*g.tileWidth)
	for j := 0; j < g.n; j += width {
		g.packRight(j, min(width, g.n-j))
		blocks, grain := ceil(g.m, g.blockRows)*ceil(g.cols, g.blockCols), 1
		if !g.shared() {
			grain = blocks
		}
		parallel(blocks, grain, g)
	}
}

// shared reports whether the product is worth a second worker.
func (g *packedGemm[T]) shared() bool { return g.m*g.n*g.k >= parallelWork }

// prepare chooses the sizes of tiles and cuts, and evaluates the first terms.
func (g *packedGemm[T]) prepare() {
	g.tileHeight, g.tileWidth = tileSize[T]()
	g.depth = depthStep[T](g.k)
	g.inPlace = g.alpha == 1 && (!g.transA || g.lda*sizeof[T]() <= rowBytes)
	g.tail = 0
	g.starts = g.startsWithRow()
	if g.starts {
		g.first = grow(g.first, (ceil(g.n, g.tileWidth)+1)*g.tileWidth)
		g.begin(g.first[:g.n], g.time)
	}
}

// depthStep returns how many columns of A, of k, are taken at a time.
func depthStep[T Float](k int) int {
	_, width := tileSize[T]()
	deepest := min(depthMax, panelBytes/(width*sizeof[T]()))
	return ceil(k, ceil(k, deepest))
}

// cut chooses the size of the blocks.
func (g *packedGemm[T]) cut() {
	mr, nr := g.tileHeight, g.tileWidth
	rows := ceil(g.m, blocksMin)
	g.blockRows = min(max(rowsMin, ceil(rows, mr)*mr), rowsMax)
	g.blockCols = g.n
	if down := ceil(g.m, g.blockRows); down < blocksMin && g.shared() && runtime.GOMAXPROCS(0) > 1 {
		g.blockCols = ceil(ceil(g.n, ceil(blocksMin, down)), nr) * nr
	}
}

// packRight packs the columns j to j+cols of op(B).
func (g *packedGemm[T]) packRight(j, cols int) {
	along, across := g.bStrides()
	g.j0, g.cols = j, cols
	g.right = packing[T]{
		dst: grow(g.right.dst, (ceil(cols, g.tileWidth)+1)*panelSize[T](g.tileWidth, g.k)), width: g.tileWidth,
		src: g.b[j*across:], lines: cols, across: across, along: along, depth: g.k, alpha: 1,
	}
	g.right.do()
}

// packLeft packs op(A).
func (g *packedGemm[T]) packLeft() {
	across, along := g.aStrides()
	g.left = packing[T]{
		dst: grow(g.left.dst, ceil(g.m, g.tileHeight)*panelSize[T](g.tileHeight, g.k)), width: g.tileHeight,
		src: g.a, lines: g.m, across: across, along: along, depth: g.k, alpha: g.alpha,
	}
	g.left.do()
}

// run computes some blocks of C.
func (g *packedGemm[T]) run(lo, hi int) {
	down := ceil(g.m, g.blockRows)
	for b := lo; b < hi; b++ {
		i, j := b%down*g.blockRows, b/down*g.blockCols
		g.block(i, min(i+g.blockRows, g.m), j, min(j+g.blockCols, g.cols))
	}
}

// block computes the rows i0 to i1 of C in the columns j0 to j1 of those that
// are packed.
func (g *packedGemm[T]) block(i0, i1, j0, j1 int) {
	for p := 0; p < g.k; p += g.depth {
		g.rankUpdate(i0, i1, j0, j1, p, min(g.depth, g.k-p), g.accumulate || p > 0)
		if p == 0 && g.times != nil {
			g.addTimes(i0, i1, g.j0+j0, g.j0+j1)
		}
	}
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
func (g *packedGemm[T]) rankUpdate(i0, i1, j0, j1, p, depth int, accumulate bool) {
	mr := g.tileHeight
	full := i1 - (i1-i0)%mr
	if g.inPlace {
		ars, acs := g.aStrides()
		g.sweep(i0, full, j0, j1, p, depth, accumulate, g.a[i0*ars+p*acs:], ars, acs, mr*ars)
		switch {
		case full == i1:
		case (i1-full)%shortTile[T]() == 0:
			g.sweep(full, i1, j0, j1, p, depth, accumulate, g.a[full*ars+p*acs:], ars, acs, mr*ars)
		case full > i0 && !accumulate: // some rows twice: a tile that is cut off is slow
			i0 = i1 - mr
			g.sweep(i0, i1, j0, j1, p, depth, false, g.a[i0*ars+p*acs:], ars, acs, mr*ars)
		default:
			g.lastTile(full, i1, j0, j1, p, depth, accumulate)
		}
		return
	}
	size := panelSize[T](mr, g.k)
	g.sweep(i0, i1, j0, j1, p, depth, accumulate, g.left.dst[i0/mr*size+p*mr:], 1, mr, size)
}

// lastTile is rankUpdate for rows that do not fill a tile, and of which A is
// not packed.
func (g *packedGemm[T]) lastTile(i0, i1, j0, j1, p, depth int, accumulate bool) {
	var buf [tileHeightMax * depthMax]T
	ars, acs := g.aStrides()
	q := packing[T]{
		dst: buf[:], width: g.tileHeight, src: g.a[i0*ars+p*acs:],
		lines: i1 - i0, across: ars, along: acs, depth: depth, alpha: 1,
	}
	q.packPanel(0)
	g.sweep(i0, i1, j0, j1, p, depth, accumulate, buf[:], 1, g.tileHeight, 0)
}

// sweep carries out a rankUpdate with A given as for tiles.
func (g *packedGemm[T]) sweep(i0, i1, j0, j1, p, depth int, accumulate bool, a []T, ars, acs, down int) {
	nr := g.tileWidth
	full, rest := (j1-j0)/nr, (j1-j0)%nr
	// The last panel comes first: what a tail writes twice is to have the bits of the
	// full panel.
	if j := j1 - rest; rest > 0 && g.tail > 0 {
		g.panels(i0, i1, g.n-g.tail, j/nr+1, 1, g.tail, p, depth, accumulate, a, ars, acs, down)
	} else if rest > 0 {
		g.panels(i0, i1, j, j/nr, 1, rest, p, depth, accumulate, a, ars, acs, down)
	}
	if full > 0 {
		g.panels(i0, i1, j0, j0/nr, full, nr, p, depth, accumulate, a, ars, acs, down)
	}
}

// panels is sweep for so many panels of op(B), from one on, with the columns of C
// from j on. A single one may have fewer columns than a tile.
func (g *packedGemm[T]) panels(i0, i1, j, panel, count, cols, p, depth int, accumulate bool, a []T, ars, acs, down int) {
	mr, nr := g.tileHeight, g.tileWidth
	size := panelSize[T](nr, g.k)
	b := g.right.dst[panel*size+p*nr:][:(count-1)*size+depth*nr]
	var first []T
	if g.starts && p == 0 {
		first = g.first[g.j0+j:][:count*nr]
	}
	full, rest := (i1-i0)/mr, (i1-i0)%mr
	c := g.c[i0*g.ldc+g.j0+j:]
	if full > 0 {
		tiles(count, full, depth, a, ars, acs, down, b, nr, size, first, accumulate, c, g.ldc, mr, cols)
	}
	if rest > 0 {
		tiles(count, 1, depth, a[full*down:], ars, acs, down, b, nr, size, first, accumulate, c[full*mr*g.ldc:], g.ldc, rest, cols)
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

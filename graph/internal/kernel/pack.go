package kernel

// A packing copies a matrix into panels of some lines each, in which the
// elements at one depth lie together, in the order of depth. Lines missing from
// the last panel are zero.
type packing[T Float] struct {
	dst    []T
	width  int // lines in a panel
	src    []T
	lines  int
	across int // distance between lines in src
	along  int // distance between depths in src
	depth  int
	alpha  T // factor
}

// panelSize returns the distance between panels: one cache line more than they
// fill, lest they compete for the same places of the first-level cache.
func panelSize[T Float](width, depth int) int { return width*depth + 64/sizeof[T]() }

// do packs, in parallel.
func (q *packing[T]) do() {
	if q.across == 1 {
		parallel(q.depth, max(1, 2*blockLen/max(1, q.lines)), q)
		return
	}
	parallel(ceil(q.lines, q.width), max(1, 2*blockLen/(q.width*max(1, q.depth))), q)
}

// run packs a range of depths where lines lie side by side in src, and a range
// of panels otherwise: src is read in the order of memory.
func (q *packing[T]) run(lo, hi int) {
	if q.across == 1 {
		for p := lo; p < hi; p++ {
			q.packDepth(p)
		}
		return
	}
	for i := lo; i < hi; i++ {
		q.packPanel(i)
	}
}

// packDepth packs the elements of all lines at one depth.
func (q *packing[T]) packDepth(p int) {
	size, src := panelSize[T](q.width, q.depth), q.src[p*q.along:][:q.lines]
	full := q.lines / q.width
	if full > 0 && !vectorPack(q.dst[p*q.width:], src, size, q.width, full) {
		for i := range full {
			copy(q.dst[i*size+p*q.width:][:q.width], src[i*q.width:])
		}
	}
	if full*q.width < q.lines {
		last := q.dst[full*size+p*q.width:][:q.width]
		clear(last[copy(last, src[full*q.width:]):])
	}
	if q.alpha != 1 {
		for i := range ceil(q.lines, q.width) {
			scal(q.alpha, q.dst[i*size+p*q.width:][:q.width])
		}
	}
}

// packPanel packs one panel from lines that do not lie side by side.
func (q *packing[T]) packPanel(i int) {
	width, dst := q.width, q.dst[i*panelSize[T](q.width, q.depth):][:q.width*q.depth]
	src, lines := q.src[i*width*q.across:], min(width, q.lines-i*width)
	if lines < width {
		clear(dst)
	}
	l := 0
	if q.along == 1 {
		for ; l+4 <= lines; l += 4 {
			a, b := src[l*q.across:][:q.depth], src[(l+1)*q.across:][:q.depth]
			c, d := src[(l+2)*q.across:][:q.depth], src[(l+3)*q.across:][:q.depth]
			for p := range a {
				*(*[4]T)(dst[p*width+l:]) = [4]T{a[p], b[p], c[p], d[p]}
			}
		}
	}
	for ; l < lines; l++ {
		for p := range q.depth {
			dst[p*width+l] = src[l*q.across+p*q.along]
		}
	}
	scal(q.alpha, dst)
}

// scal multiplies x by alpha.
func scal[T Float](alpha T, x []T) {
	if alpha == 1 {
		return
	}
	for i := range x {
		x[i] *= alpha
	}
}

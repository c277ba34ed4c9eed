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
		q.packDepths(lo, hi)
		return
	}
	for i := lo; i < hi; i++ {
		q.packPanel(i)
	}
}

// packDepths packs the elements of all lines from one depth to another.
func (q *packing[T]) packDepths(lo, hi int) {
	size, full := panelSize[T](q.width, q.depth), q.lines/q.width
	dst, src := q.dst[lo*q.width:], q.src[lo*q.along:]
	if full > 0 && !vectorPack(dst, src, size, q.width, full, q.along, hi-lo) {
		for p := range hi - lo {
			for i := range full {
				copy(dst[i*size+p*q.width:][:q.width], src[p*q.along+i*q.width:])
			}
		}
	}
	if done := full * q.width; done < q.lines {
		last, rest := dst[full*size:][:(hi-lo)*q.width], src[done:]
		clear(last)
		for p := range hi - lo {
			to := last[p*q.width:][:q.lines-done]
			from := rest[p*q.along:][:len(to)]
			for l := range to { // a few elements, for which a call costs more
				to[l] += from[l]
			}
		}
	}
	if q.alpha != 1 {
		for i := range ceil(q.lines, q.width) {
			scal(q.alpha, dst[i*size:][:(hi-lo)*q.width])
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

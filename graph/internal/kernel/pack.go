package kernel

// packA copies alpha times the rows i to i+rows, columns p to p+depth of op(A)
// into panels of the height of a tile.
func packA[T Float](dst []T, q *product[T], i, rows, p, depth int) {
	mr, _ := tileSize[T]()
	ars, acs := q.aStrides()
	if rows == 0 {
		return
	}
	pack(dst, mr, rows, q.a[i*ars+p*acs:], ars, acs, depth)
	scal(q.alpha, dst)
}

// packB copies the columns j to j+cols of op(B), all k rows, into panels of the
// width of a tile.
func packB[T Float](dst []T, q *product[T], j, cols int) {
	_, nr := tileSize[T]()
	brs, bcs := q.bStrides()
	pack(dst, nr, cols, q.b[j*bcs:], bcs, brs, q.k)
}

// pack cuts a matrix into panels of width lines each and copies them so that
// in a panel the elements at one depth lie together, in the order of depth.
// Lines missing from the last panel are zero. In src, lines are across apart
// and depths along.
func pack[T Float](dst []T, width, lines int, src []T, across, along, depth int) {
	for ; lines > 0; lines -= width {
		panel, used := dst[:width*depth], min(width, lines)
		if across == 1 {
			packContiguous(panel, width, used, src, along, depth)
		} else {
			packTransposed(panel, width, used, src, across, along, depth)
		}
		if lines > width {
			dst, src = dst[width*depth:], src[width*across:]
		}
	}
}

// packContiguous packs one panel of lines that lie together in src already.
func packContiguous[T Float](dst []T, width, lines int, src []T, along, depth int) {
	if lines == width && vectorPack(dst, width, src, along, depth) {
		return
	}
	for p := range depth {
		n := copy(dst[p*width:][:width], src[p*along:][:lines])
		clear(dst[p*width:][n:width])
	}
}

// packTransposed packs one panel from lines that do not lie together.
func packTransposed[T Float](dst []T, width, lines int, src []T, across, along, depth int) {
	if lines < width {
		clear(dst)
	}
	l := 0
	if along == 1 {
		for ; l+4 <= lines; l += 4 {
			a, b := src[l*across:][:depth], src[(l+1)*across:][:depth]
			c, d := src[(l+2)*across:][:depth], src[(l+3)*across:][:depth]
			for p := range a {
				*(*[4]T)(dst[p*width+l:]) = [4]T{a[p], b[p], c[p], d[p]}
			}
		}
	}
	for ; l < lines; l++ {
		for p := range depth {
			dst[p*width+l] = src[l*across+p*along]
		}
	}
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

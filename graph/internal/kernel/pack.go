package kernel

// packA copies alpha times the rows i to i+rows, columns p to p+depth of op(A)
// into panels of tileRows rows: panel after panel, and in a panel column after
// column. Rows missing from the last panel are zero.
func packA[T Float](dst []T, q *product[T], i, rows, p, depth int) {
	mr, _ := tileSize[T]()
	ars, acs := q.aStrides()
	for ; rows > 0; rows, i = rows-mr, i+mr {
		panel := dst[:mr*depth]
		dst = dst[mr*depth:]
		packPanel(panel, mr, min(rows, mr), q.a[i*ars+p*acs:], ars, acs, depth)
		scal(q.alpha, panel)
	}
}

// packB copies the columns j to j+cols of op(B), all k rows, into panels of
// tileCols columns: panel after panel, and in a panel row after row. Columns
// missing from the last panel are zero.
func packB[T Float](dst []T, q *product[T], j, cols int) {
	_, nr := tileSize[T]()
	brs, bcs := q.bStrides()
	for ; cols > 0; cols, j = cols-nr, j+nr {
		packPanel(dst[:nr*q.k], nr, min(cols, nr), q.b[j*bcs:], bcs, brs, q.k)
		dst = dst[nr*q.k:]
	}
}

// packPanel copies a strip of a matrix, used of whose width lines exist, so
// that the elements at one depth lie together. Lines are across apart in src,
// and successive depths along apart.
func packPanel[T Float](dst []T, width, used int, src []T, across, along, depth int) {
	if used < width {
		clear(dst)
	}
	if across == 1 {
		for p := range depth {
			copy(dst[p*width:][:used], src[p*along:])
		}
		return
	}
	for l := range used {
		line := src[l*across:]
		for p := range depth {
			dst[p*width+l] = line[p*along]
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

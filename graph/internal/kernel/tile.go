package kernel

// tileSize returns the height and width of the block of C that is kept in
// registers. Panels have the same widths.
func tileSize[T Float]() (rows, cols int) {
	switch vector {
	case avx2:
		return 6, 64 / sizeof[T]() // 12 of the 16 registers of 32 bytes
	case avx512:
		return 12, 128 / sizeof[T]() // 24 of the 32 registers of 64 bytes
	}
	return 4, 4
}

// shortTile returns the height of the smallest tile, which is for the last rows.
func shortTile[T Float]() int {
	rows, _ := tileSize[T]()
	if vector == avx512 {
		return rows / 3
	}
	return rows
}

// narrowTile returns the width of the smallest tile, which is for the last columns.
func narrowTile[T Float]() int {
	_, cols := tileSize[T]()
	if vector == avx512 {
		return cols / 4
	}
	return cols / 2
}

// tiles computes C = A·B, or C += A·B with accumulate, for panels of tile width
// side by side, each of count tiles one below the other. Of each tile it writes the
// first rows×cols elements, not all of them only if there is one in that direction.
// It adds first, a row as wide as the panels, to every row unless it is nil. A has
// distances ars between rows, acs between columns and down between tiles, of a height
// that is a multiple of the smallest; b has k rows of each panel, brs apart, and the
// panels next apart.
func tiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	switch mr, nr := tileSize[T](); {
	case vector == portable:
		portableTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
	case vector == avx2 && (rows != mr || cols != nr && cols != nr/2):
		cutTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
	case vector == avx512 && (rows < mr || takesTwo[T](cols)):
		smallTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
	default:
		vectorTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
	}
}

// takesTwo reports whether half a tile and a narrow one are enough for so many columns,
// and one of them is not.
func takesTwo[T Float](cols int) bool {
	_, nr := tileSize[T]()
	return nr/2 < cols && cols <= nr/2+narrowTile[T]()
}

// smallTiles is tiles where two short tiles may be enough for the rows, or two narrow
// ones for the columns.
func smallTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	if short := shortTile[T](); short < rows && rows <= 2*short {
		wideTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, short, cols)
		a, c, rows = a[short*ars:], c[short*ldc:], rows-short
	}
	wideTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
}

// wideTiles computes a panel of fewer columns by half a tile and a narrow one if that is
// enough.
func wideTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	_, nr := tileSize[T]()
	if half := nr / 2; takesTwo[T](cols) {
		vectorTiles(1, count, k, a, ars, acs, down, b, brs, 0, first, accumulate, c, ldc, rows, half)
		if b, c, cols = b[half:], c[half:], cols-half; first != nil {
			first = first[half:]
		}
	}
	vectorTiles(panels, count, k, a, ars, acs, down, b, brs, next, first, accumulate, c, ldc, rows, cols)
}

// cutTiles computes tiles of which not all is to be written, one by one, since
// masked stores of AVX2 are slow.
func cutTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	mr, nr := tileSize[T]()
	width := nr
	if cols <= nr/2 {
		width = nr / 2
	}
	for t := range panels * count {
		j, t := t/count, t%count
		var row []T
		if first != nil {
			row = first[j*nr:]
		}
		var part [6 * 16]T
		vectorTiles(1, 1, k, a[t*down:], ars, acs, 0, b[j*next:], brs, 0, row, false, part[:], nr, mr, width)
		store(c[t*mr*ldc+j*nr:], ldc, part[:], nr, rows, cols, accumulate)
	}
}

func portableTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	const size = 4
	for t := range panels * count {
		j, t := t/count, t%count
		a, b, c := a[t*down:], b[j*next:], c[t*size*ldc+j*size:]
		var sum [size * size]T
		for p := range k {
			a0, a1, a2, a3 := a[p*acs], a[ars+p*acs], a[2*ars+p*acs], a[3*ars+p*acs]
			bp := b[p*brs:][:size]
			for j, v := range bp {
				sum[j] += a0 * v
				sum[size+j] += a1 * v
				sum[2*size+j] += a2 * v
				sum[3*size+j] += a3 * v
			}
		}
		if first != nil {
			for i := range sum {
				sum[i] += first[j*size+i%size]
			}
		}
		store(c, ldc, sum[:], size, rows, cols, accumulate)
	}
}

// store writes the first rows×cols elements of a tile to C or adds them.
func store[T Float](c []T, ldc int, sum []T, width, rows, cols int, accumulate bool) {
	for i := range rows {
		row := c[i*ldc:][:cols]
		if !accumulate {
			copy(row, sum[i*width:])
			continue
		}
		for j := range row {
			row[j] += sum[i*width+j]
		}
	}
}

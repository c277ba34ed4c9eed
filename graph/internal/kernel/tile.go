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

// tiles computes C = A·B, or C += A·B with accumulate, for count tiles one below
// the other, or for the first rows×cols elements of a single tile. It adds first,
// a row as wide as a tile, to every row unless it is nil. A has distances ars
// between rows, acs between columns and down between tiles, all of them of full
// height; b has k rows as wide as a tile, brs apart.
func tiles[T Float](count, k int, a []T, ars, acs, down int, b []T, brs int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	if vectorTiles(count, k, a, ars, acs, down, b, brs, first, accumulate, c, ldc, rows, cols) {
		return
	}
	const size = 4
	for t := range count {
		a, c := a[t*down:], c[t*size*ldc:]
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
				sum[i] += first[i%size]
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

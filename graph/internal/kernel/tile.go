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

// tile computes C = A·B, or C += A·B with accumulate, for rows×cols elements of
// C, at most a tile. A is a matrix of tile height and depth k with the given
// strides; b is a panel of tile width and depth k.
func tile[T Float](k int, a []T, ars, acs int, b []T, accumulate bool, c []T, ldc, rows, cols int) {
	if vectorTile(k, a, ars, acs, b, accumulate, c, ldc, rows, cols) {
		return
	}
	const size = 4
	var sum [size * size]T
	for p := range k {
		a0, a1, a2, a3 := a[p*acs], a[ars+p*acs], a[2*ars+p*acs], a[3*ars+p*acs]
		bp := b[p*size:][:size]
		for j, v := range bp {
			sum[j] += a0 * v
			sum[size+j] += a1 * v
			sum[2*size+j] += a2 * v
			sum[3*size+j] += a3 * v
		}
	}
	store(c, ldc, sum[:], size, rows, cols, accumulate)
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

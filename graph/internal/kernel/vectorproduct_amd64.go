//go:build !purego

package kernel

func vectorRowCombine[T Float](rows, n, k int, a []T, ars, acs int, b []T, ldb int, accumulate bool, c []T, ldc int) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		rowCombine32(rows, n, k, single(a), ars, acs, single(b), ldb, accumulate, single(c), ldc)
	default:
		rowCombine64(rows, n, k, double(a), ars, acs, double(b), ldb, accumulate, double(c), ldc)
	}
	return true
}

// vectorRowDot needs the row of A to be contiguous.
func vectorRowDot[T Float](n, k int, a []T, acs int, b []T, ldb int, accumulate bool, c []T) bool {
	switch {
	case vector == portable || acs != 1:
		return false
	case sizeof[T]() == 4:
		rowDot32(n, k, single(a), single(b), ldb, accumulate, single(c))
	default:
		rowDot64(n, k, double(a), double(b), ldb, accumulate, double(c))
	}
	return true
}

// vectorCombine starts from a row that comes first, if there is one.
func (p *SmallProduct[T]) vectorCombine(ars, acs int, first []T) bool {
	switch {
	case vector == portable:
		return false
	case sizeof[T]() == 4:
		combineRows32(p.M, p.N, p.K, single(p.A), ars, acs, single(p.B), single(first), p.Accumulate, single(p.C))
	default:
		combineRows64(p.M, p.N, p.K, double(p.A), ars, acs, double(p.B), double(first), p.Accumulate, double(p.C))
	}
	return true
}

// vectorPack copies the given number of lines, of as many elements as a tile is
// high or wide, for each depth. They lie side by side in src, where depths are
// along apart, and apart in dst, where depths lie side by side.
func vectorPack[T Float](dst, src []T, apart, width, lines, along, depth int) bool {
	if vector == portable || depth == 0 {
		return false
	}
	_, _ = dst[(lines-1)*apart+depth*width-1], src[(depth-1)*along+lines*width-1]
	switch mr, _ := tileSize[T](); {
	case sizeof[T]() == 4 && width == mr:
		packHeight32(single(dst), single(src), apart, lines, along, depth)
	case sizeof[T]() == 4:
		packWidth32(single(dst), single(src), apart, lines, along, depth)
	case width == mr:
		packHeight64(double(dst), double(src), apart, lines, along, depth)
	default:
		packWidth64(double(dst), double(src), apart, lines, along, depth)
	}
	return true
}

// vectorTiles computes tiles or, if those have all columns, their left halves.
// With AVX2 it writes all of them to C, with AVX-512 the given rows and columns.
func vectorTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	_, nr := tileSize[T]()
	switch half := cols <= nr/2; {
	case sizeof[T]() == 4 && half:
		halfTiles32(panels, count, k, single(a), ars, acs, down, single(b), brs, next, single(first), single(c), ldc, rows, cols, accumulate)
	case sizeof[T]() == 4:
		tiles32(panels, count, k, single(a), ars, acs, down, single(b), brs, next, single(first), single(c), ldc, rows, cols, accumulate)
	case half:
		halfTiles64(panels, count, k, double(a), ars, acs, down, double(b), brs, next, double(first), double(c), ldc, rows, cols, accumulate)
	default:
		tiles64(panels, count, k, double(a), ars, acs, down, double(b), brs, next, double(first), double(c), ldc, rows, cols, accumulate)
	}
}

// vectorShallow computes C = init + A·B + first, or adds it to C, for a depth of
// narrowMax at most. With dot the products of an element are summed as in rowDot.
func vectorShallow[T Float](dot bool, rows, n, k int, a []T, ars, acs int, b []T, ldb int, init []T, ldi int, first []T, accumulate bool, c []T, ldc int) {
	switch {
	case sizeof[T]() == 4 && dot:
		shallowDot32(rows, n, k, single(a), ars, acs, single(b), ldb, single(init), ldi, single(first), accumulate, single(c), ldc)
	case sizeof[T]() == 4:
		shallow32(rows, n, k, single(a), ars, acs, single(b), ldb, single(init), ldi, single(first), accumulate, single(c), ldc)
	case dot:
		shallowDot64(rows, n, k, double(a), ars, acs, double(b), ldb, double(init), ldi, double(first), accumulate, double(c), ldc)
	default:
		shallow64(rows, n, k, double(a), ars, acs, double(b), ldb, double(init), ldi, double(first), accumulate, double(c), ldc)
	}
}

// vectorSlender computes C = A·B + first, or adds it to C, for at most narrowMax columns
// and whole groups of rows.
func vectorSlender[T Float](transA bool, rows, n, k int, a []T, lda int, b []T, brs, bcs int, first []T, accumulate bool, c []T, ldc int) {
	switch {
	case sizeof[T]() == 4 && transA:
		slenderTransA32(rows, n, k, single(a), lda, single(b), brs, bcs, single(first), accumulate, single(c), ldc)
	case sizeof[T]() == 4:
		slender32(rows, n, k, single(a), lda, single(b), brs, bcs, single(first), accumulate, single(c), ldc)
	case transA:
		slenderTransA64(rows, n, k, double(a), lda, double(b), brs, bcs, double(first), accumulate, double(c), ldc)
	default:
		slender64(rows, n, k, double(a), lda, double(b), brs, bcs, double(first), accumulate, double(c), ldc)
	}
}

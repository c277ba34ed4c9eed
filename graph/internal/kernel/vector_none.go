//go:build !amd64 || purego

package kernel

// Builds without assembly have no vector kernels: each of these reports that it
// left the work to portable Go, and vectorTiles, vectorShallow and vectorSlender are never called.
var vector = portable

func vectorActivate[T Float](Activation, []T, []T) bool           { return false }
func vectorActivateGrad[T Float](Activation, []T, []T, []T) bool  { return false }
func vectorLinComb[T Float]([]T, []T, [][]T, int, int, bool) bool { return false }
func vectorNoiseComb[T Float](dst, c []T, x, noise, b [][]T, lo, hi int, accumulate bool) bool {
	return false
}

func vectorSpread[T Float]([]T, int, []float64, int, int, int) bool        { return false }
func vectorAddTimes[T Float](c, times, wt, b []T, ldc int) bool            { return false }
func vectorMul[T Float](dst, x, y []T) bool                                { return false }
func vectorCube[T Float](dst, x []T) bool                                  { return false }
func vectorCubeGrad[T Float](dst, x, dy []T) bool                          { return false }
func vectorGate[T Float](dst, u, x, y []T, s states) bool                  { return false }
func vectorGateMul[T Float](dst, u, x []T, s states) bool                  { return false }
func vectorGateComplement[T Float](dst, u, x []T, s states) bool           { return false }
func vectorGateDot[T Float](du, x, y []T, s states) bool                   { return false }
func vectorGateDotDiff[T Float](du, x, y, z []T, s states) bool            { return false }
func vectorMaskedDiff[T Float](dst, x, y, mask []T) bool                   { return false }
func vectorSumSq[T Float]([]T) (float64, bool)                             { return 0, false }
func vectorDiffSumSq[T Float](x, y []T) (float64, bool)                    { return 0, false }
func vectorFinite[T Float]([]T) (all, ok bool)                             { return false, false }
func (*scaledError[T]) vectorSumSq(lo, hi int) (float64, bool)             { return 0, false }
func (*scaledError[T]) vectorRatios([]float64, int, int, bool) bool        { return false }
func (*scaledError[T]) vectorGrad(dst []T, lo, hi int, scale float64) bool { return false }

func vectorScaledComb[T Float](dst, scale, c []T, x [][]T, d []T, y [][]T, lo, hi int, accumulate bool) bool {
	return false
}

func vectorRowCombine[T Float](rows, n, k int, a []T, ars, acs int, b []T, ldb int, accumulate bool, c []T, ldc int) bool {
	return false
}

func vectorRowDot[T Float](n, k int, a []T, acs int, b []T, ldb int, accumulate bool, c []T) bool {
	return false
}

func (p *SmallProduct[T]) vectorCombine(ars, acs int, first []T) bool { return false }

func vectorPack[T Float](dst, src []T, apart, width, lines, along, depth int) bool { return false }

func vectorTiles[T Float](panels, count, k int, a []T, ars, acs, down int, b []T, brs, next int, first []T, accumulate bool, c []T, ldc, rows, cols int) {
	panic("kernel: no assembly")
}

func vectorShallow[T Float](dot bool, rows, n, k int, a []T, ars, acs int, b []T, ldb int, init []T, ldi int, first []T, accumulate bool, c []T, ldc int) {
	panic("kernel: no assembly")
}

func vectorSlender[T Float](transA bool, rows, n, k int, a []T, lda int, b []T, brs, bcs int, first []T, accumulate bool, c []T, ldc int) {
	panic("kernel: no assembly")
}

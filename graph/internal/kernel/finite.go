package kernel

// Finite reports whether all elements of x are finite. It stops early at the
// first block that has a NaN or an infinity.
func Finite[T Float](x []T) bool {
	for lo := 0; lo < len(x); lo += blockLen {
		if !finite(x[lo:min(lo+blockLen, len(x))]) {
			return false
		}
	}
	return true
}

func finite[T Float](x []T) bool {
	if all, ok := vectorFinite(x); ok {
		return all
	}
	// The product with zero is NaN exactly for NaN and infinities, and NaN
	// sticks to the sum.
	var sum T
	for _, v := range x {
		sum += v * 0
	}
	return sum == 0
}

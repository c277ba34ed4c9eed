package kernel

// SumSq returns Σ_i x_i², accumulated in float64.
func SumSq[T Float](x []T) float64 {
	if len(x) <= blockLen {
		return sumSq(x)
	}
	s := newSweep[T](opSumSq)
	s.x = x
	return s.sum(len(x))
}

// DiffSumSq returns Σ_i (x_i-y_i)², accumulated in float64.
func DiffSumSq[T Float](x, y []T) float64 {
	y = y[:len(x)]
	if len(x) <= blockLen {
		return diffSumSq(x, y)
	}
	s := newSweep[T](opDiffSumSq)
	s.x, s.y = x, y
	return s.sum(len(x))
}

func sumSq[T Float](x []T) float64 {
	if sum, ok := vectorSumSq(x); ok {
		return sum
	}
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

func diffSumSq[T Float](x, y []T) float64 {
	if sum, ok := vectorDiffSumSq(x, y); ok {
		return sum
	}
	var sum float64
	for i, v := range x {
		d := float64(v) - float64(y[i])
		sum += d * d
	}
	return sum
}

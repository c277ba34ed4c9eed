//go:build !purego

package kernel

func vectorGate[T Float](dst, u, x, y []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gate32(single(dst), single(x), single(y), single(u), s.k, s.count, s.rows)
	default:
		gate64(double(dst), double(x), double(y), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateMul[T Float](dst, u, x []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateMul32(single(dst), single(x), single(u), s.k, s.count, s.rows)
	default:
		gateMul64(double(dst), double(x), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateComplement[T Float](dst, u, x []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateComplement32(single(dst), single(x), single(u), s.k, s.count, s.rows)
	default:
		gateComplement64(double(dst), double(x), double(u), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateDot[T Float](du, x, y []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateDot32(single(x), single(y), single(du), s.k, s.count, s.rows)
	default:
		gateDot64(double(x), double(y), double(du), s.k, s.count, s.rows)
	}
	return true
}

func vectorGateDotDiff[T Float](du, x, y, z []T, s states) bool {
	switch {
	case vector == portable || s.k == 0:
		return false
	case sizeof[T]() == 4:
		gateDotDiff32(single(x), single(y), single(z), single(du), s.k, s.count, s.rows)
	default:
		gateDotDiff64(double(x), double(y), double(z), double(du), s.k, s.count, s.rows)
	}
	return true
}

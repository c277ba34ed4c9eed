package kernel

// Gate computes dst = u·x + (1−u)·y elementwise, which is x where u is 1. dst may
// be an operand.
func Gate[T Float](dst, u, x, y []T) {
	u, x, y = u[:len(dst)], x[:len(dst)], y[:len(dst)]
	if vectorGate(dst, u, x, y) {
		return
	}
	for i, u := range u {
		dst[i] = u*x[i] + (1-u)*y[i]
	}
}

// Complement computes dst = (1−u)·x elementwise. dst may be an operand.
func Complement[T Float](dst, u, x []T) {
	u, x = u[:len(dst)], x[:len(dst)]
	if vectorComplement(dst, u, x) {
		return
	}
	for i, u := range u {
		dst[i] = (1 - u) * x[i]
	}
}

// AddMul computes dst += x·y elementwise.
func AddMul[T Float](dst, x, y []T) {
	x, y = x[:len(dst)], y[:len(dst)]
	if vectorAddMul(dst, x, y) {
		return
	}
	for i, x := range x {
		dst[i] += x * y[i]
	}
}

// AddMulDiff computes dst += (x−y)·z elementwise.
func AddMulDiff[T Float](dst, x, y, z []T) {
	x, y, z = x[:len(dst)], y[:len(dst)], z[:len(dst)]
	if vectorAddMulDiff(dst, x, y, z) {
		return
	}
	for i, x := range x {
		dst[i] += (x - y[i]) * z[i]
	}
}

// MaskedDiff computes dst = x − y elementwise where the mask is above 0, and 0
// elsewhere, whatever x and y are there. dst may be an operand.
func MaskedDiff[T Float](dst, x, y, mask []T) {
	x, y, mask = x[:len(dst)], y[:len(dst)], mask[:len(dst)]
	if vectorMaskedDiff(dst, x, y, mask) {
		return
	}
	for i, m := range mask {
		d := x[i] - y[i]
		if !(m > 0) {
			d = 0
		}
		dst[i] = d
	}
}

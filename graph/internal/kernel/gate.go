package kernel

// The functions of gates work on some rows of matrices. A gate u acts on one or
// more states kept side by side: a row of x, y and z has as many times the columns
// of one of u. Results must not overlap operands, and there is a row.

// Gate computes dst = u·x + (1−u)·y, which is x where u is 1.
func Gate[T Float](dst, u, x, y []T, rows int) {
	s := statesOf(u, dst, rows)
	x, y = x[:len(dst)], y[:len(dst)]
	if vectorGate(dst, u, x, y, s) {
		return
	}
	s.each(func(i, j int) { dst[j] = u[i]*x[j] + (1-u[i])*y[j] })
}

// GateMul computes dst = u·x.
func GateMul[T Float](dst, u, x []T, rows int) {
	s := statesOf(u, dst, rows)
	x = x[:len(dst)]
	if vectorGateMul(dst, u, x, s) {
		return
	}
	s.each(func(i, j int) { dst[j] = u[i] * x[j] })
}

// GateComplement computes dst = (1−u)·x.
func GateComplement[T Float](dst, u, x []T, rows int) {
	s := statesOf(u, dst, rows)
	x = x[:len(dst)]
	if vectorGateComplement(dst, u, x, s) {
		return
	}
	s.each(func(i, j int) { dst[j] = (1 - u[i]) * x[j] })
}

// GateDot computes du = Σ x·y over the states.
func GateDot[T Float](du, x, y []T, rows int) {
	s := statesOf(du, x, rows)
	y = y[:len(x)]
	if vectorGateDot(du, x, y, s) {
		return
	}
	clear(du)
	s.each(func(i, j int) { du[i] += x[j] * y[j] })
}

// GateDotDiff computes du = Σ (x−y)·z over the states.
func GateDotDiff[T Float](du, x, y, z []T, rows int) {
	s := statesOf(du, x, rows)
	y, z = y[:len(x)], z[:len(x)]
	if vectorGateDotDiff(du, x, y, z, s) {
		return
	}
	clear(du)
	s.each(func(i, j int) { du[i] += (x[j] - y[j]) * z[j] })
}

// states says that each row holds count states of k elements.
type states struct{ k, count, rows int }

// statesOf returns the states in x on which the gate u acts. It panics if there
// is not a whole number of them.
func statesOf[T Float](u, x []T, rows int) states {
	if len(u) == len(x) { // as good as one long row
		return states{k: len(u), count: 1, rows: 1}
	}
	s := states{k: len(u) / rows, count: len(x) / max(1, len(u)), rows: rows}
	if s.count == 0 || s.k*s.rows != len(u) || s.count*len(u) != len(x) {
		panic("kernel: gate of another shape than the states")
	}
	return s
}

// each calls f with the place in the gate and that in the states.
func (s states) each(f func(i, j int)) {
	j := 0
	for row := range s.rows {
		for range s.count {
			for i := range s.k {
				f(row*s.k+i, j)
				j++
			}
		}
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

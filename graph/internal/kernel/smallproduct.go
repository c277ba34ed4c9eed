package kernel

// SmallProduct is C = op(A)·op(B), as Gemm, or act(A·B + T·WT + Bias), as Affine, for a
// product that IsSmall and contiguous matrices. It has the bits of these, and less
// around it: operands are fields, which stay where they are while a program calls.
type SmallProduct[T Float] struct {
	TransA, TransB bool
	M, N, K        int
	Accumulate     bool // whether it is added to C
	Act            Activation

	A, B, C  []T // op(A) of shape (M, K), op(B) (K, N), C (M, N), row-major
	Bias, WT []T // rows of N columns, nil where there is none
	T        T   // time

	first []T // scratch for Bias + T·WT
}

// IsSmall reports whether a product is too small for packing to pay, and has few rows
// if B is transposed, which take a call each.
func IsSmall(transA, transB bool, m, n, k int) bool {
	p := product[float64]{transA: transA, transB: transB, m: m, n: n, k: k, alpha: 1}
	return min(m, n, k) > 0 && p.few() && (!transB || m <= directRows)
}

// Compute evaluates the product.
func (p *SmallProduct[T]) Compute() {
	m, n, k := p.M, p.N, p.K
	if len(p.A) < m*k || len(p.B) < k*n || len(p.C) < m*n {
		panic("kernel: matrix of a small product is too short")
	}
	ars, acs := k, 1
	if p.TransA {
		ars, acs = 1, m
	}
	switch {
	case p.TransB:
		for i := range m {
			rowDot(n, k, p.A[i*ars:], acs, p.B, k, p.Accumulate, p.C[i*n:][:n])
		}
	case !p.vectorCombine(ars, acs, p.begin()):
		p.combine(ars, acs)
	}
	if p.Act != Identity {
		c := p.C[:m*n]
		activate(p.Act, c, c)
	}
}

// begin returns the row Bias + T·WT, nil if there is none.
func (p *SmallProduct[T]) begin() []T {
	if p.WT == nil {
		if p.Bias == nil {
			return nil
		}
		return p.Bias[:p.N]
	}
	p.first = grow(p.first, p.N)
	beginRow(p.first, p.Bias, p.WT[:p.N], p.T)
	return p.first
}

// combine computes the product without assembly.
func (p *SmallProduct[T]) combine(ars, acs int) {
	first := p.begin()
	for i := range p.M {
		row := p.C[i*p.N:][:p.N]
		if first != nil {
			copy(row, first)
		} else if !p.Accumulate {
			clear(row)
		}
		for k := range p.K {
			x := p.A[i*ars+k*acs]
			for j, v := range p.B[k*p.N:][:p.N] {
				row[j] += x * v
			}
		}
	}
}

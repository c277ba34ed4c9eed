package kernel

// AffineTimes computes dst = act(x·w + times·wt + b), a layer as in [Affine] in which
// each row of x has a time of its own in times (m). A row has the bits that Affine
// gives it at that time.
func AffineTimes[T Float](act Activation, m, n, k int, x, w, b, wt, times, dst []T) {
	var p product[T]
	p.bindAffine(act, m, n, k, x, w, b, wt, 0, dst)
	p.times = times[:m]
	p.compute()
}

// addTimes adds what does not involve the product to the rows i0 to i1 of C in the
// columns j0 to j1.
func (p *product[T]) addTimes(i0, i1, j0, j1 int) {
	if i0 == i1 || j0 == j1 {
		return
	}
	wt, times := p.timeWeight[j0:j1], p.times[i0:i1]
	var b []T
	if p.bias != nil {
		b = p.bias[j0:j1]
	}
	c := p.c[i0*p.ldc+j0:]
	if vectorAddTimes(c, times, wt, b, p.ldc) {
		return
	}
	for i, t := range times {
		row := c[i*p.ldc:][:len(wt)]
		for j, w := range wt {
			first := T(t * w) // not fused with the sum
			if b != nil {
				first += b[j]
			}
			row[j] += first
		}
	}
}

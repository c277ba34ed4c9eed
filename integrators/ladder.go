package integrators

// ladder returns the functions for n rows of the batch: those of the fewest rows that n
// fit in, of the whole batch, half of it, a quarter and so on to one.
func (c *compiled) ladder(n int) *compiled {
	size, k := c.batch, 0
	for size > 1 && (size+1)/2 >= n {
		size, k = (size+1)/2, k+1
	}
	if k == 0 {
		return c
	}
	for len(c.rungs) < k {
		c.rungs = append(c.rungs, nil)
	}
	if c.rungs[k-1] == nil {
		c.rungs[k-1] = c.ofRows(size)
	}
	return c.rungs[k-1]
}

// ofRows returns functions like these for another number of rows, compiled when they are
// needed.
func (c *compiled) ofRows(n int) *compiled {
	r := &compiled{solver: c.solver, form: c.form, dense: map[int]*denseFunction{}}
	r.batch = n
	for _, spec := range c.given {
		spec.Shape = spec.Shape.Clone()
		spec.Shape[0] = n
		r.given = append(r.given, spec)
	}
	return r
}

// stepFor returns the step of a solve.
func (c *compiled) stepFor(differentiate bool) (f *stepFunction, err error) {
	if c.bare.step == nil {
		if c.bare.step, err = c.compileStep(false); err != nil {
			return nil, err
		}
	}
	if !differentiate || len(c.solver.integrals) == 0 {
		return c.bare.step, nil
	}
	if c.full.step == nil {
		c.full.step, err = c.compileStep(true)
	}
	return c.full.step, err
}

// frameBytes is the memory of a frame of the step, computed once.
func (c *compiled) frameBytes(f *stepFunction) int64 {
	if c.rows.frameBytes == 0 {
		c.rows.frameBytes = int64(f.FrameBytes())
	}
	return c.rows.frameBytes
}

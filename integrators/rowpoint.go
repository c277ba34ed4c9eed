package integrators

import (
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/value"
)

// rowPairs say which rows of one matrix go to which of another.
type rowPairs struct{ from, to []int }

func (p *rowPairs) add(from, to int) { p.from, p.to = append(p.from, from), append(p.to, to) }

// empty returns no pairs, in the same memory.
func (p rowPairs) empty() rowPairs { return rowPairs{p.from[:0], p.to[:0]} }

// copy copies the rows from src to dst.
func (p *rowPairs) copy(dst, src gorgonia.Value) {
	if len(p.to) > 0 {
		value.CopyEachRow(dst, p.to, src, p.from)
	}
}

// sum adds the rows of src to those of dst.
func (p *rowPairs) sum(dst, src gorgonia.Value) {
	if len(p.to) > 0 {
		value.AddEachRow(dst, p.to, src, p.from)
	}
}

// back returns the pairs from dst to src.
func (p *rowPairs) back() *rowPairs { return &rowPairs{p.to, p.from} }

// copyPoint copies rows of a point, but for the context, which rows keep; nil lists are
// all rows.
func copyPoint(dst point[gorgonia.Value], to []int, src point[gorgonia.Value], from []int) {
	value.CopyEachRow(dst.z, to, src.z, from)
	if dst.k1 != nil {
		value.CopyEachRow(dst.k1, to, src.k1, from)
	}
	for j := range dst.g {
		value.CopyEachRow(dst.g[j], to, src.g[j], from)
	}
}

// zeroPoint sets a point to zero.
func zeroPoint(p point[gorgonia.Value]) {
	value.Zero(p.z)
	if p.k1 != nil {
		value.Zero(p.k1)
	}
	for _, g := range p.g {
		value.Zero(g)
	}
}

// takePoint returns memory for a point of steps f, without a context.
func (c *compiled) takePoint(f *stepFunction) (p point[gorgonia.Value]) {
	if n := len(c.rows.points); n > 0 {
		p, c.rows.points = c.rows.points[n-1], c.rows.points[:n-1]
		if len(p.g) == f.carried {
			return p
		}
	}
	p = point[gorgonia.Value]{z: value.New(c.dtype, c.batch, c.dim)}
	if f.in.k1 != none {
		p.k1 = value.New(c.dtype, c.batch, c.dim)
	}
	if f.carried > 0 {
		for _, spec := range c.handed() {
			p.g = append(p.g, value.New(spec.Dtype, spec.Shape...))
		}
	}
	return p
}

// pointBytes is the memory of a point.
func pointBytes(p point[gorgonia.Value]) (n int64) {
	for _, v := range append([]gorgonia.Value{p.z, p.k1}, p.g...) {
		if v != nil {
			n += int64(v.MemSize())
		}
	}
	return n
}

// rowContext is the context of some rows of the batch.
type rowContext struct {
	c       *compiled // functions of as many rows
	rows    []int
	context []gorgonia.Value
}

// contextOf returns the context of rows. Frames of the same rows share it.
func (r *rowSolve) contextOf(c *compiled, rows []int) []gorgonia.Value {
	if len(r.start.context) == 0 {
		return nil
	}
	n := len(r.contexts)
	if n > 0 && slices.Equal(r.contexts[n-1].rows, rows) {
		return r.contexts[n-1].context
	}
	var x rowContext
	if n > 0 && !r.keep && r.contexts[n-1].c == c {
		x = r.contexts[n-1]
		r.contexts = r.contexts[:n-1]
		x.rows = append(x.rows[:0], rows...)
	} else {
		x = rowContext{c: c, rows: slices.Clone(rows), context: c.takeContext()}
		for _, v := range x.context {
			r.bytes += int64(v.MemSize())
		}
	}
	r.contexts = append(r.contexts, x)
	x.fill(r.start.context)
	return x.context
}

// fill copies the rows from the context of the batch.
func (x *rowContext) fill(context []gorgonia.Value) {
	for i, v := range x.context {
		value.CopyEachRow(v, nil, context[i], x.rows)
	}
}

// takeContext returns memory for a context.
func (c *compiled) takeContext() []gorgonia.Value {
	if n := len(c.rows.contexts); n > 0 {
		x := c.rows.contexts[n-1]
		c.rows.contexts = c.rows.contexts[:n-1]
		return x
	}
	var x []gorgonia.Value
	for _, spec := range c.given {
		x = append(x, value.New(spec.Dtype, spec.Shape...))
	}
	return x
}

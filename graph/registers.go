package graph

import (
	"slices"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// registers hold values by number. Most instructions compute with arrays, where the
// elements of the values lie, and so these are looked up when a value is put into a
// register, not when it is read. Where no instruction reads values, registers may have
// only arrays.
type registers struct {
	values []gorgonia.Value
	arrays []raw.Array
}

// grow adds empty registers up to n of them.
func (r *registers) grow(n int) {
	for len(r.values) < n {
		r.values, r.arrays = append(r.values, nil), append(r.arrays, raw.Array{})
	}
}

// set puts a value into a register.
func (r *registers) set(i int, v gorgonia.Value) { r.put(i, v, raw.Of(v)) }

// put is set for a value whose elements are known.
func (r *registers) put(i int, v gorgonia.Value, a raw.Array) {
	r.arrays[i] = a
	if r.values != nil {
		r.values[i] = v
	}
}

// clone returns a copy of the first n registers, with values or without.
func (r *registers) clone(n int, values bool) registers {
	c := registers{arrays: slices.Clone(r.arrays[:n])}
	if values {
		c.values = slices.Clone(r.values[:n])
	}
	return c
}

// load takes over the registers of s as the first ones.
func (r *registers) load(s *registers) {
	copy(r.arrays, s.arrays)
	copy(r.values, s.values)
}

// part returns the elements of a value from one on in a shape, in its memory.
func part(v gorgonia.Value, first int, shape tensor.Shape) gorgonia.Value {
	return raw.View(v.(*tensor.Dense), first, shape)
}

package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// registers hold values by number. Most instructions compute with arrays, where the
// elements of the values lie, and so these are looked up when a value is put into a
// register, not when it is read. Where no instruction reads values, registers have only
// arrays.
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

// add appends a value.
func (r *registers) add(v gorgonia.Value) {
	r.values, r.arrays = append(r.values, v), append(r.arrays, raw.Of(v))
}

// set puts a value into a register.
func (r *registers) set(i int, v gorgonia.Value) { r.values[i], r.arrays[i] = v, raw.Of(v) }

// load takes over the registers of s, one after the other, into those numbered ids;
// values too if they are wanted.
func (r *registers) load(ids []int, s *registers, values bool) {
	for i, id := range ids {
		r.arrays[id] = s.arrays[i]
	}
	if values {
		for i, id := range ids {
			r.values[id] = s.values[i]
		}
	}
}

// store is the reverse of load, into s.
func (r *registers) store(ids []int, s *registers) {
	for i, id := range ids {
		s.values[i], s.arrays[i] = r.values[id], r.arrays[id]
	}
}

// part returns the elements of a value from one on in a shape, in its memory.
func part(v gorgonia.Value, first int, shape tensor.Shape) gorgonia.Value {
	return raw.View(v.(*tensor.Dense), first, shape)
}

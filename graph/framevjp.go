package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Accumulate computes the vector–Jacobian product of the execution: from the
// cotangents of the results, nil where there is none, the gradients of the inputs,
// the parameters first. It adds to the values given in grads, nil where none is
// wanted, where add says so, and overwrites the others; a nil add overwrites all. In
// checkpoint mode, and for a function with operations that keep state, it runs the
// forward pass again first.
func (fr *Frame) Accumulate(cotangents, grads []gorgonia.Value, add []bool) error {
	f := fr.f
	if f.noGradient != nil {
		return f.noGradient
	}
	if err := f.use.Begin(f.name); err != nil {
		return err
	}
	defer f.use.End()
	if err := f.fitReverse(cotangents, grads); err != nil {
		return errors.Wrapf(err, "reverse of %s", f.name)
	}
	if f.stateful || fr.checkpointed && fr.version != f.version {
		if err := fr.run(); err != nil {
			return err
		}
	}
	r := f.reverseFor(cotangents, grads, add)
	f.regs.load(&fr.regs)
	if f.loaded != r {
		r.load(&f.regs)
		f.loaded = r
	}
	for i, id := range r.direct {
		if id >= 0 {
			f.regs.values[id], f.regs.arrays[id] = grads[i], f.gradients[i]
		}
	}
	if err := r.run(&f.regs); err != nil {
		return errors.Wrapf(err, "reverse of %s", f.name)
	}
	for i, id := range r.copied {
		added := add != nil && add[i]
		switch {
		case id >= 0 && added:
			addTo(f.gradients[i], f.regs.arrays[id])
		case id >= 0:
			f.gradients[i].CopyFrom(f.regs.arrays[id])
		case id == vanished && !added:
			f.gradients[i].Zero()
		}
	}
	return nil
}

// addTo adds the elements of b to those of a, of the same type and as many.
func addTo(a, b raw.Array) {
	if a.Single() {
		kernel.Add(raw.Slice[float32](a), raw.Slice[float32](b))
	} else {
		kernel.Add(raw.Slice[float64](a), raw.Slice[float64](b))
	}
}

// fitReverse puts the cotangents into their registers and notes where the gradients
// lie. It fails unless the values can be those of Accumulate.
func (f *Function) fitReverse(cotangents, grads []gorgonia.Value) error {
	if len(cotangents) != len(f.out) || len(grads) != len(f.in) {
		return errors.Errorf("%d cotangents and %d gradients, expected %d and %d", len(cotangents), len(grads), len(f.out), len(f.in))
	}
	for i, v := range cotangents {
		if v == nil {
			continue
		}
		o := &f.outputs[i]
		a, ok := raw.Fit(v, o.Dtype, o.Shape)
		if !ok {
			return errors.Errorf("cotangent %d is %v of %v, expected contiguous %v of %v", i, v.Shape(), v.Dtype(), o.Shape, o.Dtype)
		}
		if id := f.cotangents[i]; id >= 0 {
			f.regs.values[id], f.regs.arrays[id] = v, a
		}
	}
	for i, v := range grads {
		if v == nil {
			continue
		}
		in, ok := &f.inputs[i], false
		if f.gradients[i], ok = raw.Fit(v, in.Dtype, in.Shape); !ok {
			return errors.Errorf("gradient of %q is %v of %v, expected contiguous %v of %v", in.Name, v.Shape(), v.Dtype(), in.Shape, in.Dtype)
		}
	}
	return nil
}

// reverse is the program of one pattern of cotangents and wanted gradients.
type reverse struct {
	key reverseKey
	*program
	// direct has, for each input, the register that takes the caller's gradient.
	direct []int
	// copied has, for each input, the register to copy the gradient from at the end,
	// vanished for zeros.
	copied []int
}

const (
	unused   = -1
	vanished = -2
)

type reverseKey struct{ given, wanted, added uint64 }

func pattern(vs []gorgonia.Value) uint64 {
	var m uint64
	for i, v := range vs {
		if v != nil {
			m |= 1 << i
		}
	}
	return m
}

// reverseFor returns the program for a pattern, planning it the first time.
func (f *Function) reverseFor(cotangents, grads []gorgonia.Value, add []bool) *reverse {
	key := reverseKey{given: pattern(cotangents), wanted: pattern(grads)}
	for i, yes := range add {
		if yes && grads[i] != nil {
			key.added |= 1 << i
		}
	}
	if f.loaded != nil && f.loaded.key == key {
		return f.loaded
	}
	if r, ok := f.reverses[key]; ok {
		return r
	}
	absent := map[int]bool{}
	for i, id := range f.cotangents {
		if id >= 0 && cotangents[i] == nil {
			absent[id] = true
		}
	}
	users := map[int][]int{} // the inputs whose gradient a node is
	for i, id := range f.grads {
		if id >= f.forwardEnd && grads[i] != nil {
			users[id] = append(users[id], i)
		}
	}
	r := &reverse{key: key, direct: make([]int, len(f.in)), copied: make([]int, len(f.in))}
	// The caller's value serves as register where there is one to overwrite, or
	// one to add to and everything that is written is added.
	onto := map[int]bool{}
	for i, id := range f.grads {
		r.direct[i], r.copied[i] = unused, unused
		added := key.added&(1<<i) != 0
		switch {
		case grads[i] == nil:
		case id < 0:
			r.copied[i] = vanished
		case id < f.forwardEnd:
			r.copied[i] = id
		case !added:
			r.direct[i] = id
		case len(users[id]) == 1 && f.accumulates(id):
			r.direct[i], onto[id] = id, true
		default:
			r.copied[i] = id
		}
	}
	r.program = newPlanOnto(&f.table, f.forwardEnd, len(f.nodes),
		func(id int) bool { return users[id] != nil },
		func(id int) bool { return absent[id] },
		func(id int) bool { return onto[id] })
	f.place(r.program)
	own := map[int]bool{} // registers that need a buffer
	for _, id := range r.kept {
		own[id] = true
	}
	for i, id := range r.direct {
		switch {
		case id < 0:
		case own[id]: // until now
			own[id] = false
		default:
			r.direct[i], r.copied[i] = unused, id
		}
	}
	for _, id := range r.kept {
		if own[id] {
			n := f.nodes[id]
			r.bind(id, raw.New(n.Dtype(), n.Shape()))
		}
	}
	for i, id := range r.copied {
		if r.vanishing[id] {
			r.copied[i] = vanished
		}
	}
	f.reverses[key] = r
	return r
}

// accumulates reports whether everything a reverse program writes to a register
// can be added to what is there.
func (f *Function) accumulates(id int) bool {
	return !f.read[id] && (f.kind[id] == addition || f.kind[id] == lincomb || f.kind[id] == scatter)
}

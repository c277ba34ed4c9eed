package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/value"
)

// A Frame is one execution of a Function: its inputs, its results and what its
// reverse pass needs. Frames come from the function's pool and go back to it
// with Release.
type Frame struct {
	f    *Function
	in   []gorgonia.Value
	out  []gorgonia.Value
	body *interiorValues
	// version is that of the shared body when this frame filled it.
	version int
	// evaluated is set when the results belong to the inputs; a call in a graph
	// takes them as they are, once.
	evaluated bool
}

// interiorValues are the kept registers that are no results.
type interiorValues struct {
	kept, floating []gorgonia.Value
}

// NewFrame returns a frame from the pool.
func (f *Function) NewFrame() *Frame {
	if n := len(f.pool); n > 0 {
		fr := f.pool[n-1]
		f.pool = f.pool[:n-1]
		return fr
	}
	f.frames++
	fr := &Frame{f: f, in: make([]gorgonia.Value, len(f.inputs))}
	for i, in := range f.inputs {
		if in.Data {
			fr.in[i] = value.New(in.Dtype, in.Shape)
		}
	}
	if f.firstInput() > 0 {
		fr.in[0] = f.params.Value()
	}
	for _, id := range f.out {
		fr.out = append(fr.out, value.New(f.nodes[id].Dtype(), f.nodes[id].Shape()))
	}
	if f.checkpoint {
		if f.body == nil {
			f.body = f.newInterior()
		}
		fr.body = f.body
	} else {
		fr.body = f.newInterior()
	}
	return fr
}

// checkpointed reports whether the frame shares its interior with others.
func (fr *Frame) checkpointed() bool { return fr.body == fr.f.body }

func (f *Function) newInterior() *interiorValues {
	b := &interiorValues{floating: make([]gorgonia.Value, len(f.forward.floating))}
	for _, id := range f.interior {
		b.kept = append(b.kept, value.New(f.nodes[id].Dtype(), f.nodes[id].Shape()))
	}
	return b
}

// firstInput is the position of the first input that is not the parameters.
func (f *Function) firstInput() int {
	if f.params != nil && f.params.Len() > 0 {
		return 1
	}
	return 0
}

// Release gives the frame back to the pool. Its results may be overwritten
// from then on.
func (fr *Frame) Release() {
	fr.evaluated = false
	if fr.f.checkpoint != fr.checkpointed() {
		fr.f.frames-- // of the other memory mode
		return
	}
	fr.f.pool = append(fr.f.pool, fr)
}

// Function returns the function that the frame executes.
func (fr *Frame) Function() *Function { return fr.f }

// Set binds the i-th input, not counting the parameters, to a value. The
// frame refers to the value, which must stay as it is until the frame's
// reverse pass has run.
func (fr *Frame) Set(i int, v gorgonia.Value) error {
	i += fr.f.firstInput()
	if err := fr.f.fits(i, v); err != nil {
		return err
	}
	fr.in[i] = v
	fr.evaluated = false
	return nil
}

// SetScalar sets the i-th input, a scalar Data input, to x.
func (fr *Frame) SetScalar(i int, x float64) {
	v := fr.in[i+fr.f.firstInput()]
	if v.Dtype() == gorgonia.Float64 {
		value.Slice[float64](v)[0] = x
	} else {
		value.Slice[float32](v)[0] = float32(x)
	}
	fr.evaluated = false
}

// Data returns the value of the i-th input, for Data inputs to be filled.
func (fr *Frame) Data(i int) gorgonia.Value { return fr.in[i+fr.f.firstInput()] }

// Out returns the i-th result. It belongs to the frame.
func (fr *Frame) Out(i int) gorgonia.Value { return fr.out[i] }

// Scalar returns the i-th result, a scalar, as a float64.
func (fr *Frame) Scalar(i int) float64 { return value.Float64(fr.out[i]) }

// Forward computes the results from the inputs.
func (fr *Frame) Forward() error {
	err := fr.forward()
	fr.evaluated = err == nil
	return err
}

func (fr *Frame) forward() error {
	f := fr.f
	for i, v := range fr.in {
		if v == nil {
			return errors.Errorf("%s: input %q has no value", f.name, f.inputs[i].Name)
		}
	}
	fr.load()
	f.forward.load(f.regs)
	if err := f.forward.run(f.regs); err != nil {
		return errors.Wrap(err, f.name)
	}
	for i, id := range f.forward.floating {
		fr.body.floating[i] = f.regs[id]
	}
	for i, id := range f.out { // a stock operation brings its own result
		if v := f.regs[id]; v != fr.out[i] {
			value.Copy(fr.out[i], v)
		}
	}
	f.version++
	fr.version = f.version
	return nil
}

// load points the registers at the frame's values.
func (fr *Frame) load() {
	f := fr.f
	for i, id := range f.in {
		f.regs[id] = fr.in[i]
	}
	for i, id := range f.interior {
		f.regs[id] = fr.body.kept[i]
	}
	for i, id := range f.out {
		f.regs[id] = fr.out[i]
	}
}

// Reverse computes the vector–Jacobian product of the execution: from the
// cotangents of the results, nil where there is none, the gradients of the
// inputs, the parameters first, overwriting the values given in grads, nil
// where none is wanted. In checkpoint mode it runs the forward pass again
// first.
func (fr *Frame) Reverse(cotangents, grads []gorgonia.Value) error {
	f := fr.f
	if err := f.fitsReverse(cotangents, grads); err != nil {
		return errors.Wrapf(err, "reverse of %s", f.name)
	}
	if fr.checkpointed() && fr.version != f.version {
		if err := fr.forward(); err != nil {
			return err
		}
	}
	r := f.reverseFor(cotangents, grads)
	fr.load()
	for i, id := range f.forward.floating {
		f.regs[id] = fr.body.floating[i]
	}
	for i, c := range cotangents {
		if c != nil && f.cotangents[i] >= 0 {
			f.regs[f.cotangents[i]] = c
		}
	}
	r.load(f.regs)
	for i, id := range r.direct {
		if id >= 0 {
			f.regs[id] = grads[i]
		}
	}
	if err := r.run(f.regs); err != nil {
		return errors.Wrapf(err, "reverse of %s", f.name)
	}
	for i, id := range r.copied {
		switch {
		case id >= 0:
			value.Copy(grads[i], f.regs[id])
		case id == vanished:
			value.Zero(grads[i])
		}
	}
	return nil
}

// fitsReverse fails unless the values can be those of Reverse.
func (f *Function) fitsReverse(cotangents, grads []gorgonia.Value) error {
	if len(cotangents) != len(f.out) || len(grads) != len(f.in) {
		return errors.Errorf("%d cotangents and %d gradients, expected %d and %d", len(cotangents), len(grads), len(f.out), len(f.in))
	}
	for i, v := range cotangents {
		if o := f.outputs[i]; v != nil && !value.Fits(v, o.Dtype, o.Shape) {
			return errors.Errorf("cotangent %d is %v of %v, expected contiguous %v of %v", i, v.Shape(), v.Dtype(), o.Shape, o.Dtype)
		}
	}
	for i, v := range grads {
		if in := f.inputs[i]; v != nil && !value.Fits(v, in.Dtype, in.Shape) {
			return errors.Errorf("gradient of %q is %v of %v, expected contiguous %v of %v", in.Name, v.Shape(), v.Dtype(), in.Shape, in.Dtype)
		}
	}
	return nil
}

// reverse is the program of one pattern of cotangents and wanted gradients.
type reverse struct {
	*program
	// direct lists, by input, the register that takes the caller's gradient;
	// copied the register to copy from at the end, vanished for zeros.
	direct, copied []int
}

const (
	unused   = -1
	vanished = -2
)

type reverseKey struct{ given, wanted uint64 }

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
func (f *Function) reverseFor(cotangents, grads []gorgonia.Value) *reverse {
	key := reverseKey{pattern(cotangents), pattern(grads)}
	if r, ok := f.reverses[key]; ok {
		return r
	}
	absent := map[int]bool{}
	for i, id := range f.cotangents {
		if id >= 0 && cotangents[i] == nil {
			absent[id] = true
		}
	}
	wanted := map[int]bool{}
	for i, id := range f.grads {
		if id >= f.forwardEnd && grads[i] != nil {
			wanted[id] = true
		}
	}
	r := &reverse{direct: make([]int, len(f.in)), copied: make([]int, len(f.in))}
	r.program = newPlan(&f.table, f.forwardEnd, len(f.nodes),
		func(id int) bool { return wanted[id] },
		func(id int) bool { return absent[id] })
	f.place(r.program)
	owned := map[int]bool{} // registers that take a caller's value
	for _, id := range r.kept {
		if wanted[id] {
			owned[id] = true
			continue
		}
		// A wanted gradient may share this one's memory.
		n := f.nodes[id]
		r.bound = append(r.bound, binding{id, value.New(n.Dtype(), n.Shape())})
	}
	for i, id := range f.grads {
		r.direct[i], r.copied[i] = unused, unused
		switch {
		case grads[i] == nil:
		case id < 0 || r.vanishing[id]:
			r.copied[i] = vanished
		case owned[id]:
			r.direct[i] = id
			owned[id] = false
		default:
			r.copied[i] = id
		}
	}
	f.reverses[key] = r
	return r
}

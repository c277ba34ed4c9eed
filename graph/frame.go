package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/raw"
)

// A Frame is one execution of a Function: its inputs, its results and what its
// reverse pass needs. Frames come from the function's pool and go back to it
// with Release.
type Frame struct {
	f    *Function
	in   registers
	out  registers
	body *interiorValues
	// complete is set when all inputs have a value.
	complete bool
	// version is the number of the execution in which this frame filled the shared
	// body.
	version int
	// evaluated is set when the results belong to the inputs; a call in a graph
	// takes them as they are, once.
	evaluated bool
}

// interiorValues are the kept registers that are no results.
type interiorValues struct {
	kept, floating registers
}

// NewFrame returns a frame from the pool.
func (f *Function) NewFrame() *Frame {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.pool); n > 0 {
		fr := f.pool[n-1]
		f.pool = f.pool[:n-1]
		fr.takeParams()
		return fr
	}
	f.frames++
	fr := &Frame{f: f}
	fr.in.grow(len(f.inputs))
	for i, in := range f.inputs {
		if in.Data {
			fr.in.set(i, raw.New(in.Dtype, in.Shape))
		}
	}
	fr.takeParams()
	for _, id := range f.out {
		fr.out.add(raw.New(f.nodes[id].Dtype(), f.nodes[id].Shape()))
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

// takeParams takes the values of the parameters, which may be others than before in an
// instance of a predictor.
func (fr *Frame) takeParams() {
	if fr.f.firstInput() > 0 {
		fr.in.set(0, fr.f.params.Value())
	}
}

// checkpointed reports whether the frame shares its interior with others.
func (fr *Frame) checkpointed() bool { return fr.body == fr.f.body }

func (f *Function) newInterior() *interiorValues {
	b := &interiorValues{}
	b.floating.grow(len(f.forward.floating))
	for _, id := range f.interior {
		b.kept.add(raw.New(f.nodes[id].Dtype(), f.nodes[id].Shape()))
	}
	return b
}

// firstInput is the position of the first input that is not the parameters.
func (f *Function) firstInput() int { return f.first }

// Release gives the frame back to the pool. Its results may be overwritten
// from then on.
func (fr *Frame) Release() {
	fr.evaluated = false
	fr.f.mu.Lock()
	defer fr.f.mu.Unlock()
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
	fr.evaluated = false
	return fr.set(i+fr.f.firstInput(), v)
}

// set binds the i-th input, the parameters counted.
func (fr *Frame) set(i int, v gorgonia.Value) error {
	in := &fr.f.inputs[i]
	a, ok := raw.Fit(v, in.Dtype, in.Shape)
	if !ok {
		return fr.f.misfit(i, v)
	}
	fr.in.values[i], fr.in.arrays[i] = v, a
	return nil
}

// SetScalar sets the i-th input, a scalar Data input, to x.
func (fr *Frame) SetScalar(i int, x float64) {
	if a := fr.in.arrays[i+fr.f.firstInput()]; a.Single() {
		raw.Slice[float32](a)[0] = float32(x)
	} else {
		raw.Slice[float64](a)[0] = x
	}
	fr.evaluated = false
}

// Data returns the value of the i-th input, for Data inputs to be filled.
func (fr *Frame) Data(i int) gorgonia.Value { return fr.in.values[i+fr.f.firstInput()] }

// Out returns the i-th result. It belongs to the frame.
func (fr *Frame) Out(i int) gorgonia.Value { return fr.out.values[i] }

// Outs returns n results from the i-th on. They belong to the frame.
func (fr *Frame) Outs(i, n int) []gorgonia.Value { return fr.out.values[i : i+n : i+n] }

// Scalar returns the i-th result, a scalar, as a float64.
func (fr *Frame) Scalar(i int) float64 { return fr.out.arrays[i].Float64() }

// Forward computes the results from the inputs.
func (fr *Frame) Forward() error {
	err := fr.forward()
	fr.evaluated = err == nil
	return err
}

func (fr *Frame) forward() error {
	if err := fr.f.use.Begin(fr.f.name); err != nil {
		return err
	}
	defer fr.f.use.End()
	return fr.run()
}

// run computes the results for whoever uses the function already.
func (fr *Frame) run() error {
	f := fr.f
	if !fr.complete {
		if i := slices.Index(fr.in.values, nil); i >= 0 {
			return errors.Errorf("%s: input %q has no value, expected one by Set", f.name, f.inputs[i].Name)
		}
		fr.complete = true
	}
	fr.load()
	if err := f.forward.run(&f.regs); err != nil {
		return errors.Wrap(err, f.name)
	}
	f.regs.store(f.forward.floating, &fr.body.floating)
	for _, i := range f.brought {
		fr.out.arrays[i].CopyFrom(f.regs.arrays[f.out[i]])
	}
	f.version++
	fr.version = f.version
	return nil
}

// load points the registers at the frame's values.
func (fr *Frame) load() {
	f := fr.f
	f.regs.load(f.in, &fr.in, f.valued)
	f.regs.load(f.interior, &fr.body.kept, f.valued)
	f.regs.load(f.out, &fr.out, f.valued)
}

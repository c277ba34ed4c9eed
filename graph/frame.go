package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// A Frame is one execution of a Function: its inputs, its results and what its
// reverse pass needs. Frames come from the function's pool and go back to it
// with Release.
type Frame struct {
	f       *Function
	in, out []gorgonia.Value
	// regs are the registers of the forward pass: inputs, results, what is kept, and
	// the memory that all frames share.
	regs registers
	// checkpointed says that the frame shares what it keeps with others.
	checkpointed bool
	// complete is set when all inputs have a value.
	complete bool
	// version is the number of the execution in which this frame filled what is shared.
	version int
	// evaluated is set when the results belong to the inputs; a call in a graph
	// takes them as they are, once.
	evaluated bool
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
	fr := &Frame{f: f, in: make([]gorgonia.Value, len(f.inputs)), checkpointed: f.checkpoint}
	fr.regs = f.empty.clone(f.forwardEnd, f.valued)
	for i, in := range f.inputs {
		if in.Data {
			fr.bind(i, raw.New(in.Dtype, in.Shape))
		}
	}
	fr.takeParams()
	fr.out = f.newValues(f.out)
	for i, id := range f.out {
		fr.regs.set(id, fr.out[i])
	}
	for i, v := range f.interiorValues() {
		fr.regs.set(f.interior[i], v)
	}
	return fr
}

// takeParams takes the values of the parameters, which may be others than before in an
// instance of a predictor.
func (fr *Frame) takeParams() {
	if fr.f.firstInput() > 0 {
		if v := fr.f.params.Value(); v != fr.in[0] {
			fr.bind(0, v)
		}
	}
}

// interiorValues returns the values of the interior of a new frame.
func (f *Function) interiorValues() []gorgonia.Value {
	if !f.checkpoint {
		return f.newValues(f.interior)
	}
	if f.shared == nil {
		f.shared = f.newValues(f.interior)
	}
	return f.shared
}

// newValues returns zero values for some nodes.
func (f *Function) newValues(ids []int) []gorgonia.Value {
	v := make([]gorgonia.Value, len(ids))
	for i, id := range ids {
		v[i] = raw.New(f.nodes[id].Dtype(), f.nodes[id].Shape())
	}
	return v
}

// bind gives the i-th input, the parameters counted, a value that fits.
func (fr *Frame) bind(i int, v gorgonia.Value) {
	fr.in[i] = v
	fr.regs.set(fr.f.in[i], v)
}

// firstInput is the position of the first input that is not the parameters.
func (f *Function) firstInput() int { return f.first }

// Release gives the frame back to the pool. Its results may be overwritten
// from then on.
func (fr *Frame) Release() {
	fr.evaluated = false
	fr.f.mu.Lock()
	defer fr.f.mu.Unlock()
	if fr.f.checkpoint != fr.checkpointed {
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
	first := fr.f.firstInput()
	if n := len(fr.f.inputs) - first; i < 0 || i >= n {
		return errors.Errorf("%s: input %d, expected one of %d", fr.f.name, i, n)
	}
	if err := fr.set(i+first, v); err != nil {
		return err
	}
	fr.evaluated = false
	return nil
}

// set binds the i-th input, the parameters counted.
func (fr *Frame) set(i int, v gorgonia.Value) error {
	in := &fr.f.inputs[i]
	a, ok := raw.Fit(v, in.Dtype, in.Shape)
	if !ok {
		return fr.f.misfit(i, v)
	}
	fr.in[i] = v
	fr.regs.put(fr.f.in[i], v, a)
	return nil
}

// SetScalar sets the i-th input, a scalar Data input, to x.
func (fr *Frame) SetScalar(i int, x float64) {
	if a := fr.regs.arrays[fr.f.in[i+fr.f.firstInput()]]; a.Single() {
		raw.Slice[float32](a)[0] = float32(x)
	} else {
		raw.Slice[float64](a)[0] = x
	}
	fr.evaluated = false
}

// Data returns the value of the i-th input, for Data inputs to be filled.
func (fr *Frame) Data(i int) gorgonia.Value { return fr.in[i+fr.f.firstInput()] }

// Out returns the i-th result. It belongs to the frame.
func (fr *Frame) Out(i int) gorgonia.Value { return fr.out[i] }

// Outs returns n results from the i-th on. They belong to the frame.
func (fr *Frame) Outs(i, n int) []gorgonia.Value { return fr.out[i : i+n : i+n] }

// Scalar returns the i-th result, a scalar, as a float64.
func (fr *Frame) Scalar(i int) float64 { return raw.Of(fr.out[i]).Float64() }

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
		if i := slices.Index(fr.in, nil); i >= 0 {
			return errors.Errorf("%s: input %q has no value, expected one by Set", f.name, f.inputs[i].Name)
		}
		fr.complete = true
	}
	if err := f.forward.run(&fr.regs); err != nil {
		return errors.Wrap(err, f.name)
	}
	for _, i := range f.brought {
		raw.Of(fr.out[i]).CopyFrom(fr.regs.arrays[f.out[i]])
	}
	f.version++
	fr.version = f.version
	return nil
}

// Finite reports whether all that the last execution left in the frame is finite: the
// results, and what the reverse pass reads.
func (fr *Frame) Finite() bool {
	f := fr.f
	for _, ids := range [][]int{f.out, f.interior, f.forward.floating} {
		for _, id := range ids {
			if id < len(fr.regs.arrays) && !finite(fr.regs.arrays[id]) {
				return false
			}
		}
	}
	return true
}

// finite reports whether all elements are; those of no float are.
func finite(a raw.Array) bool {
	switch {
	case a == (raw.Array{}):
		return true
	case a.Single():
		return kernel.Finite(raw.Slice[float32](a))
	}
	return kernel.Finite(raw.Slice[float64](a))
}

package layers

import (
	"cmp"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// A Cell is one step of a recurrent network.
type Cell interface {
	// Step adds the state (batch, Size()) after one more input x (batch, in).
	Step(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error)
	// Size returns the dimension of the state.
	Size() int
}

// RecurrenceSettings are those of a recurrence. nil or a zero field means the
// default.
type RecurrenceSettings struct {
	// Backward takes the inputs from the last time to the first.
	Backward bool
	// Mode says whether training calls one compiled step once for each time, or
	// has the expression of every step in its graph; integrators.Called if zero.
	// Predictions have the expressions, which keep nothing for a gradient.
	Mode integrators.Mode
	// Memory says what a called step keeps for its reverse pass;
	// integrators.Store if zero.
	Memory integrators.Memory
	// Forms bounds the shapes and element types of input whose compiled steps are
	// kept with their frames, those most recently used; 32 if zero.
	Forms int
}

// Recurrence is the layer that maps inputs at several times, stacked
// (times·batch, in), all of the first time first, to the last state (batch, size) of a cell that starts from
// zeros.
type Recurrence struct {
	cell   Cell
	params *graph.Params
	times  int
	set    RecurrenceSettings
	steps  []recurrentStep // most recently used first
}

var _ Layer = (*Recurrence)(nil)

// recurrenceForm is the shape and element type of the input at one time.
type recurrenceForm struct {
	batch, in int
	dtype     tensor.Dtype
}

// recurrentStep is the compiled step for inputs of one form.
type recurrentStep struct {
	form recurrenceForm
	fn   *graph.Function
}

// NewRecurrence returns the layer that applies the cell at the given number of
// times. params are those of the model that the layer is part of. The cell is
// traced, and its shapes checked, when the first batch is seen.
func NewRecurrence(params *graph.Params, cell Cell, times int, settings *RecurrenceSettings) (*Recurrence, error) {
	switch {
	case cell == nil:
		return nil, errors.New("recurrence without a cell")
	case times <= 0:
		return nil, errors.Errorf("recurrence over %d times, expected a positive number", times)
	}
	r := &Recurrence{cell: cell, params: params, times: times}
	if settings != nil {
		r.set = *settings
	}
	if r.set.Mode > integrators.Inline || r.set.Memory > integrators.Checkpoint {
		return nil, errors.Errorf("recurrence with mode %d and memory %d, expected Called or Inline, Store or Checkpoint", r.set.Mode, r.set.Memory)
	}
	if r.set.Forms < 0 {
		return nil, errors.Errorf("recurrence with steps for %d forms of input, expected a positive number", r.set.Forms)
	}
	r.set.Forms = cmp.Or(r.set.Forms, 32)
	return r, nil
}

// Forward adds the recurrence over x (times·batch, in).
func (r *Recurrence) Forward(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	states, err := r.States(s, x)
	if err != nil {
		return nil, err
	}
	if r.set.Backward {
		return states[0], nil
	}
	return states[r.times-1], nil
}

// States adds the recurrence over x (times·batch, in) and returns the states (batch,
// size) after the input at each time, in the order of the times.
func (r *Recurrence) States(s *graph.Scope, x *gorgonia.Node) (gorgonia.Nodes, error) {
	if err := given("recurrence", s, "x", x); err != nil {
		return nil, err
	}
	if len(x.Shape()) != 2 || x.Shape()[0]%r.times != 0 {
		return nil, errors.Errorf("recurrence over %d times of %v, expected a matrix (times·batch, dim)", r.times, x)
	}
	f := recurrenceForm{x.Shape()[0] / r.times, x.Shape()[1], x.Dtype()}
	step, err := r.step(s, f)
	if err != nil {
		return nil, err
	}
	h, err := s.Data(value.New(f.dtype, f.batch, r.cell.Size()))
	if err != nil {
		return nil, err
	}
	states := make(gorgonia.Nodes, r.times)
	for i := range r.times {
		if r.set.Backward {
			i = r.times - 1 - i
		}
		at, err := ops.Block(x, i*f.batch, (i+1)*f.batch, 0, f.in)
		if err != nil {
			return nil, err
		}
		if h, err = step(h, at); err != nil {
			return nil, errors.Wrapf(err, "recurrence at time %d", i)
		}
		states[i] = h
	}
	return states, nil
}

// step returns what adds one step to the graph of s.
func (r *Recurrence) step(s *graph.Scope, f recurrenceForm) (func(h, x *gorgonia.Node) (*gorgonia.Node, error), error) {
	// What is itself part of a function, as dynamics are, has no calls.
	_, err := s.Time()
	if dynamics := err == nil; dynamics || s.Predicting() || r.set.Mode == integrators.Inline {
		return func(h, x *gorgonia.Node) (*gorgonia.Node, error) { return r.cell.Step(s, h, x) }, nil
	}
	fn, err := r.functionFor(f)
	if err != nil {
		return nil, err
	}
	return func(h, x *gorgonia.Node) (*gorgonia.Node, error) {
		c, err := fn.Call(s, h, x)
		if err != nil {
			return nil, err
		}
		return c.Out(0)
	}, nil
}

// functionFor returns the compiled step for inputs of form f, and forgets the one
// least recently used if there are too many. Calls in graphs keep theirs.
func (r *Recurrence) functionFor(f recurrenceForm) (*graph.Function, error) {
	if i := slices.IndexFunc(r.steps, func(s recurrentStep) bool { return s.form == f }); i >= 0 {
		used := r.steps[i]
		copy(r.steps[1:i+1], r.steps[:i])
		r.steps[0] = used
		return used.fn, nil
	}
	fn, err := graph.NewFunction("recurrent step", r.params, []graph.Spec{
		{Name: "h", Dtype: f.dtype, Shape: tensor.Shape{f.batch, r.cell.Size()}},
		{Name: "x", Dtype: f.dtype, Shape: tensor.Shape{f.batch, f.in}},
	}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		h, err := r.cell.Step(s, in[0], in[1])
		return gorgonia.Nodes{h}, err
	})
	if err != nil {
		return nil, err
	}
	fn.SetCheckpoint(r.set.Memory == integrators.Checkpoint)
	r.steps = slices.Insert(r.steps, 0, recurrentStep{f, fn})
	if len(r.steps) > r.set.Forms {
		r.steps = slices.Delete(r.steps, r.set.Forms, len(r.steps)) // and clears what it cuts off
	}
	return fn, nil
}

// Bytes returns the memory of the compiled steps and their frames.
func (r *Recurrence) Bytes() int {
	n := 0
	for _, s := range r.steps {
		n += s.fn.Bytes()
	}
	return n
}

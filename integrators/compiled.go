package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// compiled holds the functions of a solver for one form of state.
type compiled struct {
	solver *Solver
	form
	given  []graph.Spec // the context
	bare   functions    // functions of solves that are not differentiated, without integrals
	full   functions    // functions of differentiated solves, empty until the first of them
	probe  probe
	events *eventFunction         // nil without events
	dense  map[int]*denseFunction // dense output by the number of times
	rungs  []*compiled            // functions of fewer rows, with steps per row; nil until needed

	rowsChecked bool // whether a solve with steps per row has found that rows do not mix

	saved     gorgonia.Value   // memory of what Predict will return
	free      []*solve         // solves that were released
	rows      rowMemory        // what solves with steps per row leave for the next one
	args      []gorgonia.Value // scratch for the dense output
	firstArgs []gorgonia.Value // scratch for a first stage of a step's own
	reverse   *saveReverse     // nil until needed
	zeros     []gorgonia.Value // results of no step, nil until needed
}

// functions are those of a solve and of its reverse pass.
type functions struct {
	first *firstStage
	step  *stepFunction
}

// firstStage evaluates the right-hand sides at the start of a solve, and of a step
// after a stop time, with the norms that choose the size of the first step.
type firstStage struct {
	*graph.Function
	firstLayout
}

// probe evaluates the scaled change of the slope over a trial of the first step.
type probe struct {
	*graph.Function
	probeLayout
}

// stepFunction is one step.
type stepFunction struct {
	*graph.Function
	stepLayout
}

// denseFunction is the dense output at a number of times.
type denseFunction struct {
	*graph.Function
	denseLayout
	frameBytes int64
}

func compile(s *Solver, f form, context []graph.Spec) (*compiled, error) {
	c := &compiled{solver: s, form: f, given: context, dense: map[int]*denseFunction{}}
	err := c.checkContext()
	if err != nil {
		return nil, err
	}
	if c.bare.first, err = c.compileFirst(false); err != nil {
		return nil, err
	}
	if err := c.compileProbe(); err != nil {
		return nil, err
	}
	if c.bare.step, err = c.compileStep(false); err != nil {
		return nil, err
	}
	if len(s.integrals) == 0 {
		c.full = c.bare
	}
	if s.HasEvents() {
		err = c.compileEvents()
	}
	return c, err
}

// functionsFor returns the functions of a solve.
func (c *compiled) functionsFor(differentiate bool) (functions, error) {
	if !differentiate {
		return c.bare, nil
	}
	if c.full.step != nil {
		return c.full, nil
	}
	first, err := c.compileFirst(true)
	if err != nil {
		return functions{}, err
	}
	step, err := c.compileStep(true)
	if err != nil {
		return functions{}, err
	}
	c.full = functions{first, step}
	return c.full, nil
}

// handsIntegrands reports whether a step of a differentiated solve takes over, with
// the first stage, the integrands there.
func (s *Solver) handsIntegrands() bool { return s.traits.fsal && len(s.integrals) > 0 }

// compileFirst compiles the first stage, with the integrands there if there are
// integrals and they are to be handed to the first step.
func (c *compiled) compileFirst(integrals bool) (*firstStage, error) {
	f := &firstStage{}
	var in inputs
	f.in.z, f.in.t, f.in.context = in.add(c.state("z")), in.add(c.clockInput()), in.add(c.given...)
	var err error
	f.Function, err = c.solver.newFunction("first stage", c.solver.equation.Params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			b := &stepBuilder{solver: c.solver, scope: c.within(sc, in, f.in.context), t: in[f.in.t]}
			z := in[f.in.z]
			fields, g, err := b.firstStage(z, integrals && c.solver.handsIntegrands())
			if err != nil {
				return nil, err
			}
			d0, err := b.scaledNorm(z, nil, z)
			if err != nil {
				return nil, err
			}
			d1, err := b.slopeNorm(z, fields)
			if err != nil {
				return nil, err
			}
			var out results
			f.fields, f.carried, f.noisy = len(fields), len(g), c.solver.traits.handsDiffusion
			f.out.fields, f.out.d0, f.out.d1, f.out.g = out.add(fields...), out.add(d0), out.add(d1), out.add(g...)
			return gorgonia.Nodes(out), nil
		})
	return f, err
}

func (c *compiled) compileProbe() (err error) {
	p := &c.probe
	fields := c.bare.first.fields
	var in inputs
	p.z, p.fields = in.add(c.state("z")), in.add(c.bare.first.like("stage %d", c.bare.first.out.fields, fields)...)
	p.t, p.h, p.context = in.add(c.clockInput()), in.add(c.number("h")), in.add(c.given...)
	p.Function, err = c.solver.newFunction("probe", c.solver.equation.Params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			b := &stepBuilder{solver: c.solver, scope: c.within(sc, in, p.context), t: in[p.t], h: in[p.h]}
			change, err := b.probe(in[p.z], in[p.fields:p.t])
			return gorgonia.Nodes{change}, err
		})
	return err
}

// compileStep compiles a step, with the terms of the regularizers, unless they
// include integrals that are not wanted.
func (c *compiled) compileStep(integrals bool) (*stepFunction, error) {
	s := c.solver
	rs := s.settings.Regularizers
	if len(s.integrals) > 0 && !integrals {
		rs = nil
	}
	f := &stepFunction{}
	f.params = s.params()
	f.in.k1, f.in.g = none, none
	var in inputs
	f.in.z = in.add(c.state("z"))
	if s.traits.fsal {
		f.in.k1 = in.add(c.state("k1"))
	}
	f.in.noise = in.add(c.noises(len(s.traits.noise))...)
	f.in.t, f.in.h = in.add(c.clockInput()), in.add(c.number("h"))
	if s.traits.handsDiffusion || integrals && s.handsIntegrands() {
		specs := c.handed()
		f.carried, f.in.g = len(specs), in.add(specs...)
	}
	f.in.context, f.contexts = in.add(c.given...), len(c.given)
	f.inputs = f.params + len(in)
	var err error
	f.Function, err = s.newFunction(s.traits.name+" step", s.equation.Params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			b := &stepBuilder{solver: s, scope: c.within(sc, in, f.in.context), t: in[f.in.t], h: in[f.in.h], regularizers: rs}
			if f.in.noise != none {
				b.noise = in[f.in.noise:f.in.t]
			}
			from := f.start(in)
			st, err := s.addStep(b, from)
			if err != nil {
				return nil, err
			}
			return f.result(from, st, s.traits.extra > 0), nil
		})
	if err != nil {
		return nil, err
	}
	f.SetCheckpoint(s.settings.Memory == Checkpoint)
	return f, nil
}

// denseFor returns the function that interpolates at m times within a step.
func (c *compiled) denseFor(m int) (*denseFunction, error) {
	if f, ok := c.dense[m]; ok {
		return f, nil
	}
	s := c.solver
	f := &denseFunction{}
	f.in.t = none
	var in inputs
	f.in.z = in.add(c.state("z"))
	f.in.stages = in.add(c.denseStages()...)
	end := slot(len(in)) // of the stages
	f.in.context = none
	var params *graph.Params
	if s.traits.extra > 0 {
		f.in.context = in.add(c.given...)
		f.params, params = s.params(), s.equation.Params
		f.in.t = in.add(c.clockInput())
	}
	f.in.h = in.add(c.number("h"))
	weights := graph.Spec{Name: "weights", Dtype: tensor.Float64, Shape: tensor.Shape{m * s.traits.weights}, Data: true}
	if c.perRow() {
		weights.Shape = tensor.Shape{c.batch, m * s.traits.weights}
	}
	f.in.weights = in.add(weights)
	if s.traits.stochastic {
		f.in.noise = in.add(c.noises(m)...)
	}
	f.inputs = f.params + len(in)
	var err error
	f.Function, err = s.newFunction("dense output", params, in, func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		b := &stepBuilder{solver: s, scope: c.within(sc, in, f.in.context), t: at(in, f.in.t), h: in[f.in.h]}
		return s.method.interpolate(b, in[f.in.z], in[f.in.stages:end], in[f.in.weights], in[f.in.weights+1:], m)
	})
	if err != nil {
		return nil, err
	}
	f.SetCheckpoint(s.traits.extra > 0 && s.settings.Memory == Checkpoint)
	f.frameBytes = int64(f.FrameBytes())
	c.dense[m] = f
	return f, nil
}

// within returns the scope of what is evaluated in the context that is among the
// inputs, from a slot on.
func (c *compiled) within(sc *graph.Scope, in gorgonia.Nodes, context slot) *graph.Scope {
	if context == none {
		return sc
	}
	return sc.WithContext(in[context:][:len(c.given)]...)
}

func (c *compiled) bytes() int {
	n := 0
	if c.bare.first != nil { // else a rung
		n += c.bare.first.Bytes() + c.probe.Bytes()
	}
	if c.bare.step != nil {
		n += c.bare.step.Bytes()
	}
	if c.full.step != nil && c.full.step != c.bare.step {
		n += c.full.step.Bytes()
		if c.full.first != nil {
			n += c.full.first.Bytes()
		}
	}
	for _, r := range c.rungs {
		if r != nil {
			n += r.bytes()
		}
	}
	if c.events != nil {
		n += c.events.Bytes()
	}
	for _, f := range c.dense {
		n += f.Bytes()
	}
	return n
}

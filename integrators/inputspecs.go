package integrators

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// like describes inputs of the form of n results, from one on.
func (f *firstStage) like(name string, from slot, n int) []graph.Spec {
	specs := make([]graph.Spec, n)
	for i := range specs {
		o := f.Outputs()[int(from)+i]
		specs[i] = graph.Spec{Name: fmt.Sprintf(name, i), Dtype: o.Dtype, Shape: o.Shape}
	}
	return specs
}

// noises describes n matrices of noise, a column for each process of a row.
func (c *compiled) noises(n int) []graph.Spec {
	specs := make([]graph.Spec, n)
	for i := range specs {
		specs[i] = c.matrix(fmt.Sprintf("noise %d", i), c.solver.equation.processes(c.dim))
		specs[i].Data = true
	}
	return specs
}

// handed describes what a step takes over from the one before, beside state and first
// stage: the predictor and the diffusion there, or integrands.
func (c *compiled) handed() []graph.Spec {
	if !c.solver.traits.handsDiffusion {
		specs := c.scalars("g%d", len(c.solver.integrals))
		for i := range specs {
			if c.perRow() {
				specs[i].Shape = tensor.Shape{c.batch, 1}
			}
		}
		return specs
	}
	return []graph.Spec{c.state("predictor"), c.matrix("diffusion", c.solver.equation.diffusionColumns(c.dim))}
}

// denseStages describes the stages of the dense output: states, and what has the form
// of the step's result that it is.
func (c *compiled) denseStages() []graph.Spec {
	stages := c.bare.step.dense[1:]
	if c.solver.traits.extra > 0 {
		stages = stages[:len(stages)-len(c.given)]
	}
	specs := c.states("k%d", 1, len(stages), false)
	for i, at := range stages {
		switch f := c.bare.step; {
		case !at.input:
			specs[i].Shape = f.Outputs()[at.at].Shape
		case f.in.g != none && at.at >= f.in.g:
			specs[i].Shape = c.handed()[at.at-f.in.g].Shape
		}
	}
	return specs
}

// number describes a float64 scalar that is set on the frame.
func number(name string) graph.Spec {
	return graph.Spec{Name: name, Dtype: tensor.Float64, Data: true}
}

// perRow reports whether rows take steps of their own.
func (c *compiled) perRow() bool { return c.solver.settings.Steps == PerRow }

// clockInput describes the clock that is set on the frame of a function, or the time of
// each row.
func (c *compiled) clockInput() graph.Spec {
	if c.perRow() {
		return c.column("t")
	}
	return clockInput()
}

// number describes a float64 scalar that is set on the frame of a function, or one for
// each row.
func (c *compiled) number(name string) graph.Spec {
	if c.perRow() {
		return c.column(name)
	}
	return number(name)
}

// column describes a column of float64 that is set on the frame.
func (c *compiled) column(name string) graph.Spec {
	return graph.Spec{Name: name, Dtype: tensor.Float64, Shape: tensor.Shape{c.batch, 1}, Data: true}
}

// checkContext fails unless every row has its part of the context, if rows take steps of
// their own.
func (c *compiled) checkContext() error {
	if !c.perRow() {
		return nil
	}
	for i, spec := range c.given {
		if len(spec.Shape) == 0 || spec.Shape[0] != c.batch {
			return errors.Errorf("context %d of shape %v with steps per row, expected %d rows, one for each row of the state", i, spec.Shape, c.batch)
		}
	}
	return nil
}

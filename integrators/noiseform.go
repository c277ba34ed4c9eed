package integrators

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// NoiseForm says how the Wiener processes of a row enter its entries.
type NoiseForm uint8

const (
	// Diagonal noise has a process of its own for every entry: the diffusion is
	// (batch, dim), and entry i of a row is driven by process i alone. It may depend on
	// all of the state. If entry i of it depends on entry i of the state alone, say so
	// by Commutative: more can be done with it.
	Diagonal NoiseForm = iota

	// Additive noise does not depend on the state: the diffusion is g(t). The way from
	// the state to the diffusion is looked for in its graph, and refused if there is
	// one, whatever is multiplied by zero on it. Itô's and Stratonovich's sense are one.
	Additive

	// Scalar noise has one process for all entries of a row: the diffusion is
	// (batch, dim). It is commutative.
	Scalar

	// General noise has Equation.Processes for a row: the diffusion is
	// (batch, dim·Processes), and process j drives entry i of a row by what is in
	// column i·Processes + j.
	General

	// Commutative noise is General noise of which the caller knows that
	//
	//	Σ_i g_ij ∂g_kl/∂z_i = Σ_i g_il ∂g_kj/∂z_i    for all k, j, l,
	//
	// so that the order of its processes does not matter, and no method needs their
	// Lévy area. With Processes zero it is Diagonal noise, which is commutative if
	// entry i of it depends on entry i of the state alone. Neither is checked.
	Commutative
)

var noiseForms = [...]string{"diagonal", "additive", "scalar", "general", "commutative"}

// String returns the form in lower case, such as "diagonal".
func (f NoiseForm) String() string {
	if int(f) < len(noiseForms) {
		return noiseForms[f]
	}
	return fmt.Sprintf("NoiseForm(%d)", uint8(f))
}

// Calculus is the sense in which the stochastic integral of an equation is taken.
type Calculus uint8

const (
	Ito          Calculus = iota // of Itô: the diffusion is taken at the start of a step
	Stratonovich                 // of Stratonovich: midway, as ordinary calculus has it
)

// String returns "Itô" or "Stratonovich".
func (c Calculus) String() string {
	if names := [...]string{"Itô", "Stratonovich"}; int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Calculus(%d)", uint8(c))
}

// elementwise reports whether every entry of the state has a process of its own.
func (e *Equation) elementwise() bool {
	return e.Form == Diagonal || e.Processes == 0 && (e.Form == Additive || e.Form == Commutative)
}

// processes returns the number of Wiener processes of a row of dim entries.
func (e *Equation) processes(dim int) int {
	switch {
	case e.elementwise():
		return dim
	case e.Form == Scalar:
		return 1
	}
	return e.Processes
}

// diffusionColumns returns the number of columns of the diffusion of a state of dim.
func (e *Equation) diffusionColumns(dim int) int {
	if e.elementwise() {
		return dim
	}
	return dim * e.processes(dim)
}

// differences returns in how many directions the diffusion is changed by its processes.
func (e *Equation) differences() int {
	switch {
	case e.Form == Additive:
		return 0
	case e.elementwise():
		return 1
	}
	return e.processes(0)
}

// checkNoise fails unless the form of the noise is one, and a method of these traits
// takes it.
func (e *Equation) checkNoise(m traits) error {
	switch {
	case e.Form > Commutative || e.Calculus > Stratonovich:
		return errors.Errorf("%s: an equation of %v noise in the sense of %v, expected forms and senses that are defined", m.name, e.Form, e.Calculus)
	case e.Processes < 0:
		return errors.Errorf("%s: an equation with %d Wiener processes a row, expected a positive number", m.name, e.Processes)
	case e.Form == Diagonal && e.Processes != 0, e.Form == Scalar && e.Processes > 1:
		return errors.Errorf("%s: an equation of %v noise with %d Wiener processes a row, expected 0, for their number is known", m.name, e.Form, e.Processes)
	case e.Form == General && e.Processes == 0:
		return errors.Errorf("%s: an equation of general noise with 0 Wiener processes a row, expected their number", m.name)
	case !slices.Contains(m.forms, e.Form):
		advice := ""
		if e.Form == Diagonal && slices.Contains(m.forms, Commutative) {
			advice = ": if entry i of the diffusion depends on entry i of the state alone, declare it commutative"
		}
		return errors.Errorf("%s: an equation of %v noise, expected one of %v noise%s", m.name, e.Form, oneOf(m.forms), advice)
	case m.lone && !e.elementwise() && e.Processes > 1:
		return errors.Errorf("%s: an equation of %v noise with %d Wiener processes a row, expected one process an entry (0) or a row (1)", m.name, e.Form, e.Processes)
	case e.Form != Additive && e.Calculus != m.calculus:
		return errors.Errorf("%s: an equation in the sense of %v, expected one in the sense of %v (Equation.In converts it)", m.name, e.Calculus, m.calculus)
	}
	return nil
}

// oneOf lists forms as alternatives.
func oneOf(forms []NoiseForm) string {
	s := forms[0].String()
	for i, f := range forms[1:] {
		if i == len(forms)-2 {
			s += " or " + f.String()
		} else {
			s += ", " + f.String()
		}
	}
	return s
}

// fitsNoise fails unless the diffusion y has the shape that the form of the noise asks
// for with the state z.
func (e *Equation) fitsNoise(z, y *gorgonia.Node) error {
	if e.elementwise() || e.processes(z.Shape()[1]) == 1 || y == nil {
		return fits("diffusion", z, y)
	}
	batch, dim := z.Shape()[0], z.Shape()[1]
	if s := y.Shape(); y.Dtype() != z.Dtype() || len(s) != 2 || s[0] != batch || s[1] != dim*e.Processes {
		return errors.Errorf("the diffusion maps %v of %v to %v of %v, expected (%d, %d) of the same element type: %d columns for each of %d Wiener processes",
			z.Shape(), z.Dtype(), s, y.Dtype(), batch, dim*e.Processes, dim, e.Processes)
	}
	return nil
}

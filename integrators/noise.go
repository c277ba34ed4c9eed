package integrators

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/extent"
)

// Noise says where the Wiener processes of a solve come from: a seed, or a path of
// one's own. States are matrices (rows, cols), a trajectory a row, whose entries
// have a process W each, and a second one Z where the method uses it; see SRI. With
// noise of another form (Equation.Form) the columns are the processes of a row.
//
// The noise of a row depends on the seed, its key and the times at which steps
// were tried to end; not on other rows, on their number or on how the work is
// divided. The zero value and nil are the noise of seed 0.
type Noise struct {
	// Seed selects the noise of a whole solve.
	Seed uint64

	// Keys tell the rows apart, one a row; rows of the same key have the same
	// noise. nil means the number of the row. A trajectory that keeps its key
	// keeps its noise when the batch around it changes.
	Keys []uint64

	// Path is followed first, from the start of the time span; then noise is
	// drawn. It may be longer than the span.
	Path []Increment

	// Grid is the number of equal intervals, of the time span or of what Path
	// leaves of it, whose increments are drawn whole; within them steps take
	// Brownian bridges. W and its integral over the intervals then depend on seed and
	// key alone, whatever the steps, so that solves that differ in tolerance, method
	// or parameters follow the same path at this resolution, and converge on it with
	// the order of the method as long as their steps are not shorter. It costs Grid
	// normal variables an entry (twice that with Z). 0 means 64. A negative number
	// draws the increments step by step instead, which is the least work.
	Grid int

	// Tree, if it is positive, takes the noise from a virtual Brownian tree over the
	// time span, whose intervals are halved until they are no longer than Tree. W and
	// its integral at every time then depend on seed and key alone: on nothing that
	// the solver does, not even on the method. Tree must be well below the shortest
	// step, for within the smallest intervals the law is another. A step costs four
	// normal variables an entry for each level of the tree that it enters anew. 0
	// means no tree.
	Tree float64
}

// Increment is the part of a path of matrices (rows, cols) over an interval of time.
type Increment struct {
	// Length is that of the interval, positive.
	Length float64

	// DW and DZ are the increments of W and Z by row, rows·cols numbers each. DZ is
	// drawn if nil. It determines the integral of W over the interval, from W at its
	// start on, I(1,0) = Length·(DW + DZ/√3)/2. Steps longer than the interval have
	// the integral of the whole path, to which DZ adds little if intervals are short.
	DW, DZ []float64
}

// Sample returns the increments that a solve over [t0, t1] of states (rows, cols)
// finds given: those of Path, Z completed, and then those of Grid, or those of Tree
// over the intervals of Grid. But for Tree, as the Path of
// another Noise with the same seed and keys they give the same solve, up to the
// rounding of times. The error says what does not fit.
func (n *Noise) Sample(rows, cols int, t0, t1 float64) ([]Increment, error) {
	if rows < 1 || cols < 1 {
		return nil, errors.Errorf("noise for states (%d, %d), expected at least one entry", rows, cols)
	}
	if !(t0 < t1) || math.IsInf(t1-t0, 0) {
		return nil, errors.Errorf("noise over the time span [%v, %v], expected finite times that run forwards", t0, t1)
	}
	// Both processes, over as many intervals as there can be.
	if d := n.withDefaults(); d.Grid > extent.Most {
		return nil, errors.Errorf("noise on a grid of %d intervals, expected at most %d", d.Grid, extent.Most)
	} else if _, err := extent.Of(2, rows, cols, 1+len(d.Path)+d.Grid); err != nil {
		return nil, errors.Wrapf(err, "noise for states (%d, %d)", rows, cols)
	}
	if n != nil && n.Tree > 0 {
		return n.sampleTree(rows, cols, t0, t1)
	}
	b := newBrownian(rows, cols, true)
	if err := b.start(n, t0, t1); err != nil {
		return nil, err
	}
	var path []Increment
	for begin := t0; b.given(); {
		p := b.draw(t1)
		path = append(path, Increment{Length: p.end - begin, DW: p.dw, DZ: p.dz})
		begin = p.end
	}
	return path, nil
}

// sampleTree returns the increments of a tree over the intervals of Grid.
func (n *Noise) sampleTree(rows, cols int, t0, t1 float64) ([]Increment, error) {
	b := newBrownianTree(rows, cols, true)
	if err := b.start(n, t0, t1); err != nil {
		return nil, err
	}
	path := make([]Increment, max(1, n.withDefaults().Grid))
	for i := range path {
		from := b.to.t
		x := float64(i+1) / float64(len(path))
		b.prepare((1-x)*t0 + x*t1)
		path[i] = Increment{Length: b.to.t - from, DW: slices.Clone(b.dw), DZ: slices.Clone(b.dz)}
	}
	return path, nil
}

// withDefaults returns the noise with the defaults in place of zeros. It accepts
// a nil receiver.
func (n *Noise) withDefaults() Noise {
	var d Noise
	if n != nil {
		d = *n
	}
	d.Grid = max(0, cmp.Or(d.Grid, 64))
	return d
}

// validate checks that the noise fits states (rows, cols), and that its increments
// are longer than the resolution of time.
func (n *Noise) validate(rows, cols int, resolution float64) error {
	if n.Keys != nil && len(n.Keys) != rows {
		return errors.Errorf("noise with %d keys, expected %d, one a row", len(n.Keys), rows)
	}
	switch {
	case !(n.Tree >= 0) || math.IsInf(n.Tree, 1):
		return errors.Errorf("noise of a tree down to intervals of %v, expected a positive length, or 0 for no tree", n.Tree)
	case n.Tree > 0 && len(n.Path) > 0:
		return errors.Errorf("noise with a path of %d increments and a tree, expected one of them", len(n.Path))
	}
	for i, in := range n.Path {
		if !(in.Length > resolution) || math.IsInf(in.Length, 1) {
			return errors.Errorf("increment %d of the noise path has length %v, expected a finite one above %v", i, in.Length, resolution)
		}
		if err := checkIncrement(i, "DW", in.DW, rows, cols); err != nil {
			return err
		}
		if in.DZ == nil {
			continue
		}
		if err := checkIncrement(i, "DZ", in.DZ, rows, cols); err != nil {
			return err
		}
	}
	return nil
}

func checkIncrement(i int, name string, x []float64, rows, cols int) error {
	if len(x) != rows*cols {
		return errors.Errorf("increment %d of the noise path has %d entries of %s, expected %d for states (%d, %d)", i, len(x), name, rows*cols, rows, cols)
	}
	for j, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Errorf("increment %d of the noise path has %s = %v at row %d, column %d, expected a finite number", i, name, v, j/cols, j%cols)
		}
	}
	return nil
}

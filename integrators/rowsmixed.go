package integrators

import (
	stderrors "errors"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// ErrMixedRows: the dynamics of a row depend on the states of others, which with steps of
// their own are not at the same time. Steps that are shared take such dynamics.
var ErrMixedRows = stderrors.New("rows of the dynamics depend on each other")

// checkRows fails, in the first solve of a form, if the right-hand sides of a row change
// with the states of the others: at the start, and where all rows have the state of one.
func (r *rowSolve) checkRows() error {
	c := r.c
	b := 0
	for b < c.batch && r.failed[b] != nil {
		b++
	}
	if c.rowsChecked || c.batch < 2 || b == c.batch {
		return nil
	}
	alike := value.New(c.dtype, c.batch, c.dim)
	row := value.Rows(r.start.z, b, b+1)
	for i := range c.batch {
		value.CopyRows(alike, i, row)
	}
	if slices.Equal(value.Float64s(alike), value.Float64s(r.start.z)) {
		return nil // such rows tell nothing
	}
	made := r.made // these evaluations are none of the solve's
	defer func() { r.made = made }()
	var fields [2][]float64
	for i, z := range []gorgonia.Value{r.start.z, alike} {
		fr := c.bare.first.NewFrame()
		defer fr.Release()
		if err := r.evaluate(c.bare.first, fr, z, func(b int) float64 { return r.rows[b].t }); err != nil {
			return err
		}
		fields[i] = c.bare.first.row(fr, b)
	}
	for i, x := range fields[0] {
		if y := fields[1][i]; math.Float64bits(x) != math.Float64bits(y) {
			return errors.Wrapf(ErrMixedRows, "row %d is %v among the others and %v among rows like itself, expected shared steps", b, x, y)
		}
	}
	c.rowsChecked = true
	return nil
}

// row returns the right-hand sides of a row, one after the other, in an evaluation.
func (f *firstStage) row(fr *graph.Frame, b int) (x []float64) {
	for i := range f.fields {
		x = append(x, value.Float64s(value.Rows(fr.Out(int(f.out.fields)+i), b, b+1))...)
	}
	return x
}

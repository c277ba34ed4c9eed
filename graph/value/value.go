// Package value makes, reads and writes the values that objectives, predictors and
// solvers take and return: dense tensors and scalars of float32 or float64. Where a
// function has no error to return, a value that is missing or does not fit is a
// mistake in a program, and a panic that names it.
package value

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// notNil panics, with the name of the argument, if v is nil.
func notNil(function, argument string, v gorgonia.Value) {
	if v == nil {
		panic(fmt.Sprintf("value: %s: %s is nil", function, argument))
	}
}

// usable panics unless Check returns nil.
func usable(function string, v gorgonia.Value) {
	notNil(function, "v", v)
	if err := Check(v); err != nil {
		panic(fmt.Sprintf("value: %s: %v", function, err))
	}
}

// Check returns an error that says what v is unless it is what the functions of this
// package take: a scalar, or a contiguous row-major tensor, of float32 or float64.
func Check(v gorgonia.Value) error {
	switch {
	case v == nil:
		return errors.New("nil, expected a tensor or a scalar")
	case v.Dtype() != tensor.Float32 && v.Dtype() != tensor.Float64:
		return errors.Errorf("%v of %v, expected float32 or float64", v.Shape(), v.Dtype())
	case !raw.Fits(v, v.Dtype(), v.Shape()):
		return errors.Errorf("%v of %v is a view, expected a contiguous row-major tensor", v.Shape(), v.Dtype())
	}
	return nil
}

// Finite reports whether every entry of v, of float32 or float64, is finite. It
// panics if v is nil.
func Finite(v gorgonia.Value) bool {
	notNil("Finite", "v", v)
	a := raw.Of(v)
	if a.Single() {
		return kernel.Finite(raw.Slice[float32](a))
	}
	return kernel.Finite(raw.Slice[float64](a))
}

// Float64s returns a copy of the entries of v, row-major. It panics if v is nil.
func Float64s(v gorgonia.Value) []float64 {
	notNil("Float64s", "v", v)
	if v.Dtype() == gorgonia.Float64 {
		return append([]float64(nil), raw.Elements[float64](v)...)
	}
	x := raw.Elements[float32](v)
	out := make([]float64, len(x))
	for i := range x {
		out[i] = float64(x[i])
	}
	return out
}

// Scalar returns the number that a scalar of either element type is, or the only
// entry of a tensor. It panics if v has more or another element type, or is nil.
func Scalar(v gorgonia.Value) float64 {
	usable("Scalar", v)
	if n := v.Shape().TotalSize(); n != 1 {
		panic(fmt.Sprintf("value: Scalar of %d entries, expected one", n))
	}
	return raw.Of(v).Float64()
}

// CopyRows copies src (m, n) into the rows of dst from row on. Both have the
// same element type and n columns. It panics if they have not, if one is nil, or
// if dst has no such rows.
func CopyRows(dst gorgonia.Value, row int, src gorgonia.Value) {
	checkRows("CopyRows", dst, row, src)
	n := columns(dst)
	to, from := raw.Of(dst), raw.Of(src)
	if to.Single() {
		copy(raw.Slice[float32](to)[row*n:], raw.Slice[float32](from))
		return
	}
	copy(raw.Slice[float64](to)[row*n:], raw.Slice[float64](from))
}

// AddRows adds src (m, n) to the rows of dst from row on. Both have the same
// element type and n columns. It panics as CopyRows does.
func AddRows(dst gorgonia.Value, row int, src gorgonia.Value) {
	checkRows("AddRows", dst, row, src)
	addAt(dst, row*columns(dst), src)
}

// checkRows panics unless src fits into the rows of dst from row on.
func checkRows(function string, dst gorgonia.Value, row int, src gorgonia.Value) {
	notNil(function, "dst", dst)
	notNil(function, "src", src)
	n := columns(dst)
	if size := dst.Shape().TotalSize(); columns(src) != n || row < 0 || row > size || row*n > size-src.Shape().TotalSize() {
		panic(fmt.Sprintf("value: %s: %v into rows from %d on of %v, expected them to fit", function, src.Shape(), row, dst.Shape()))
	}
}

// columns is the number of columns of a matrix. A scalar is a row of one, a vector
// one row.
func columns(v gorgonia.Value) int {
	switch s := v.Shape(); len(s) {
	case 0:
		return 1
	case 1:
		return s[0]
	default:
		return s[1]
	}
}

// addAt adds src to the entries of dst from one on, row-major.
func addAt(dst gorgonia.Value, at int, src gorgonia.Value) {
	to, from := raw.Of(dst), raw.Of(src)
	if to.Single() {
		x := raw.Slice[float32](from)
		kernel.Add(raw.Slice[float32](to)[at:at+len(x)], x)
		return
	}
	x := raw.Slice[float64](from)
	kernel.Add(raw.Slice[float64](to)[at:at+len(x)], x)
}

// Rows returns the rows [from, to) of the matrix v, sharing its memory. It panics
// if v is nil, is no matrix or has no such rows.
func Rows(v gorgonia.Value, from, to int) gorgonia.Value {
	notNil("Rows", "v", v)
	s := v.Shape()
	if len(s) != 2 || from < 0 || to < from || to > s[0] {
		panic(fmt.Sprintf("value: Rows %d to %d of %v, expected rows of a matrix", from, to, s))
	}
	n := s[1]
	return raw.View(v.(*tensor.Dense), from*n, tensor.Shape{to - from, n})
}

// New returns a zero value of the given element type and shape; the empty
// shape gives a scalar. It panics if the element type is another than float32
// and float64, a dimension is negative, or there are more entries than memory
// can hold.
func New(dt tensor.Dtype, shape ...int) gorgonia.Value {
	if dt != tensor.Float32 && dt != tensor.Float64 {
		panic(errors.Errorf("new value of %v, expected float32 or float64", dt))
	}
	if _, err := extent.Of(shape...); err != nil {
		panic(errors.Wrap(err, "new value"))
	}
	return raw.New(dt, shape)
}

// Zero sets every entry of v to 0. It panics if v is nil, or Check returns an error.
func Zero(v gorgonia.Value) {
	usable("Zero", v)
	raw.Of(v).Zero()
}

// SetScalar sets a scalar of either element type, or the only entry of a tensor, to x. It
// panics if v has more, or is nil.
func SetScalar(v gorgonia.Value, x float64) {
	notNil("SetScalar", "v", v)
	if n := v.Shape().TotalSize(); n != 1 {
		panic(fmt.Sprintf("value: SetScalar of %d entries, expected one", n))
	}
	if v.Dtype() == gorgonia.Float32 {
		raw.Elements[float32](v)[0] = float32(x)
		return
	}
	raw.Elements[float64](v)[0] = x
}

// SetFloat64s overwrites the entries of v, row-major, with x, which must have
// as many; it panics otherwise, and if v is nil.
func SetFloat64s(v gorgonia.Value, x []float64) {
	notNil("SetFloat64s", "v", v)
	if n := v.Shape().TotalSize(); len(x) != n {
		panic(errors.Errorf("value: SetFloat64s: %d numbers for a value of %d entries, expected as many", len(x), n))
	}
	if v.Dtype() == gorgonia.Float64 {
		copy(raw.Elements[float64](v), x)
		return
	}
	w := raw.Elements[float32](v)
	for i := range w {
		w[i] = float32(x[i])
	}
}

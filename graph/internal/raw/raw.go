// Package raw reads and allocates the values that flow along Gorgonia
// edges: dense tensors and scalars of float32 or float64. It is the one place
// that looks behind tensor.Dense and the scalar pointers, so that kernels see
// plain slices (Array) and nothing is allocated per access.
package raw

import (
	"reflect"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Float is an element type of a state.
type Float interface{ float32 | float64 }

// New allocates a zero value of the given element type and shape; the empty
// shape gives a Gorgonia scalar.
func New(dt tensor.Dtype, shape tensor.Shape) gorgonia.Value {
	if shape.Dims() == 0 {
		if dt == tensor.Float32 {
			return gorgonia.NewF32(0)
		}
		return gorgonia.NewF64(0)
	}
	return tensor.New(tensor.Of(dt), tensor.WithShape(shape.Clone()...))
}

// View returns the elements [off, off+len) of the dense vector v in the given
// shape, sharing its memory.
func View(v *tensor.Dense, off int, shape tensor.Shape) gorgonia.Value {
	n := shape.TotalSize()
	if v.Dtype() == tensor.Float32 {
		return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(Elements[float32](v)[off:off+n:off+n]))
	}
	return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(Elements[float64](v)[off:off+n:off+n]))
}

// Fits reports whether v has the given element type and shape.
func Fits(v gorgonia.Value, dt tensor.Dtype, shape tensor.Shape) bool {
	if v == nil || v.Dtype() != dt {
		return false
	}
	if !slices.Equal(v.Shape(), shape) {
		return false
	}
	d, ok := v.(*tensor.Dense)
	return !ok || contiguous(d)
}

// contiguous reports whether the elements of d are next to each other and
// row-major. Every access asks, so what d says about itself is asked only where
// its shape and strides leave a doubt: d.RequiresIterator takes ten times as
// long.
func contiguous(d *tensor.Dense) bool {
	shape, strides := d.Shape(), d.Strides()
	if len(shape) != len(strides) || len(d.Mask()) > 0 {
		return !d.RequiresIterator() && d.DataOrder().IsRowMajor() || d.DataSize() == 0
	}
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if strides[i] != n && shape[i] != 1 {
			return d.DataSize() == 0
		}
		n *= shape[i]
	}
	return true
}

// As returns v with its elements next to each other and row-major, in a copy if
// they are not. It is an error if v is not of the element type and shape, unless it
// has the one element that is expected: some of Gorgonia's operations infer (1) and
// return a scalar.
func As(v gorgonia.Value, dt tensor.Dtype, shape tensor.Shape) (gorgonia.Value, error) {
	if IsNil(v) {
		return nil, errors.Errorf("no value, expected %v of %v", shape, dt)
	}
	v = Contiguous(v)
	if shape.TotalSize() == 1 && v.Dtype() == dt && v.Shape().TotalSize() == 1 {
		return v, nil
	}
	if !Fits(v, dt, shape) {
		return nil, errors.Errorf("%v of %v, expected %v of %v", v.Shape(), v.Dtype(), shape, dt)
	}
	return v, nil
}

// IsNil reports whether v is nil, or a nil pointer to a value.
func IsNil(v gorgonia.Value) bool {
	return v == nil || reflect.ValueOf(v).Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil()
}

// Contiguous returns v if its elements are next to each other and row-major, and a
// copy where they are if it is a slice of columns, say, or a transpose.
func Contiguous(v gorgonia.Value) gorgonia.Value {
	d, ok := v.(*tensor.Dense)
	if !ok || contiguous(d) {
		return v
	}
	if d.Dtype() == tensor.Float32 {
		return gather[float32](d)
	}
	if d.Dtype() == tensor.Float64 {
		return gather[float64](d)
	}
	return v
}

// gather copies the elements of d into a row-major tensor, by its strides.
func gather[T Float](d *tensor.Dense) *tensor.Dense {
	shape, strides := d.Shape(), d.Strides()
	from := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(d.Raw))), uintptr(len(d.Raw))/unsafe.Sizeof(T(0)))
	to := make([]T, 0, shape.TotalSize())
	var walk func(axis, at int)
	walk = func(axis, at int) {
		if axis == len(shape) {
			to = append(to, from[at])
			return
		}
		for i := range shape[axis] {
			walk(axis+1, at+i*strides[axis])
		}
	}
	walk(0, 0)
	return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(to))
}

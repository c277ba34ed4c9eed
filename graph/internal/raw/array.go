package raw

import (
	"math"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An Array is where the elements of a value lie, next to each other and row-major; a
// scalar is an array of one. Operations compute with arrays: to look behind a value
// takes longer than many of them, and is done once where a value stays. The zero Array
// is that of a value that holds no floats, or not in this order, and has no elements.
type Array struct {
	first unsafe.Pointer
	n     int
	size  uintptr // number of bytes of an element
}

// Of returns the elements of v.
func Of(v gorgonia.Value) Array {
	switch v := v.(type) {
	case *tensor.Dense:
		if size := sizeOf(v.Dtype()); size > 0 && contiguous(v) {
			return Array{unsafe.Pointer(unsafe.SliceData(v.Raw)), len(v.Raw) / int(size), size}
		}
	case *gorgonia.F32:
		return Array{unsafe.Pointer(v), 1, 4}
	case *gorgonia.F64:
		return Array{unsafe.Pointer(v), 1, 8}
	}
	return Array{}
}

// Fit returns the elements of v, and whether it has the given element type and shape and
// holds floats next to each other.
func Fit(v gorgonia.Value, dt tensor.Dtype, shape tensor.Shape) (a Array, ok bool) {
	a = Of(v)
	if a.size == 0 || a.size != sizeOf(dt) {
		return a, false
	}
	if d, dense := v.(*tensor.Dense); dense {
		return a, slices.Equal(d.Shape(), shape)
	}
	return a, len(shape) == 0
}

// sizeOf returns the number of bytes of an element of type float32 or float64, 0 for
// any other.
func sizeOf(dt tensor.Dtype) uintptr {
	switch typeOf(dt) {
	case single:
		return 4
	case double:
		return 8
	}
	return 0
}

// typeOf returns what tells an element type from others, of which comparing takes less
// than of interfaces.
func typeOf(dt tensor.Dtype) unsafe.Pointer { return (*[2]unsafe.Pointer)(unsafe.Pointer(&dt))[1] }

var single, double = typeOf(tensor.Float32), typeOf(tensor.Float64)

// Slice returns the elements of a, without copying. It panics, which programs turn into
// an error, if they are not of type T.
func Slice[T Float](a Array) []T {
	if a.size != unsafe.Sizeof(T(0)) {
		a.refuse()
	}
	return unsafe.Slice((*T)(a.first), a.n)
}

//go:noinline
func (a Array) refuse() {
	panic(errors.Errorf("%d elements of %d bytes, expected contiguous ones of the other element type", a.n, a.size))
}

// Elements returns the elements of v as Slice does.
func Elements[T Float](v gorgonia.Value) []T {
	return Slice[T](Of(v))
}

// Part returns n elements of a from one on.
func (a Array) Part(from, n int) Array {
	if from < 0 || n < 0 || from+n > a.n {
		panic(errors.Errorf("elements %d to %d of %d", from, from+n, a.n))
	}
	return Array{unsafe.Add(a.first, uintptr(from)*a.size), n, a.size}
}

// Single reports whether the elements are of type float32.
func (a Array) Single() bool { return a.size == 4 }

// Float64 returns the one element of a, of either type, as a float64, and NaN if there
// is not one.
func (a Array) Float64() float64 {
	switch {
	case a.n != 1:
		return math.NaN()
	case a.size == 4:
		return float64(*(*float32)(a.first))
	}
	return *(*float64)(a.first)
}

// Zero sets every element to 0.
func (a Array) Zero() {
	clear(unsafe.Slice((*byte)(a.first), uintptr(a.n)*a.size))
}

// CopyFrom copies the elements of b, of as many and of the same type; anything else
// panics.
func (a Array) CopyFrom(b Array) {
	if a.n != b.n || a.size != b.size {
		panic(errors.Errorf("%d elements of %d bytes copied into %d of %d", b.n, b.size, a.n, a.size))
	}
	bytes := uintptr(a.n) * a.size
	copy(unsafe.Slice((*byte)(a.first), bytes), unsafe.Slice((*byte)(b.first), bytes))
}

package exchange

import (
	"encoding/binary"
	"math"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
)

type float interface{ float32 | float64 }

// A kind is what the numbers of a tensor are.
type kind int

const (
	other  kind = iota // integers and whatever else no parameter is made of
	half               // IEEE 754 binary16
	brain              // the upper half of a float32, bfloat16
	single             // IEEE 754 binary32
	double             // IEEE 754 binary64
)

// An element is the type of the entries of a tensor.
type element struct {
	name  string // name in the file
	kind  kind
	bytes int
	order binary.ByteOrder
}

// String returns the name for messages.
func (e element) String() string { return e.name }

var (
	float32s = element{"F32", single, 4, binary.LittleEndian}
	float64s = element{"F64", double, 8, binary.LittleEndian}
)

// encode returns the bytes of numbers, little-endian.
func encode[T float](x []T) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		panic(err) // floats have a size
	}
	return b
}

// decode returns the numbers that bytes are. Those of the type of the result keep every
// bit.
func decode[T float](b []byte, e element) ([]T, error) {
	x := make([]T, len(b)/e.bytes)
	for i := range x {
		at := b[i*e.bytes:]
		switch e.kind {
		case half:
			x[i] = T(fromHalf(e.order.Uint16(at)))
		case brain:
			x[i] = T(math.Float32frombits(uint32(e.order.Uint16(at)) << 16))
		case single:
			x[i] = T(math.Float32frombits(e.order.Uint32(at)))
		default:
			v := math.Float64frombits(e.order.Uint64(at))
			x[i] = T(v)
			if math.IsInf(float64(x[i]), 0) && !math.IsInf(v, 0) {
				return nil, errors.Wrapf(graph.ErrMismatch, "entry %d is %v, expected a number of float32", i, v)
			}
		}
	}
	return x, nil
}

// fromHalf returns the value of a binary16.
func fromHalf(b uint16) float32 {
	const smallest = 0x1p-24 // of the positive numbers
	sign, exponent, fraction := uint32(b>>15), uint32(b>>10)&31, uint32(b)&1023
	switch exponent {
	case 0:
		v := float32(fraction) * smallest
		return math.Float32frombits(math.Float32bits(v) | sign<<31)
	case 31: // an infinity or NaN
		return math.Float32frombits(sign<<31 | 255<<23 | fraction<<13)
	}
	return math.Float32frombits(sign<<31 | (exponent+127-15)<<23 | fraction<<13)
}

// rowMajor returns the entries of a column-major tensor in row-major order.
func rowMajor[T float](x []T, shape []int) []T {
	y := make([]T, len(x))
	index := make([]int, len(shape))
	for i := range y {
		at, stride := 0, 1
		for d, n := range shape {
			at += index[d] * stride
			stride *= n
		}
		y[i] = x[at]
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return y
}

package value

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/raw"
)

// CopyEachRow copies row from[i] of src to row to[i] of dst, for every i. A nil list is
// 0, 1, …, as many as the other list has, or as dst has rows if both are nil. Both have
// the same element type, and rows of the same length: what an index of the first axis
// selects. It panics if they have not, if one is
// nil, if the lists differ in length or if there is no such row.
func CopyEachRow(dst gorgonia.Value, to []int, src gorgonia.Value, from []int) {
	eachRow("CopyEachRow", dst, to, src, from)
	n := rowLength(dst)
	if dst.Dtype() == gorgonia.Float32 {
		moveRows(raw.Elements[float32](dst), to, raw.Elements[float32](src), from, n, copyRow)
		return
	}
	moveRows(raw.Elements[float64](dst), to, raw.Elements[float64](src), from, n, copyRow)
}

// AddEachRow adds row from[i] of src to row to[i] of dst, in order, as CopyEachRow copies.
func AddEachRow(dst gorgonia.Value, to []int, src gorgonia.Value, from []int) {
	eachRow("AddEachRow", dst, to, src, from)
	n := rowLength(dst)
	if dst.Dtype() == gorgonia.Float32 {
		moveRows(raw.Elements[float32](dst), to, raw.Elements[float32](src), from, n, kernel.Add)
		return
	}
	moveRows(raw.Elements[float64](dst), to, raw.Elements[float64](src), from, n, kernel.Add)
}

// FiniteRow reports whether every entry of a row of v is finite. It panics if
// v is nil or has no such row.
func FiniteRow(v gorgonia.Value, row int) bool {
	notNil("FiniteRow", "v", v)
	n := rowLength(v)
	if size := v.Shape().TotalSize(); row < 0 || (row+1)*n > size {
		panic(fmt.Sprintf("value: FiniteRow: row %d of %v, expected one of its rows", row, v.Shape()))
	}
	if v.Dtype() == gorgonia.Float32 {
		return kernel.Finite(raw.Elements[float32](v)[row*n : (row+1)*n])
	}
	return kernel.Finite(raw.Elements[float64](v)[row*n : (row+1)*n])
}

func copyRow[T raw.Float](dst, src []T) { copy(dst, src) }

// moveRows hands each pair of rows of n entries to f.
func moveRows[T raw.Float](dst []T, to []int, src []T, from []int, n int, f func(dst, src []T)) {
	count := max(len(to), len(from))
	if to == nil && from == nil {
		count = len(dst) / max(1, n)
	}
	for i := range count {
		j, k := i, i
		if to != nil {
			j = to[i]
		}
		if from != nil {
			k = from[i]
		}
		f(dst[j*n:(j+1)*n:(j+1)*n], src[k*n:(k+1)*n:(k+1)*n])
	}
}

// eachRow panics unless rows of src can go to rows of dst.
func eachRow(function string, dst gorgonia.Value, to []int, src gorgonia.Value, from []int) {
	notNil(function, "dst", dst)
	notNil(function, "src", src)
	switch {
	case rowLength(src) != rowLength(dst):
		panic(fmt.Sprintf("value: %s: rows of %v into %v, expected rows of one length", function, src.Shape(), dst.Shape()))
	case to != nil && from != nil && len(to) != len(from):
		panic(fmt.Sprintf("value: %s: %d rows to %d, expected as many", function, len(from), len(to)))
	}
}

// rowLength is the number of entries that an index of the first axis selects.
func rowLength(v gorgonia.Value) int {
	s := v.Shape()
	if len(s) == 0 || s[0] == 0 {
		return 1
	}
	return s.TotalSize() / s[0]
}

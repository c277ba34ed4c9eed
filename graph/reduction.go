package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// reduction computes a sum or maximum over an axis that is neither one of the first
// two nor the last: Gorgonia's own (tensor v0.9.24) takes entries of other rows.
type reduction struct {
	op       gorgonia.Op
	shape    tensor.Shape // shape of the argument
	strides  []int        // strides of the axes in the result, 0 of those reduced
	max      bool
	src, dst int
}

// reductionOf returns the instruction that replaces the operation of n, nil if none
// does.
func reductionOf(n *gorgonia.Node) *reduction {
	kind := kindOf(n.Op())
	if kind != "sumOp" && kind != "maxOp" {
		return nil
	}
	shape := children(n)[0].Shape()
	reduced := make([]bool, len(shape))
	for _, a := range intsField(n.Op(), "along") {
		if a >= 0 && a < len(shape) {
			reduced[a] = true
		}
	}
	inner, left, axis := false, len(shape), 0
	for _, yes := range reduced { // one by one, as Gorgonia does
		if yes {
			inner = inner || axis >= 2 && axis < left-1
			left--
		} else {
			axis++
		}
	}
	if !inner {
		return nil
	}
	r := &reduction{op: n.Op(), shape: shape, strides: make([]int, len(shape)), max: kind == "maxOp"}
	for a, size := len(shape)-1, 1; a >= 0; a-- {
		if !reduced[a] {
			r.strides[a] = size
			size *= shape[a]
		}
	}
	return r
}

func (r *reduction) run(reg *registers) error {
	y, x := reg.arrays[r.dst], reg.arrays[r.src]
	if y.Single() {
		reduce(r, raw.Slice[float32](y), raw.Slice[float32](x))
	} else {
		reduce(r, raw.Slice[float64](y), raw.Slice[float64](x))
	}
	return nil
}

func (r *reduction) String() string { return r.op.String() }

func reduce[T raw.Float](r *reduction, y, x []T) {
	seen := make([]bool, len(y))
	at, index := 0, make([]int, len(r.shape))
	for _, v := range x {
		switch {
		case !seen[at]:
			y[at], seen[at] = v, true
		case r.max:
			y[at] = max(y[at], v)
		default:
			y[at] += v
		}
		for a := len(r.shape) - 1; a >= 0; a-- {
			index[a]++
			at += r.strides[a]
			if index[a] < r.shape[a] {
				break
			}
			at -= index[a] * r.strides[a]
			index[a] = 0
		}
	}
}

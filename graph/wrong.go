package graph

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/raw"
)

// wrong lists such operations by type and String, and what to write for them.
var wrong = map[[2]string]string{
	{"elemUnaryOp", "log2"}:    "its derivative is (ln 2)/x in place of 1/(x·ln 2); write Log(x) times 1/ln 2",
	{"elemUnaryOp", "invSqrt"}: "its derivative is −x·√x/2 in place of −1/(2·x·√x); write Inverse(Sqrt(x))",
	{"linAlgBinOp", "a ⊗ b"}:   "its derivatives by the two vectors are interchanged; write Mul of a column (n, 1) and a row (1, m)",
	{"atOp", ""}:               "it has a derivative of zero; write Slice(x, S(i), S(j))",
	{"avgPoolOp", ""}:          "its value and its derivative are those of no average; write a convolution with equal weights",
}

// checkWrong fails if n is an operation that Gorgonia computes wrongly.
func checkWrong(n *gorgonia.Node) error {
	if n.Op() == nil {
		return nil
	}
	kind := kindOf(n.Op())
	why, ok := wrong[[2]string{kind, n.Op().String()}]
	if !ok {
		why, ok = wrong[[2]string{kind, ""}]
	}
	if !ok {
		why = wrongField(n, kind)
	}
	if why == "" {
		return nil
	}
	return errors.Wrapf(hazard.ErrWrongOperation, "node %d (%v): %s", n.ID(), n.Op(), why)
}

// wrongField looks at operations that are computed wrongly for some of their
// settings.
func wrongField(n *gorgonia.Node, kind string) string {
	if kind != "sparsemaxOp" && kind != "byIndicesOp" && kind != "ctcLossOp" {
		return ""
	}
	dims := len(children(n)[0].Shape())
	switch axis := intField(n.Op(), "axis"); {
	case kind == "sparsemaxOp" && axis >= 0 && axis != dims-1:
		return "its result is transposed unless the axis is the last; write Sparsemax of the transpose"
	case kind == "byIndicesOp" && (axis > 0 || dims == 1):
		return "its derivative is wrong but for rows, axis 0 of a matrix; write Slice and Concat, or ByIndices of the transpose"
	case kind == "ctcLossOp" && gorgonia.Reduction(intField(n.Op(), "reduction")) == gorgonia.ReductionMean:
		return "its derivative is wrong for ReductionMean; write ReductionSum, and divide"
	}
	return ""
}

// wave computes a sine or cosine in float32 by float64: Gorgonia's own loses all
// digits of large arguments.
type wave struct {
	op       gorgonia.Op
	f        func(float64) float64
	src, dst int
}

// waveOf returns the function that replaces the operation of n, nil if none does.
func waveOf(n *gorgonia.Node) func(float64) float64 {
	if kindOf(n.Op()) != "elemUnaryOp" || n.Dtype() != tensor.Float32 {
		return nil
	}
	switch n.Op().String() {
	case "sin":
		return math.Sin
	case "cos":
		return math.Cos
	}
	return nil
}

func (w *wave) run(r *registers) error {
	x, y := raw.Slice[float32](r.arrays[w.src]), raw.Slice[float32](r.arrays[w.dst])
	for i, v := range x {
		y[i] = float32(w.f(float64(v)))
	}
	return nil
}

func (w *wave) String() string { return w.op.String() }

package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// affineTimesRun is affineRun for a column of times.
func affineTimesRun[T raw.Float](a affine) operation.Kernel {
	return func(dst raw.Array, in []raw.Array) error {
		b, wt, _ := affineTerms[T](a, in)
		times := raw.Slice[T](in[a.column+1])
		x, w, y := raw.Slice[T](in[0]), raw.Slice[T](in[1]), raw.Slice[T](dst)
		if kernel.InUse() {
			kernel.AffineTimes(a.act, a.m, a.n, a.k, x, w, b, wt, times, y)
			return nil
		}
		for i, t := range times {
			fillRows(a.n, b, wt, t, y[i*a.n:(i+1)*a.n])
		}
		gemm(false, false, a.m, a.n, a.k, x, w, true, y)
		kernel.Activate(a.act, y, y)
		return nil
	}
}

func affineTimesBinding[T raw.Float](a affine) rowBinding[T] {
	return func(p *kernel.RowProduct[T], dst raw.Array, in []raw.Array) {
		b, wt, _ := affineTerms[T](a, in)
		p.BindAffineTimes(a.act, a.m, a.n, a.k, raw.Slice[T](in[0]), raw.Slice[T](in[1]), b, wt, raw.Slice[T](in[a.column+1]), raw.Slice[T](dst))
	}
}

// diffTimes completes d with the gradients of the bias, the time column and a column of
// times, given that of the argument of the activation.
func (a affine) diffTimes(d, in gorgonia.Nodes, g *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
	var err error
	if a.bias >= 0 && want[a.bias] {
		if d[a.bias], err = colSum(g); err != nil {
			return nil, err
		}
	}
	if want[a.column] {
		if d[a.column], err = weightedColSum(g, in[a.column+1]); err != nil {
			return nil, err
		}
	}
	if want[a.column+1] {
		d[a.column+1], err = rowsTimes(g, in[a.column])
	}
	return d, err
}

package ranks

import (
	"context"
	"unsafe"

	"github.com/pkg/errors"
)

// Sum puts the sum Σ w_r·x_r of the vectors of all ranks in the place of each, a
// []float32 or []float64. Terms are added in the order of the ranks in float64, and the
// sum is rounded once. A rank of weight 0 adds nothing, whatever its vector holds. The
// ranks must be of one byte order.
//
// It is an all-gather, in which every rank receives the vectors of all others, and a sum
// that all of them form: size-1 times the bytes of the vector into every rank, in one
// exchange. A sum that the ranks share out would take less from three ranks on, but two
// exchanges.
func (g *Group) Sum(ctx context.Context, weights []float64, x any) error {
	if g == nil {
		g = new(Group)
	}
	if n := g.Size(); len(weights) != n {
		return errors.Errorf("%d weights, expected %d, one a rank", len(weights), n)
	}
	switch x := x.(type) {
	case []float32:
		return sum(ctx, g, &g.narrow, weights, x)
	case []float64:
		return sum(ctx, g, &g.wide, weights, x)
	}
	return errors.Errorf("sum of %T over ranks, expected []float32 or []float64", x)
}

// addends are the vectors of all ranks, one after the other, and their sum.
type addends[T float32 | float64] struct {
	all []T
	sum []float64
}

func sum[T float32 | float64](ctx context.Context, g *Group, a *addends[T], weights []float64, x []T) error {
	if len(x) != len(a.sum) {
		a.all, a.sum = make([]T, g.Size()*len(x)), make([]float64, len(x))
	}
	if g.Size() == 1 {
		copy(a.all, x)
	} else if err := g.gather(ctx, bytesOf(a.all), bytesOf(x)); err != nil {
		return err
	}
	first := true
	for r, w := range weights {
		if w == 0 {
			continue
		}
		for i, v := range a.all[r*len(x) : (r+1)*len(x)] {
			term := float64(w * float64(v)) // rounded, not fused with the sum
			if first {
				a.sum[i] = term // which keeps the sign of a zero
			} else {
				a.sum[i] += term
			}
		}
		first = false
	}
	for i, s := range a.sum {
		x[i] = T(s)
	}
	return nil
}

// bytesOf returns the memory of a vector.
func bytesOf[T float32 | float64](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(*new(T))))
}

package ranks

import (
	"context"
	"encoding/binary"
	"math"

	"github.com/pkg/errors"
)

// Sum puts the sum Σ w_r·x_r of the vectors of all ranks in the place of each, a
// []float32 or []float64. Terms are added in the order of the ranks in float64, and the
// sum is rounded once. A rank of weight 0 adds nothing, whatever its vector holds.
//
// It is an all-gather, in which every rank receives the vectors of all others, and a sum
// that all of them form: size-1 times the bytes of the vector into every rank, in one
// exchange. A sum that the ranks share out would take less from three ranks on, but two
// exchanges.
func (g *Group) Sum(ctx context.Context, weights []float64, x any) error {
	switch x := x.(type) {
	case []float32:
		return sum(ctx, g, weights, x, 4, func(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) },
			func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) })
	case []float64:
		return sum(ctx, g, weights, x, 8, func(b []byte, v float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(v)) },
			func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) })
	}
	return errors.Errorf("sum of %T over ranks, expected []float32 or []float64", x)
}

func sum[T float32 | float64](ctx context.Context, g *Group, weights []float64, x []T, size int, put func([]byte, T), get func([]byte) T) error {
	n := g.Size()
	if len(weights) != n {
		return errors.Errorf("%d weights, expected %d, one a rank", len(weights), n)
	}
	if n == 1 {
		for i := range x {
			x[i] = T(weights[0] * float64(x[i]))
		}
		return nil
	}
	if length := size * len(x); len(g.part) != length {
		g.part, g.all, g.sum = make([]byte, length), make([]byte, n*length), make([]float64, len(x))
	}
	for i, v := range x {
		put(g.part[size*i:], v)
	}
	if err := g.gather(ctx, g.all, g.part); err != nil {
		return err
	}
	first := true
	for r, w := range weights {
		if w == 0 {
			continue
		}
		part := g.all[r*len(g.part):][:len(g.part)]
		for i := range g.sum {
			term := float64(w * float64(get(part[size*i:]))) // rounded, not fused with the sum
			if first {
				g.sum[i] = term // which keeps the sign of a zero
			} else {
				g.sum[i] += term
			}
		}
		first = false
	}
	for i, s := range g.sum {
		x[i] = T(s)
	}
	return nil
}

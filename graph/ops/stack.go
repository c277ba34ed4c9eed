package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// Stack returns the rows of matrices (batch_i, dim) one after the other, a
// matrix (Σ batch_i, dim): states at several save times become one batch.
func Stack(parts gorgonia.Nodes) (*gorgonia.Node, error) {
	const name = "stack"
	if len(parts) == 0 {
		return nil, errors.New("stack of nothing, expected at least one matrix")
	}
	dt, _, n, err := matrix(name, "part 0", parts[0])
	if err != nil {
		return nil, err
	}
	total, starts := 0, make([]int, len(parts))
	for i, p := range parts {
		_, m, _, err := matrix(name, "a part", p)
		if err != nil {
			return nil, err
		}
		if err := expect(name, "a part", p, dt, m, n); err != nil {
			return nil, err
		}
		starts[i] = total
		total += m
	}
	o := newOp(name, dt, tensor.Shape{total, n}, parts...)
	o.run = pick(dt, stackRun[float32](n, starts), stackRun[float64](n, starts))
	for i := range parts {
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, len(in))
		for i, p := range in {
			var err error
			if d[i], err = Block(g, starts[i], starts[i]+p.Shape()[0], 0, n); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return o.apply(parts...)
}

func stackRun[T raw.Float](n int, starts []int) func(raw.Array, []raw.Array) error {
	return func(dst raw.Array, in []raw.Array) error {
		d := raw.Slice[T](dst)
		for i, v := range in {
			copy(d[starts[i]*n:], raw.Slice[T](v))
		}
		return nil
	}
}

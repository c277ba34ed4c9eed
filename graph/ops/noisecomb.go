package ops

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// NoiseTerm is one term of a combination with noise: X times
//
//	C + Scaled·h + Root·√h + Σ_m Noise_m·noise_m,
//
// the last sum elementwise, and h the step size of the row where each has its own.
// Noise may be shorter than the list of noises, or nil.
type NoiseTerm struct {
	X               *gorgonia.Node
	C, Scaled, Root float64
	Noise           []float64
}

// NoiseComb returns the sum of terms of one shape and element type. The step
// size h is a float64 scalar, or a float64 column (batch, 1) of one for each row, and
// the noises are matrices of the terms' form, all of them data that the reverse pass
// does not differentiate.
//
// The stages, the result and the error estimate of a stochastic Runge–Kutta
// step with diagonal noise are such sums (Rößler, 2010): drifts are scaled by h,
// diffusions by √h or by integrals of the Brownian path.
func NoiseComb(terms []NoiseTerm, h *gorgonia.Node, noise gorgonia.Nodes) (*gorgonia.Node, error) {
	const name = "combination with noise"
	if len(terms) == 0 {
		return nil, errors.New("combination with noise of no terms, expected at least one")
	}
	dt, rows, cols, err := matrix(name, "term 0", terms[0].X)
	if err != nil {
		return nil, err
	}
	c := &noiseCombination{rows: rows, width: cols, byRows: byRows(h)}
	if c.byRows {
		err = expect(name, "h", h, tensor.Float64, rows, 1)
	} else {
		err = expect(name, "h", h, tensor.Float64)
	}
	if err != nil {
		return nil, err
	}
	var in gorgonia.Nodes
	for i, t := range terms {
		if err := expect(name, "a term", t.X, dt, rows, cols); err != nil {
			return nil, err
		}
		if len(t.Noise) > len(noise) {
			return nil, errors.Errorf("%s: term %d has %d coefficients of noise, expected at most %d", name, i, len(t.Noise), len(noise))
		}
		in = append(in, t.X)
		t.X = nil
		c.terms = append(c.terms, t)
	}
	// Noises that no term uses are no operands.
	var used gorgonia.Nodes
	for m, n := range noise {
		if !c.uses(m) {
			continue
		}
		if err := expect(name, "a noise", n, dt, rows, cols); err != nil {
			return nil, err
		}
		c.noises = append(c.noises, m)
		used = append(used, n)
	}
	in = append(append(in, used...), h)
	o := newOp(name, dt, tensor.Shape{rows, cols}, in...)
	o.run = pick(dt, noiseCombRun[float32](c, false), noiseCombRun[float64](c, false))
	o.add = pick(dt, noiseCombRun[float32](c, true), noiseCombRun[float64](c, true))
	o.rows = rowwise{len(in) - 1, pick(dt, noiseCombRows[float32](c), noiseCombRows[float64](c))}
	if c.byRows {
		o.rows.leading = len(in)
	}
	if len(terms) == 1 {
		o.linear = []int{0}
	}
	for i := range terms {
		o.wrt = append(o.wrt, i)
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, len(in))
		for i, t := range c.terms {
			if t.C == 1 && t.Scaled == 0 && t.Root == 0 && t.Noise == nil {
				d[i] = g
				continue
			}
			t.X = g
			var err error
			if d[i], err = NoiseComb([]NoiseTerm{t}, h, noise); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return o.apply(in...)
}

// noiseCombination is a combination with noise without its nodes. The operands
// are the terms, the noises in use, and h.
type noiseCombination struct {
	terms  []NoiseTerm
	noises []int // noises given to NoiseComb that are operands, by position

	rows, width int
	byRows      bool // whether h is a column
}

func (c *noiseCombination) uses(m int) bool {
	for _, t := range c.terms {
		if m < len(t.Noise) && t.Noise[m] != 0 {
			return true
		}
	}
	return false
}

// noiseComb is a combination with noise bound to its operands.
type noiseComb[T raw.Float] struct {
	*noiseCombination
	accumulate bool
	dst, c     []T
	x, z, b    [][]T

	// sum is what does not depend on noise where h is a column, with its roots.
	sum  kernel.RowComb[T]
	root []float64
}

func newNoiseComb[T raw.Float](c *noiseCombination, accumulate bool) *noiseComb[T] {
	n := &noiseComb[T]{noiseCombination: c, accumulate: accumulate, c: make([]T, len(c.terms)), x: make([][]T, len(c.terms)), z: make([][]T, len(c.noises))}
	for _, m := range c.noises {
		b := make([]T, len(c.terms))
		for i, t := range c.terms {
			if m < len(t.Noise) {
				b[i] = T(t.Noise[m])
			}
		}
		n.b = append(n.b, b)
	}
	return n
}

func (n *noiseComb[T]) Bind(dst raw.Array, in []raw.Array) {
	n.dst = raw.Slice[T](dst)
	for i := range n.x {
		n.x[i] = raw.Slice[T](in[i])
	}
	for j := range n.z {
		n.z[j] = raw.Slice[T](in[len(n.terms)+j])
	}
	if n.byRows {
		n.bindSum(raw.Slice[float64](in[len(in)-1]))
		return
	}
	h := in[len(in)-1].Float64()
	root := math.Sqrt(math.Abs(h))
	for i, t := range n.terms {
		n.c[i] = T(t.C + t.Scaled*h + t.Root*root)
	}
}

// bindSum collects what does not depend on noise, for a column of step sizes.
func (n *noiseComb[T]) bindSum(h []float64) {
	n.root = n.root[:0]
	for _, h := range h {
		n.root = append(n.root, math.Sqrt(math.Abs(h)))
	}
	n.sum.Bind(n.dst, n.width, n.accumulate)
	for i, t := range n.terms {
		for _, k := range [...]kernel.RowCoefficient{{C: t.C}, {C: t.Scaled, Scale: h}, {C: t.Root, Scale: n.root}} {
			if k.C != 0 {
				n.sum.Add(k, n.x[i])
			}
		}
	}
}

func (n *noiseComb[T]) Rows(lo, hi int) {
	if n.byRows {
		n.sum.Rows(lo, hi)
		kernel.AddNoiseRange(n.dst, n.x, n.z, n.b, lo*n.width, hi*n.width)
		return
	}
	kernel.NoiseCombRange(n.dst, n.c, n.x, n.z, n.b, lo*n.width, hi*n.width, n.accumulate)
}

func noiseCombRows[T raw.Float](c *noiseCombination) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise { return newNoiseComb[T](c, accumulate) }
}

func noiseCombRun[T raw.Float](c *noiseCombination, accumulate bool) operation.Kernel {
	n := newNoiseComb[T](c, accumulate)
	return func(dst raw.Array, in []raw.Array) error {
		n.Bind(dst, in)
		if n.byRows {
			n.Rows(0, n.rows)
			return nil
		}
		kernel.NoiseComb(n.dst, n.c, n.x, n.z, n.b, accumulate)
		return nil
	}
}

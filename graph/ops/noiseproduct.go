package ops

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// NoiseFactor is one term of a product with noise: the matrix X of every row times the
// vector Σ_k Noise_k·noise_k. Noise may be shorter than the list of noises.
type NoiseFactor struct {
	X     *gorgonia.Node
	Noise []float64
}

// NoiseProduct returns
//
//	base + Σ_i X_i·(Σ_k Noise_ik·noise_k)    (batch, dim),
//
// in which a row of X_i (batch, dim·m) is a matrix (dim, m), its entry (d, j) in column
// d·m + j, and a row of noise_k (batch, m) a vector. The base may be nil, which is zero.
// Noises are data that the reverse pass does not differentiate. A row of the result
// depends on the same rows of the operands alone.
//
// It is what the diffusion of an equation with several Wiener processes enters a step
// by. With m = 1 it multiplies the rows of X by numbers.
func NoiseProduct(base *gorgonia.Node, terms []NoiseFactor, noise gorgonia.Nodes) (*gorgonia.Node, error) {
	const name = "product with noise"
	if len(terms) == 0 || len(noise) == 0 {
		return nil, errors.Errorf("%s: %d factors and %d noises, expected at least one of each", name, len(terms), len(noise))
	}
	dt, rows, m, err := matrix(name, "noise 0", noise[0])
	if err != nil {
		return nil, err
	}
	_, _, cols, err := matrix(name, "factor 0", terms[0].X)
	if err != nil {
		return nil, err
	}
	if cols%m != 0 {
		return nil, errors.Errorf("%s: a factor of %d columns, expected a multiple of the %d of the noise", name, cols, m)
	}
	p := &noiseProduct{dim: cols / m, m: m, base: base != nil}
	var in gorgonia.Nodes
	if p.base {
		if err := expect(name, "the base", base, dt, rows, p.dim); err != nil {
			return nil, err
		}
		in = append(in, base)
	}
	used := make([]int, len(noise)) // 1 + position among the noises that are operands
	var noises gorgonia.Nodes
	for i, t := range terms {
		if err := expect(name, "a factor", t.X, dt, rows, cols); err != nil {
			return nil, err
		}
		if len(t.Noise) > len(noise) {
			return nil, errors.Errorf("%s: factor %d has %d coefficients of noise, expected at most %d", name, i, len(t.Noise), len(noise))
		}
		for k, c := range t.Noise {
			if c == 0 {
				continue
			}
			if used[k] == 0 {
				if err := expect(name, "a noise", noise[k], dt, rows, m); err != nil {
					return nil, err
				}
				noises = append(noises, noise[k])
				used[k] = len(noises)
			}
			p.terms = append(p.terms, noiseFactor{len(in), len(terms) + used[k] - 1, c})
		}
		in = append(in, t.X)
	}
	if p.base { // positions of noises count it
		for i := range p.terms {
			p.terms[i].noise++
		}
	}
	in = append(in, noises...)
	o := newOp(name, dt, tensor.Shape{rows, p.dim}, in...)
	p.implement(o, rows, len(in))
	first := 0
	if p.base {
		o.wrt, first = append(o.wrt, 0), 1
	} else if len(terms) == 1 {
		o.linear = []int{0}
	}
	for i := range terms {
		o.wrt = append(o.wrt, first+i)
	}
	o.diff = func(in gorgonia.Nodes, _, g *gorgonia.Node, want []bool) (gorgonia.Nodes, error) {
		d := make(gorgonia.Nodes, len(in))
		if first == 1 {
			d[0] = g
		}
		for i, t := range terms {
			if !want[first+i] {
				continue
			}
			var err error
			if d[first+i], err = noiseOuter(g, t.Noise, noise); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return o.apply(in...)
}

// noiseOuter returns the outer products of the rows of y (batch, dim) and of
// Σ_k c_k·noise_k (batch, m), a matrix (batch, dim·m): the derivative of a product.
func noiseOuter(y *gorgonia.Node, c []float64, noise gorgonia.Nodes) (*gorgonia.Node, error) {
	const name = "outer product with noise"
	dt, rows, dim, err := matrix(name, "y", y)
	if err != nil {
		return nil, err
	}
	m := noise[0].Shape()[1]
	p := &noiseProduct{dim: dim, m: m, outer: true}
	in := gorgonia.Nodes{y}
	for k, w := range c {
		if w != 0 {
			p.terms = append(p.terms, noiseFactor{0, len(in), w})
			in = append(in, noise[k])
		}
	}
	o := newOp(name, dt, tensor.Shape{rows, dim * m}, in...)
	p.implement(o, rows, len(in))
	o.linear, o.wrt = []int{0}, []int{0}
	o.diff = func(_ gorgonia.Nodes, _, g *gorgonia.Node, _ []bool) (gorgonia.Nodes, error) {
		d, err := NoiseProduct(nil, []NoiseFactor{{X: g, Noise: c}}, noise)
		return gorgonia.Nodes{d}, err
	}
	return o.apply(in...)
}

// noiseProduct is a product with noise, or an outer one, without its nodes.
type noiseProduct struct {
	dim, m      int
	base, outer bool // whether operand 0 is a base; whether the product is an outer one
	terms       []noiseFactor
}

// noiseFactor has operands by position.
type noiseFactor struct {
	x, noise int
	c        float64
}

// implement gives o its kernels, for a number of operands.
func (p *noiseProduct) implement(o *op, rows, operands int) {
	o.run = pick(o.Dtype(), noiseProductRun[float32](p, rows, operands, false), noiseProductRun[float64](p, rows, operands, false))
	o.add = pick(o.Dtype(), noiseProductRun[float32](p, rows, operands, true), noiseProductRun[float64](p, rows, operands, true))
	o.rows = rowwise{operands, pick(o.Dtype(), noiseProductRows[float32](p, operands), noiseProductRows[float64](p, operands))}
}

// boundNoiseProduct is a product bound to its operands.
type boundNoiseProduct[T raw.Float] struct {
	*noiseProduct
	accumulate bool
	dst        []T
	in         [][]T
}

func noiseProductRows[T raw.Float](p *noiseProduct, operands int) func(bool) operation.Rowwise {
	return func(accumulate bool) operation.Rowwise {
		return &boundNoiseProduct[T]{noiseProduct: p, accumulate: accumulate, in: make([][]T, operands)}
	}
}

func noiseProductRun[T raw.Float](p *noiseProduct, rows, operands int, accumulate bool) func(raw.Array, []raw.Array) error {
	b := &boundNoiseProduct[T]{noiseProduct: p, accumulate: accumulate, in: make([][]T, operands)}
	task := b.Rows
	grain := min(rowGrain, max(1, rowWork/(p.dim*p.m)))
	return func(dst raw.Array, in []raw.Array) error {
		b.Bind(dst, in)
		kernel.Parallel(rows, grain, task)
		return nil
	}
}

func (b *boundNoiseProduct[T]) Bind(dst raw.Array, in []raw.Array) {
	b.dst = raw.Slice[T](dst)
	for i, v := range in {
		b.in[i] = raw.Slice[T](v)
	}
}

func (b *boundNoiseProduct[T]) Rows(lo, hi int) {
	width := b.dim
	if b.outer {
		width *= b.m
	}
	if dst := b.dst[lo*width : hi*width]; !b.accumulate {
		clear(dst)
	}
	if b.base {
		kernel.Add(b.dst[lo*width:hi*width], b.in[0][lo*width:hi*width])
	}
	for r := lo; r < hi; r++ {
		for _, t := range b.terms {
			z, c := b.in[t.noise][r*b.m:(r+1)*b.m], T(t.c)
			if b.outer {
				b.addOuter(b.dst[r*width:(r+1)*width], b.in[t.x][r*b.dim:(r+1)*b.dim], z, c)
			} else {
				b.addProduct(b.dst[r*width:(r+1)*width], b.in[t.x][r*b.dim*b.m:], z, c)
			}
		}
	}
}

// addProduct adds c·X·z.
func (b *boundNoiseProduct[T]) addProduct(dst, x, z []T, c T) {
	for d := range dst {
		var sum T
		for j, v := range x[d*len(z) : (d+1)*len(z)] {
			sum += v * z[j]
		}
		dst[d] += c * sum
	}
}

// addOuter adds c·y·zᵀ.
func (b *boundNoiseProduct[T]) addOuter(dst, y, z []T, c T) {
	for d, v := range y {
		for j, w := range z {
			dst[d*len(z)+j] += c * v * w
		}
	}
}

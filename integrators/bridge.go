package integrators

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// An interval of length h of a Brownian path W is known by its increment ΔW and, for
// methods that need it, by ΔZ, both of variance h and independent. ΔZ stands for the
// integral of W over the interval, from W at its start on,
//
//	I(1,0) = h (ΔW + ΔZ/√3)/2,
//
// and is 2√3 times its space–time Lévy area H. Two intervals of lengths a and b that
// follow each other make one of
//
//	ΔW = ΔW_a + ΔW_b,   (a + b) ΔZ = a ΔZ_a + b ΔZ_b + √3 (b ΔW_a - a ΔW_b),
//
// which is Chen's relation, and split is the law of the two parts given the whole.
//
// A. Jelinčič, J. Foster and P. Kidger, Single-seed generation of Brownian paths and
// integrals for adaptive and high order SDE solvers, arXiv:2405.06464 (2024).

// join adds a piece to the increments of the present step, the part of which before
// the piece is of the given length.
func (b *brownian) join(length float64, p *piece) {
	if b.dz != nil {
		x := length / (length + p.length())
		y := 1 - x
		for i, w := range b.dw {
			b.dz[i] = x*b.dz[i] + y*p.dz[i] + math.Sqrt(3)*(y*w-x*p.dw[i])
		}
	}
	floats.Add(b.dw, p.dw)
}

// split cuts p at time t: it returns the part before t and leaves the part after
// it in p. With x and y the fractions of the two parts and L the length of p, the
// first increment of W alone is normal of mean x ΔW and variance xyL, the Brownian
// bridge. With Z, both parts are functions of two standard normal variables:
//
//	r² = xyL/v,  v = x³ + y³ = 1 - 3xy
//	ΔW₁ = x ΔW + √3 xy ΔZ + rv N₁      ΔZ₁ = x² ΔZ - √3 rx² N₁ + ry N₂
//	ΔW₂ = ΔW - ΔW₁                     ΔZ₂ = y² ΔZ - √3 ry² N₁ - rx N₂
func (b *brownian) split(p *piece, t float64, s streams) *piece {
	left := b.newPiece()
	length := p.length()
	x := (t - p.start) / length
	left.start, left.end = p.start, t
	p.start = t
	if p.dz == nil {
		floats.ScaleTo(left.dw, x, p.dw)
		s.w.addTo(left.dw, math.Sqrt(x*(1-x)*length))
		floats.Sub(p.dw, left.dw)
		return left
	}
	clear(b.n1)
	clear(b.n2)
	s.w.addTo(b.n1, 1)
	s.z.addTo(b.n2, 1)
	bridge(left, p, x, length, b.n1, b.n2)
	return left
}

// bridge splits the increments of right, over the given length, into those of left,
// its fraction x, and the rest.
func bridge(left, right *piece, x, length float64, n1, n2 []float64) {
	y := 1 - x
	v := 1 - 3*x*y
	r := math.Sqrt(x * y * length / v)
	for i, w := range right.dw {
		z, common := right.dz[i], math.Sqrt(3)*r*n1[i]
		left.dw[i] = x*w + math.Sqrt(3)*x*y*z + r*v*n1[i]
		left.dz[i] = x*x*(z-common) + r*y*n2[i]
		right.dw[i] = w - left.dw[i]
		right.dz[i] = y*y*(z-common) - r*x*n2[i]
	}
}

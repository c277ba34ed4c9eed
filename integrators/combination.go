package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// A chi is one of the noises that a step multiplies diffusions by; see SRI.
type chi int

const (
	chiW chi = iota // ΔW
	chiOne
	chiTwo
	chiThree
	chiH    // ΔZ/2√3, the space–time Lévy area H
	chiRate // ΔW/√h
)

// combination collects the terms of a sum of stages, one for each node.
type combination struct {
	chis  []chi
	terms []ops.NoiseTerm
}

// startingAt is a sum that begins with z.
func startingAt(z *gorgonia.Node) combination {
	return combination{terms: []ops.NoiseTerm{{X: z, C: 1}}}
}

// term returns the term of x, to be changed.
func (c *combination) term(x *gorgonia.Node) *ops.NoiseTerm {
	for i := range c.terms {
		if c.terms[i].X == x {
			return &c.terms[i]
		}
	}
	c.terms = append(c.terms, ops.NoiseTerm{X: x})
	return &c.terms[len(c.terms)-1]
}

// drift adds h·factor·Σ a_i k_i.
func (c *combination) drift(k gorgonia.Nodes, a []float64, factor float64) {
	for i, w := range a {
		if w != 0 {
			c.term(k[i]).Scaled += factor * w
		}
	}
}

// root adds √h·Σ b_i g_i.
func (c *combination) root(g gorgonia.Nodes, b []float64) {
	for i, w := range b {
		if w != 0 {
			c.term(g[i]).Root += w
		}
	}
}

// noisy adds Σ b_i g_i times the noise x.
func (c *combination) noisy(g gorgonia.Nodes, b []float64, x chi) {
	for i, w := range b {
		if w == 0 {
			continue
		}
		t := c.term(g[i])
		if t.Noise == nil {
			t.Noise = make([]float64, len(c.chis))
		}
		for j, y := range c.chis {
			if x == y {
				t.Noise[j] += w
			}
		}
	}
}

// add adds the sum to the graph. A sum that is z alone is z itself; dynamics may
// return z too, whose multiples are then part of its term.
func (c *combination) add(b *stepBuilder) (*gorgonia.Node, error) {
	if t := c.terms[0]; len(c.terms) == 1 && t.C == 1 && t.Scaled == 0 && t.Root == 0 && t.Noise == nil {
		return t.X, nil
	}
	if b.solver.equation.elementwise() {
		return ops.NoiseComb(c.terms, b.h, b.noise)
	}
	return c.product(b)
}

// product adds the sum where diffusions are matrices a row: what is multiplied by noise
// is as wide as they are, and all else as the state.
func (c *combination) product(b *stepBuilder) (base *gorgonia.Node, err error) {
	var plain []ops.NoiseTerm
	var factors []ops.NoiseFactor
	for _, t := range c.terms {
		if t.Noise != nil {
			factors = append(factors, ops.NoiseFactor{X: t.X, Noise: t.Noise})
			t.Noise = nil
		}
		if t.C != 0 || t.Scaled != 0 || t.Root != 0 {
			plain = append(plain, t)
		}
	}
	switch {
	case len(plain) == 1 && plain[0].C == 1 && plain[0].Scaled == 0 && plain[0].Root == 0:
		base = plain[0].X
	case len(plain) > 0:
		if base, err = ops.NoiseComb(plain, b.h, nil); err != nil {
			return nil, err
		}
	}
	if len(factors) == 0 {
		return base, nil
	}
	return ops.NoiseProduct(base, factors, b.noise)
}

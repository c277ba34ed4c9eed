// Package density draws points in the plane from the distributions on which
// continuous normalizing flows are shown. Nothing is read: the points are computed,
// from a generator that is passed in.
//
//	set, err := density.Named("6gaussians")
//	rng := rand.New(rand.NewPCG(1, 0))
//	x := set.Sample(2046, rng) // (2046, 2) row-major
//
// 6gaussians is the mixture of RegNeuralDE.jl, the code of Pal et al., "Opening the
// Blackbox" (ICML 2021). The others are those of Grathwohl, Chen, Bettencourt,
// Sutskever, Duvenaud, "FFJORD: free-form continuous dynamics for scalable
// reversible generative models" (ICLR 2019), as their code has them.
//
// No model has a mean negative log-likelihood below the entropy of its data, but
// by chance in a finite sample. A set that knows its entropy therefore knows how
// good a model of it can be.
package density

import (
	"math/rand/v2"
	"strings"

	"github.com/pkg/errors"
)

// Set is a distribution in the plane. The sets come from All and Named.
type Set struct {
	Name string // as Named takes it

	// Entropy is the differential entropy −∫ p log p, in nats, or NaN where it is
	// not known.
	Entropy float64

	// Extent is half the side of the square around the origin that pictures
	// show. It holds nearly all of the probability.
	Extent float64

	// LogDensity returns log p(x, y) in nats, −∞ off the support. It is nil where
	// the density is not known.
	LogDensity func(x, y float64) float64

	// draw fills the rows of xy (n, 2).
	draw func(xy []float64, rng *rand.Rand)
}

// Sample draws n points and returns them as rows, (n, 2) row-major, in random
// order. The same generator in the same state gives the same points. Where a set
// says that it deals out its points evenly, those of one sample are not
// independent. It panics if n is negative or if there is no generator.
func (s Set) Sample(n int, rng *rand.Rand) []float64 {
	if n < 0 {
		panic(errors.Errorf("density: %d points, expected none or more", n))
	}
	if rng == nil {
		panic(errors.New("density: sample without a random generator"))
	}
	xy := make([]float64, 2*n)
	s.draw(xy, rng)
	return xy
}

// All returns the sets, in this order: 6gaussians, 8gaussians, checkerboard, moons,
// pinwheel.
func All() []Set {
	return []Set{sixGaussians(), eightGaussians(), checkerboard(), moons(), pinwheel()}
}

// Named returns the set of a name. The error of another name lists those there are.
func Named(name string) (Set, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Set{}, errors.Errorf("density: data set %q, expected one of %s", name, strings.Join(names, ", "))
}

// shuffle puts the rows of xy in random order.
func shuffle(xy []float64, rng *rand.Rand) {
	rng.Shuffle(len(xy)/2, func(i, j int) {
		xy[2*i], xy[2*j] = xy[2*j], xy[2*i]
		xy[2*i+1], xy[2*j+1] = xy[2*j+1], xy[2*i+1]
	})
}

package optim

import "math"

// AdaMax is the variant of Adam with the infinity norm in place of the second
// moment, Kingma and Ba (2015), algorithm 2:
//
//	m ← β₁ m + (1-β₁) g
//	u ← max(β₂ u, |g|)
//	Δ = η/(1-β₁ᵗ) · m/(u + ε)
//
// with learning rate η = 0.001 by default.
type AdaMax struct {
	Beta1   float64 // β₁, default 0.9
	Beta2   float64 // β₂, default 0.999
	Epsilon float64 // ε, default 1e-8
}

func (AdaMax) Name() string              { return "adamax" }
func (AdaMax) defaultLearnRate() float64 { return 0.001 }
func (AdaMax) secondMoment() bool        { return true }

func (r AdaMax) withDefaults() (Rule, error) {
	var err error
	r.Beta1, r.Beta2, r.Epsilon, err = adaptiveDefaults(r.Name(), r.Beta1, r.Beta2, r.Epsilon)
	return r, err
}

func (r AdaMax) Update(delta, m, u []float64, rate float64, t int) {
	m, u = m[:len(delta)], u[:len(delta)]
	rate /= 1 - math.Pow(r.Beta1, float64(t))
	for i, g := range delta {
		m[i] = r.Beta1*m[i] + (1-r.Beta1)*g
		u[i] = max(r.Beta2*u[i], math.Abs(g))
		delta[i] = rate * (m[i] / (u[i] + r.Epsilon))
	}
}

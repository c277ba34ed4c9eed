package optim

import (
	"math"

	"github.com/pkg/errors"
)

// Adam is the method of Kingma and Ba, "Adam: a method for stochastic
// optimization", ICLR 2015, algorithm 1:
//
//	m ← β₁ m + (1-β₁) g
//	v ← β₂ v + (1-β₂) g²
//	Δ = η m̂ / (√v̂ + ε),  m̂ = m/(1-β₁ᵗ),  v̂ = v/(1-β₂ᵗ)
//
// with learning rate η = 0.001 by default.
type Adam struct {
	Beta1   float64 // β₁, default 0.9
	Beta2   float64 // β₂, default 0.999
	Epsilon float64 // ε, default 1e-8
}

func (Adam) Name() string              { return "adam" }
func (Adam) defaultLearnRate() float64 { return 0.001 }
func (Adam) secondMoment() bool        { return true }

func (r Adam) withDefaults() (Rule, error) {
	var err error
	r.Beta1, r.Beta2, r.Epsilon, err = adaptiveDefaults(r.Name(), r.Beta1, r.Beta2, r.Epsilon)
	return r, err
}

func (r Adam) Update(delta, m, v []float64, rate float64, t int) {
	m, v = m[:len(delta)], v[:len(delta)]
	bias1 := 1 - math.Pow(r.Beta1, float64(t))
	bias2 := 1 - math.Pow(r.Beta2, float64(t))
	for i, g := range delta {
		m[i] = r.Beta1*m[i] + (1-r.Beta1)*g
		v[i] = r.Beta2*v[i] + (1-r.Beta2)*(g*g)
		delta[i] = rate * (m[i] / bias1) / (math.Sqrt(v[i]/bias2) + r.Epsilon)
	}
}

// adaptiveDefaults fills in the zeros of the fields that Adam and its variants
// have in common.
func adaptiveDefaults(rule string, beta1, beta2, epsilon float64) (b1, b2, eps float64, err error) {
	if b1, err = fraction(rule, "Beta1", beta1, 0.9); err != nil {
		return
	}
	if b2, err = fraction(rule, "Beta2", beta2, 0.999); err != nil {
		return
	}
	if epsilon == 0 {
		epsilon = 1e-8
	}
	if !(epsilon > 0) || math.IsInf(epsilon, 0) {
		err = errors.Errorf("optim: %s: Epsilon = %v, expected a positive number, or 0 for the default 1e-8", rule, epsilon)
	}
	return b1, b2, epsilon, err
}

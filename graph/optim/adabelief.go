package optim

import "math"

// AdaBelief scales the update by how far the gradient strays from its running
// mean. It is the rule of Flux 0.11.6,
//
//	m ← β₁ m + (1-β₁) g
//	s ← β₂ s + (1-β₂) (g-m)²
//	Δ = η m/(√s + ε)
//
// with learning rate η = 0.001 by default. It differs from Zhuang et al.,
// "AdaBelief optimizer: adapting stepsizes by the belief in observed
// gradients", NeurIPS 2020: there is no bias correction, and no ε is added to s.
// The first updates are therefore larger: the first is η(1-β₁)/(β₁√(1-β₂)),
// about 3.5 η, in place of η/β₁.
type AdaBelief struct {
	Beta1   float64 // β₁, default 0.9
	Beta2   float64 // β₂, default 0.999
	Epsilon float64 // ε, default 1e-8
}

func (AdaBelief) Name() string              { return "adabelief" }
func (AdaBelief) defaultLearnRate() float64 { return 0.001 }
func (AdaBelief) secondMoment() bool        { return true }

func (r AdaBelief) withDefaults() (Rule, error) {
	var err error
	r.Beta1, r.Beta2, r.Epsilon, err = adaptiveDefaults(r.Name(), r.Beta1, r.Beta2, r.Epsilon)
	return r, err
}

func (r AdaBelief) Update(delta, m, s []float64, rate float64, _ int) {
	m, s = m[:len(delta)], s[:len(delta)]
	for i, g := range delta {
		m[i] = r.Beta1*m[i] + (1-r.Beta1)*g
		d := g - m[i]
		s[i] = r.Beta2*s[i] + (1-r.Beta2)*(d*d)
		delta[i] = rate * m[i] / (math.Sqrt(s[i]) + r.Epsilon)
	}
}

package optim

// Momentum is gradient descent with the heavy ball of Polyak (1964),
//
//	v ← ρ v - η g
//	x ← x + v
//
// with learning rate η = 0.01 by default.
type Momentum struct {
	Rho float64 // ρ, default 0.9
}

func (Momentum) Name() string              { return "momentum" }
func (Momentum) defaultLearnRate() float64 { return 0.01 }
func (Momentum) secondMoment() bool        { return false }

func (r Momentum) withDefaults() (Rule, error) {
	var err error
	r.Rho, err = fraction(r.Name(), "Rho", r.Rho, 0.9)
	return r, err
}

func (r Momentum) Update(delta, velocity, _ []float64, rate float64, _ int) {
	velocity = velocity[:len(delta)]
	for i, g := range delta {
		v := r.Rho*velocity[i] - rate*g
		velocity[i] = v
		delta[i] = -v
	}
}

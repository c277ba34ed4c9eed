package integrators

import "gorgonia.org/gorgonia"

// StratonovichMilstein is the method of Milstein for equations in the sense of
// Stratonovich with commutative noise, of strong order 1, with central differences in
// place of the derivatives of the diffusion: with g_j what process j drives,
//
//	D_j = (g(u + √h g_j, t) - g(u - √h g_j, t)) / 2√h
//	u1  = u + h f(u, t) + g(u, t) ΔW + 1/2 Σ_j ΔW_j D_j ΔW.
//
// With m processes it evaluates the diffusion 2m + 1 times, with one an entry thrice. It
// has no error estimate. Differences to one side, as other libraries take, give strong
// order 1/2 only: the mean of ΔW_j² is not zero, so that their error of order √h adds up.
//
// P. E. Kloeden and E. Platen, Numerical Solution of Stochastic Differential
// Equations, Springer 1992, section 11.1, with central differences.
var StratonovichMilstein = &Scheme{
	Name:       "StratonovichMilstein",
	Orders:     StrongOrders{Commutative: 1, Additive: 1},
	properties: traits{drifts: 1, diffusions: 1, perProcess: 2, noise: []chi{chiW, chiRate}},
	order:      1,
	add:        addStratonovichMilstein,
}

func addStratonovichMilstein(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	f, g := make(gorgonia.Nodes, 1), make(gorgonia.Nodes, 1)
	if err := b.evaluateBoth("Milstein", 0, from.z, 0, true, true, f, g); err != nil {
		return nil, err
	}
	d, err := b.differences(from.z, g[0], true)
	if err != nil {
		return nil, err
	}
	result := startingAt(from.z)
	result.chis = []chi{chiW, chiRate}
	result.drift(f, []float64{1}, 1)
	result.noisy(g, []float64{1}, chiW)
	if d != nil {
		result.noisy(d, []float64{0.25}, chiRate)
	}
	st, err := b.finish(from.z, g[0], &result)
	if err != nil {
		return nil, err
	}
	st.slopes, st.weights = f, []float64{1}
	return st, nil
}

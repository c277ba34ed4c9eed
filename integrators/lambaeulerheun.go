package integrators

import "gorgonia.org/gorgonia"

// LambaEulerHeun is StratonovichHeun with the error estimate of Lamba, which takes
// drift and diffusion apart: with K = u + h f(u, t) and g_j what process j drives,
//
//	E1 = h/2 (f(K, t + h) - f(u, t))
//	E2 = 1/2 Σ_j ΔW_j D_j ΔW,   D_j = (g(u + √h g_j, t) - g(u, t)) / √h,
//
// and E1 + E2 is the estimate. It takes noise of any form. With m processes it evaluates
// the diffusion m + 2 times, with one an entry thrice, and the drift three times.
//
// H. Lamba, An adaptive timestepping algorithm for stochastic differential equations,
// Journal of Computational and Applied Mathematics 161 (2003), 417–430; the estimate in
// the sense of Stratonovich is that of StochasticDiffEq.jl, entry by entry.
var LambaEulerHeun = &Scheme{
	Name:       "LambaEulerHeun",
	Orders:     StrongOrders{General: 0.5, Commutative: 1, Additive: 1},
	properties: traits{drifts: 3, diffusions: 2, perProcess: 1, noise: []chi{chiW, chiRate}, stages: [][]float64{{0, 1, 1}, {0, 1}}},
	order:      0.5,
	adaptive:   true,
	add:        addLambaEulerHeun,
}

func addLambaEulerHeun(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	f, g := make(gorgonia.Nodes, 3), make(gorgonia.Nodes, 2)
	sum := func(c combination) combination { c.chis = []chi{chiW, chiRate}; return c }
	if err := b.evaluateBoth("Heun", 0, from.z, 0, true, true, f, g); err != nil {
		return nil, err
	}
	predictor, euler := sum(startingAt(from.z)), sum(startingAt(from.z))
	predictor.drift(f, []float64{1}, 1)
	predictor.noisy(g, []float64{1}, chiW)
	euler.drift(f, []float64{1}, 1)
	for i, argument := range []combination{predictor, euler} {
		y, err := argument.add(b)
		if err != nil {
			return nil, err
		}
		if err := b.evaluateBoth("Heun", i+1, y, 1, true, i == 0, f, g); err != nil {
			return nil, err
		}
	}
	result := sum(startingAt(from.z))
	result.drift(f, []float64{0.5, 0.5}, 1)
	result.noisy(g, []float64{0.5, 0.5}, chiW)
	st, err := b.finish(from.z, g[0], &result)
	if err != nil {
		return nil, err
	}
	st.slopes, st.weights = f, []float64{0.5, 0.5, 0}
	d, err := b.differences(from.z, g[0], false)
	if err != nil {
		return nil, err
	}
	estimate := sum(combination{})
	estimate.drift(f, []float64{-0.5, 0, 0.5}, 1)
	if d != nil {
		estimate.noisy(d, []float64{0.5}, chiRate)
	}
	return st, b.estimate(st, from.z, &estimate)
}

package integrators

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/ops"
)

// ReversibleHeun is the reversible method of Heun for equations in the sense of
// Stratonovich with noise of any form, of one evaluation a step. With the state u goes a
// predictor v, equal to u where a solve or a segment of Settings.StopAt begins, and the
// drift f and the diffusion g there:
//
//	v1 = 2u - v + h f + g ΔW
//	f1 = f(v1, t + h),   g1 = g(v1, t + h)
//	u1 = u + h/2 (f + f1) + 1/2 (g + g1) ΔW.
//
// Exchanging the ends gives the step back,
//
//	v = 2u1 - v1 - h f1 - g1 ΔW,   u = u1 - h/2 (f + f1) - 1/2 (g + g1) ΔW,
//
// so that the states of a solve can be computed from its end and the path. The error
// estimate is the difference to the method of Euler, h/2 (f1 - f) + 1/2 (g1 - g) ΔW.
// The region of stability is small: h times the derivative of the drift has to be well
// below 1.
//
// P. Kidger, J. Foster, X. Li and T. Lyons, Efficient and accurate gradients for neural
// SDEs, Advances in Neural Information Processing Systems 34 (2021), Algorithm 1.
var ReversibleHeun = &Scheme{
	Name:       "ReversibleHeun",
	Orders:     StrongOrders{General: 0.5, Commutative: 1, Additive: 1},
	properties: traits{fsal: true, handsDiffusion: true, drifts: 1, diffusions: 1, noise: []chi{chiW}, stages: [][]float64{{1}, {1}}},
	order:      1,
	adaptive:   true,
	add:        addReversibleHeun,
}

func addReversibleHeun(b *stepBuilder, from point[*gorgonia.Node]) (*step, error) {
	f, g := gorgonia.Nodes{from.k1, nil}, gorgonia.Nodes{from.g[1], nil}
	predictor := combination{terms: []ops.NoiseTerm{{X: from.z, C: 2}, {X: from.g[0], C: -1}}}
	if from.z == from.g[0] {
		predictor = startingAt(from.z)
	}
	sum := func(c combination, weights []float64) combination {
		c.chis = []chi{chiW}
		c.drift(f, weights, 1)
		c.noisy(g, weights, chiW)
		return c
	}
	predictor = sum(predictor, []float64{1})
	v, err := predictor.add(b)
	if err != nil {
		return nil, err
	}
	if err := b.evaluateBoth("Heun", 1, v, 1, true, true, f, g); err != nil {
		return nil, err
	}
	result := sum(startingAt(from.z), []float64{0.5, 0.5})
	st, err := b.finish(from.z, g[0], &result)
	if err != nil {
		return nil, err
	}
	st.end.k1, st.end.g = f[1], gorgonia.Nodes{v, g[1]}
	st.slopes, st.weights = f, []float64{0.5, 0.5}
	estimate := sum(combination{}, []float64{-0.5, 0.5})
	return st, b.estimate(st, from.z, &estimate)
}

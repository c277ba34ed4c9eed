package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/floats/scalar"

	"github.com/regnde/regnde/integrators/problems"
)

// cubicDrift is dy = (y/2 - 3y³/10) dt + 7y/10 dW.
func cubicDrift() problems.Stochastic {
	return problems.Stochastic{
		Name:      "cubic drift",
		Drift:     func(_ float64, y, dst []float64) { dst[0] = 0.5*y[0] - 0.3*y[0]*y[0]*y[0] },
		Diffusion: func(_ float64, y, dst []float64) { dst[0] = 0.7 * y[0] },
		T1:        1,
		Y0:        []float64{1},
	}
}

// TestSRISteps compares one step with an independent implementation.
func TestSRISteps(t *testing.T) {
	const h, tol = 0.1, 0.1
	for _, want := range []struct {
		method        *SRI
		u1, e1, e2, e float64
		k, g          []float64
		s             float64 // of the last two drift stages
	}{
		{
			method: SOSRI,
			u1:     1.14109824075794, e1: 0.07163672890813344, e2: -0.0028832241174483533, e: 0.32111326552837965,
			k: []float64{0.2, 0.20452525687437445, 0.14903817014838333, 0.16280386205857655},
			g: []float64{0.7, 0.6243486894441204, 0.43301901256307734, 1.0455762319072668},
			s: 0.570805730786861,
		},
		{
			method: SOSRI2,
			u1:     1.1409738044859872, e1: 0.0732392306850427, e2: -0.0040161527307095365, e: 0.3233251981378282,
			k: []float64{0.2, 0.19708613766704286, 0.15211937743481257, 0.18318679174857155},
			g: []float64{0.7, 0.8110264883294157, 0.613025964319956, 0.5095777180946083},
			s: 0.5270261913773512,
		},
		{
			method: SRIW1,
			u1:     1.1409069627946824, e1: 0.03566681912675663, e2: -0.004304249956488447, e: 0.007661331979741389,
			k: []float64{0.2, 0.15666819126756626, 0.2, 0.2},
			g: []float64{0.7, 0.7809758026741251, 0.5590483946517494, 0.5092463821113302},
		},
	} {
		p := cubicDrift()
		step := newPlainSRI(want.method, p, 1)
		step.take(0, h, p.Y0, []float64{0.2}, []float64{-0.1})
		got := func(x [][]float64) []float64 {
			var y []float64
			for _, v := range x {
				y = append(y, v[0])
			}
			return y
		}
		for _, tt := range []struct {
			what      string
			got, want []float64
		}{
			{"u1", step.u1, []float64{want.u1}},
			{"E1", step.e1, []float64{want.e1}},
			{"E2", step.e2, []float64{want.e2}},
			{"E", []float64{step.scaledError(p.Y0, tol)}, []float64{want.e}},
			{"drift stages", got(step.k), want.k},
			{"diffusion stages", got(step.g), want.g},
		} {
			if !floats.EqualApprox(tt.got, tt.want, 2e-15) {
				t.Errorf("%s: %s is %v, expected %v", want.method.Name, tt.what, tt.got, tt.want)
			}
		}
		if s := step.stiffness(3, 2); want.s != 0 && !scalar.EqualWithinRel(s, want.s, 1e-13) {
			t.Errorf("%s: S = %v, expected %v", want.method.Name, s, want.s)
		}
	}
}

// TestFixedSDESteps compares with the formulas of Euler–Maruyama and Milstein,
// the latter with its difference quotient at the time of the step's start.
func TestFixedSDESteps(t *testing.T) {
	p := problems.GrowingNoise(0.5)
	p.Diffusion = func(t float64, y, dst []float64) { dst[0] = (1 + t) * y[0] * y[0] }
	const at, h, y, dw = 0.25, 0.1, 1.5, 0.3
	eval := func(f func(float64, []float64, []float64), t, y float64) float64 {
		dst := make([]float64, 1)
		f(t, []float64{y}, dst)
		return dst[0]
	}
	f, g := eval(p.Drift, at, y), eval(p.Diffusion, at, y)
	euler := y + h*f + dw*g
	support := y + h*f + math.Sqrt(h)*g
	quotient := (eval(p.Diffusion, at, support) - g) / math.Sqrt(h)
	for m, want := range map[*SRI]float64{EulerMaruyama: euler, Milstein: euler + quotient*(dw*dw-h)/2} {
		step := newPlainSRI(m, p, 1)
		step.take(at, h, []float64{y}, []float64{dw}, nil)
		if !scalar.EqualWithinRel(step.u1[0], want, 1e-14) {
			t.Errorf("%s: u1 = %v, expected %v", m.Name, step.u1[0], want)
		}
	}
}

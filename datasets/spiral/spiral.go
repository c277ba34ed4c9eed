// Package spiral makes the data of the spiral ODE, the introductory problem of
// Chen et al., "Neural ordinary differential equations" (NeurIPS 2018), in the
// setting of the SciML tutorials, which "Opening the Blackbox" (Pal et al., ICML
// 2021) uses for its figure 2:
//
//	du₁/dt = -0.1 u₁³ - 2   u₂³
//	du₂/dt =  2   u₁³ - 0.1 u₂³
//
// from u(0) = (2, 0), observed at 30 equidistant times in [0, 1.5], both ends
// included. There is no noise.
package spiral

const (
	Points = 30  // observations of a trajectory
	End    = 1.5 // time of the last; the first is at 0
)

// Start returns u(0) = (2, 0).
func Start() [2]float64 { return [2]float64{2, 0} }

// Field returns du/dt, which does not depend on time.
func Field(u [2]float64) [2]float64 {
	a, b := u[0]*u[0]*u[0], u[1]*u[1]*u[1]
	return [2]float64{-0.1*a - 2*b, 2*a - 0.1*b}
}

// Data returns the times of the observations and the observations themselves,
// (30, 2) row-major, exact to about 1e-12. The slices are the caller's.
func Data() (times, u []float64) {
	times = make([]float64, Points)
	for i := range times {
		times[i] = End * float64(i) / (Points - 1)
	}
	return times, trajectory(Start(), times)
}

// maxStep keeps the error of the fourth-order method below its rounding errors:
// the field's Lipschitz constant is 24 where |u| ≤ 2, and (24·2.5e-5)⁴ ≈ 1e-13.
const maxStep = 2.5e-5

// trajectory returns the solution from u at time 0, at ascending times.
func trajectory(u [2]float64, times []float64) []float64 {
	out := make([]float64, 0, 2*len(times))
	var t float64
	for _, next := range times {
		steps := int((next-t)/maxStep) + 1
		h := (next - t) / float64(steps)
		for range steps {
			u = rk4(u, h)
		}
		t = next
		out = append(out, u[0], u[1])
	}
	return out
}

// rk4 takes one step of the classical Runge–Kutta method (Hairer, Nørsett,
// Wanner, Solving Ordinary Differential Equations I, table II.1.2).
func rk4(u [2]float64, h float64) [2]float64 {
	k1 := Field(u)
	k2 := Field(along(u, h/2, k1))
	k3 := Field(along(u, h/2, k2))
	k4 := Field(along(u, h, k3))
	for i := range u {
		u[i] += h / 6 * (k1[i] + 2*(k2[i]+k3[i]) + k4[i])
	}
	return u
}

func along(u [2]float64, h float64, k [2]float64) [2]float64 {
	return [2]float64{u[0] + h*k[0], u[1] + h*k[1]}
}

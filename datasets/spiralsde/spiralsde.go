// Package spiralsde holds the data of the spiral SDE, to which "Opening the
// Blackbox" (Pal et al., ICML 2021, section 4.2.1) fits a neural SDE: means and
// variances over many trajectories, from u(0) = (2, 0), at 30 equidistant times
// in [0, 1]. Load returns those of the paper's authors, which are embedded.
//
// They are moments of
//
//	du₁ = (-0.1 u₁³ - 2   u₂³) dt + 0.2 u₁ dW₁
//	du₂ = ( 2   u₁³ - 0.1 u₂³) dt + 0.2 u₂ dW₂
//
// in the sense of Itô with independent Wiener processes W₁ and W₂. Eq. 15 of the
// paper has the two terms with 2 the other way round, + in du₁ and - in du₂, and
// one W. As printed the spiral would turn clockwise and u₂ be negative at once,
// while the authors' mean of u₂ is 0.54 at the second time; a test here simulates
// the equations above and finds the authors' moments. The two equations are
// mirror images, u₂ ↦ -u₂: variances are the same, the mean of u₂ has the other
// sign, and a fit is as hard.
package spiralsde

const (
	Points       = 30    // save times
	End          = 1     // the last; the first is 0
	Trajectories = 10000 // behind the authors' moments, according to the paper
)

// Start returns u(0) = (2, 0), which is not random.
func Start() [2]float64 { return [2]float64{2, 0} }

// Drift returns the coefficients of dt, of the process that the data are from.
func Drift(u [2]float64) [2]float64 {
	a, b := u[0]*u[0]*u[0], u[1]*u[1]*u[1]
	return [2]float64{-0.1*a - 2*b, 2*a - 0.1*b}
}

// Diffusion returns the coefficients of dW₁ and dW₂: the noise is diagonal.
func Diffusion(u [2]float64) [2]float64 { return [2]float64{0.2 * u[0], 0.2 * u[1]} }

// Times returns the save times k/29, k = 0, …, 29. The slice is the caller's.
func Times() []float64 {
	t := make([]float64, Points)
	for k := range t {
		t[k] = End * float64(k) / (Points - 1)
	}
	return t
}

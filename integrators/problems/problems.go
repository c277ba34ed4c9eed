// Package problems has initial value problems whose solutions are known, for
// tests, examples and documentation of integrators.
//
// A problem knows its solution in one of three ways: in closed form (Exact), as
// a reference value at the end of the interval (End), or through a quantity that
// the flow preserves (Invariant). All returns one problem of every kind.
//
//	p := problems.Rotation(2)
//	y := make([]float64, len(p.Y0))
//	p.Exact(p.T1, y)
//
// Every call returns a problem with slices of its own.
package problems

// Problem is the initial value problem y' = F(t, y), y(T0) = Y0 on [T0, T1].
type Problem struct {
	Name string

	// F stores the derivative at time t and state y in dydt. It does not modify
	// y; y and dydt have the length of Y0 and do not overlap.
	F func(t float64, y, dydt []float64)

	T0, T1 float64
	Y0     []float64

	// Exact stores the solution at time t in y; nil if there is no closed form.
	Exact func(t float64, y []float64)

	// End is the solution at T1 to 16 digits; nil if not known. Where there is no
	// closed form it was computed by Taylor series in 40 digits.
	End []float64

	// Invariant is constant along solutions; nil if there is none.
	Invariant func(y []float64) float64
}

// All returns one problem of every kind in this package, with the parameters
// that the literature gives most often.
func All() []Problem {
	return []Problem{
		Decay(1),
		Growth(),
		Rotation(1),
		Logistic(2, 0.1),
		Lorentzian(),
		LotkaVolterra(),
		Kepler(0.3),
		VanDerPol(5),
		Spiral(),
		Pulse(),
		StiffCosine(50),
	}
}

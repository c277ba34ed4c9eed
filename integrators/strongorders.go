package integrators

// StrongOrders are the orders γ of strong convergence of a method, E|u_N - u(T)| =
// O(h^γ), by the form of the noise.
type StrongOrders struct {
	// General is that with noise of any form, zero if the method does not take it. It
	// is 1/2 at most without the Lévy areas of pairs of processes, which no method of
	// this package uses.
	General float64
	// Commutative is that with commutative noise, scalar noise among it.
	Commutative float64
	// Additive is that with additive noise.
	Additive float64
}

// forms lists the forms of noise that have an order.
func (o StrongOrders) forms() []NoiseForm {
	if o.General > 0 {
		return []NoiseForm{Diagonal, Additive, Scalar, General, Commutative}
	}
	return []NoiseForm{Additive, Scalar, Commutative}
}

// Package integrators solves ordinary and stochastic differential equations whose
// right-hand sides are Gorgonia expressions, with Runge–Kutta methods, explicit and
// linearly implicit, that adapt their steps, and unrolls the solution into expression graphs, where the
// solver's own estimates of local error and stiffness can be penalized as in
// Pal, Ma, Shah and Rackauckas, "Opening the Blackbox: Accelerating Neural
// Differential Equations by Regularizing Internal Solver Heuristics" (ICML
// 2021).
//
// # Methods
//
// A method is data: a Tableau holds its coefficients, error weights, dense
// output and the constants of its step size control. The methods provided, each
// in a file of its own with its source, are
//
//	Tsit5      5(4)  adaptive, the default choice
//	DP5        5(4)  adaptive, "dopri5"
//	BS3        3(2)  adaptive, loose tolerances
//	HeunEuler  2(1)  adaptive
//	Vern7      7(6)  adaptive, tight tolerances
//	Dopri8     8(7)  adaptive, tight tolerances
//	Euler      1     fixed step
//	Midpoint   2     fixed step
//	RK4        4     fixed step
//
// For stiff equations, whose steps would be short for the sake of stability alone, a
// Rosenbrock holds the coefficients of a method that solves linear systems with the
// Jacobian, a part of the graph like everything else:
//
//	Rosenbrock23  2(3)  adaptive, loose tolerances
//	Rodas5P       5(4)  adaptive, tight tolerances
//
// Dynamics have to be made of what can be differentiated twice. A Switch, such as
// AutoTsit5(Rosenbrock23), takes an explicit method where that is as good.
//
// For stochastic equations an SRI holds the coefficients of a method, and the
// order is that of strong convergence:
//
//	SOSRI          1.5  adaptive, the default choice
//	SOSRI2         1.5  adaptive, estimates stiffness
//	SRIW1          1.5  adaptive
//	Milstein       1    fixed step
//	EulerMaruyama  1/2  fixed step, noise of any form
//
// which solve in the sense of Itô, with diagonal or scalar noise. An SRA is a method for
// additive noise, an SRK or a Scheme one in the sense of Stratonovich; the orders are
// those with general, commutative and additive noise:
//
//	SRA1, SOSRA           –    –    1.5  adaptive
//	SOSRA2                –    –    1.5  adaptive, estimates stiffness
//	SPaRK                 1/2  1    1.5  adaptive
//	StratonovichHeun      1/2  1    1    adaptive
//	LambaEulerHeun        1/2  1    1    adaptive
//	ReversibleHeun        1/2  1    1    adaptive, one evaluation a step
//	EulerHeun             1/2  1    1    fixed step
//	GeneralShARK          1/2  1    1.5  fixed step
//	StratonovichMilstein  –    1    1    fixed step
//	SlowRK                –    1.5  1.5  fixed step
//
// An Equation says by its Form, Processes and Calculus what it is, and Equation.In
// converts it to the other sense.
//
// A Controller says how the error of one step decides the length of the next.
// Settings hold everything else: tolerances, bounds on steps, times at which
// the solution is wanted. Sub-package problems has initial value problems with
// known solutions.
//
// # Solving
//
// A Solver is a Method at work on an Equation, whose right-hand sides are Dynamics:
// functions that add f(z, t) to a graph. With a diffusion beside the drift the
// equation is stochastic; its Noise is a seed or a path of your own. States are
// matrices (batch, dim) of float32 or float64 whose rows share one step size, or with
// Settings.Steps take steps of their own; times are float64, rounded where dynamics see them, and may run backwards. There are
// three ways to run a solver, with the same numbers:
//
//   - Predict solves without a graph, in the memory of two steps;
//   - Unroll, in the builder of a graph.Objective, makes the solution part of a
//     training graph with one call of a precompiled function for each accepted
//     step (Mode Called, the default), kept whole or in checkpoints (Memory);
//   - with Mode Inline every step is written out in the graph, node by node, to
//     be looked at and to check the other two.
//
// Rejected steps of a stochastic equation are repeated on the same Brownian path,
// and saved states between the ends of steps have its noise.
//
// Stats and, with Settings.Record, a list of all attempted steps say what a
// solve did. One that cannot reach its end returns a *Failure, for which
// errors.Is says why: ErrStepUnderflow, ErrMaxSteps, ErrMaxBytes, ErrNonFinite,
// ErrTimeResolution or ErrNoEvent, or what Settings.Observe returned to end it.
//
// Dynamics that jump in time need Settings.StopAt, the times at which a step ends
// and the next one starts anew. Where a jump, or the end, depends on the state, an
// Event ends the solve, whose time and state are differentiated: Settings.Events.
//
// # Regularizing
//
// Every accepted step j from t_j to t_j + h_j yields its scaled error E_j
// (Eq. 5 of the paper) and its stiffness estimate S_j (Eq. 8, or ‖J‖∞); a Regularizer
// turns them into a scalar node. So it does with the integrals of an Integrand
// along the solution (Eq. 10). Step sizes, times, noise and the tolerance scale
// are constants of the reverse pass. Settings.ErrorColumns leaves columns of the
// state out of all estimates.
package integrators

// Package integrators solves ordinary differential equations whose right-hand
// sides are Gorgonia expressions, with explicit Runge–Kutta methods that adapt
// their steps, and unrolls the solution into expression graphs, where the
// solver's own estimates of local error and stiffness can be penalized as in
// Pal, Ma, Shah and Rackauckas, "Opening the Blackbox: Accelerating Neural
// Differential Equations by Regularizing Internal Solver Heuristics" (ICML
// 2021).
//
// A Tableau is a method (Tsit5, DP5, BS3, …), a Controller the rule for its
// steps, an ODE a method at work on dynamics. There are three ways to run one,
// with the same numbers:
//
//   - Predict solves without a graph, in the memory of two steps;
//   - an ODE with Mode Called, the default, becomes part of a training graph
//     with one call of a precompiled function for each accepted step;
//   - with Mode Inline every step is written out in the graph, node by node,
//     to be looked at and to check the other two.
//
// Every accepted step j from t_j to t_j + h_j yields its scaled error E_j
// (Eq. 5 of the paper) and its stiffness estimate S_j (Eq. 8); a Regularizer
// turns them into a scalar node. Step sizes, times and the tolerance scale are
// constants of the reverse pass.
//
// States are matrices (batch, dim) and share one step size; times are float64.
package integrators

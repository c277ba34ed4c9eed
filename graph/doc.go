// Package graph adds functions to Gorgonia's expression graphs: sub-graphs that
// are traced once, differentiated once, planned once, and called any number of
// times from graphs whose length depends on values, such as the unrolled steps
// of an adaptive integrator.
//
// # Training and predicting
//
//	params := graph.NewParams(tensor.Float64) // for the layers to add theirs to
//	…
//	objective, err := graph.NewObjective(params, loss, nil)
//	for … {
//		value, err := objective.Evaluate(x, y)
//		err = solver.Step([]gorgonia.ValueGrad{params}) // of package optim
//	}
//	err = params.SaveFile("model")
//
//	predictor, err := graph.NewPredictor(params, model, nil)
//	out, err := predictor.Predict(ctx, x)
//
// The functions loss and model add nodes to a scope, for the values given, in their
// order, and return the loss, a scalar, or the results. They may use gorgonia.Must:
// its panics come back as errors. Batches may have any size. A graph is built for
// each list of shapes, and a solution by adaptive steps gives a graph of another
// length from one evaluation to the next, so loss is called whenever shapes or
// length are new. [Params] hold the parameters of a model in one flat vector with
// named views. A [Scope] is where a builder adds nodes: it knows the graph, the
// parameters as nodes of that graph and, inside dynamics, the time. Packages value,
// ops and optim make values, operations and optimizers.
//
// An [Objective] is a scalar function of the parameters with its gradient. Its
// graph is kept for the next time its structure comes up. A [Predictor] evaluates
// without a gradient.
//
// # Guards
//
// Gorgonia identifies nodes by a 32-bit hash and constants by their printed
// value, and caches one derivative for each node. What that can silently get
// wrong is refused: see [hazard.ErrUnnamedConstant], [hazard.ErrLongSlice],
// [hazard.ErrHashCollision], [hazard.ErrDifferentiated] and [hazard.ErrRandomNode].
//
// # Goroutines
//
// A [Predictor] is for any number of goroutines. Nothing else here is for several at
// once, and separate objects are not independent if they are made from one layer:
// objectives with the same differential equation share its solver, those that call the
// same [Function] share it, and objectives with the same [Params] share the gradient.
// A second goroutine gets [ErrInUse] in place of a wrong number. So whoever trains in
// several goroutines needs a model for each: make parameters, layers and objective
// once for each, and give them the same values by [Params.SetFloat64s].
//
// Parameters may be read by any number of goroutines while none writes them. Optimizers
// of package optim and [Params.Load] do not write while a predictor reads, nor the other
// way round: ErrInUse. After [Predictor.Snapshot] it reads a copy.
//
// # Functions
//
// A [Function] is made by [NewFunction] from a builder. A [Frame] is one
// execution of it, forward and in reverse, without any graph and, for the
// operations of package ops, without allocating. [Function.Call] puts an
// execution into an outer graph as ordinary differentiable operations.
//
// A [Machine] runs any Gorgonia graph in time linear in its nodes, and goes on
// with nodes that were added after a run.
//
// A graph is turned into a linear program: results that nobody wants and terms
// that are known to be zero are left out, chains of additions and scaled copies
// become one weighted sum, products that are only summed accumulate in place,
// and results whose lives do not overlap share memory. Any stock operation of
// Gorgonia runs as it is, so a layer needs nothing special.
//
// # Writing a solver
//
// What follows is for whoever writes another solver; package integrators is one.
//
// A [Site] is a part of an objective or a predictor whose structure depends on
// values. [Scope.Unroll] has it solve numerically, in frames, and takes the
// outcome, a [Solved], into the graph: Emit adds a [Call] for each step and binds
// the step's frame to it. Outcomes that say that their structure is the same are
// bound to the same calls, so that no graph is built for them.
//
// A call executes an [Execution]: a Frame, or what a solver puts in its place, a
// step that computes again what it did not keep, one that does nothing, one that
// serves save times. [SumParts] adds up what each of the calls contributes.
package graph

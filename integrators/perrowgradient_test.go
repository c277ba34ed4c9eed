package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// regularized returns the case with all regularizers that its method has.
func (c rowCase) regularized() rowCase {
	c.set.Regularizers = nil
	if c.method.Adaptive() {
		c.set.Regularizers = append(c.set.Regularizers, Regularizer{Term: Error}, Regularizer{Term: ErrorSquared, Aggregation: Max}, Regularizer{Term: Error, Aggregation: Mean})
	}
	if c.method.EstimatesStiffness() {
		c.set.Regularizers = append(c.set.Regularizers, Regularizer{Term: Stiffness}, Regularizer{Term: Stiffness, Aggregation: Max})
	}
	if !c.method.traits().implicit {
		c.set.Regularizers = append(c.set.Regularizers, Regularizer{Term: KineticEnergy})
	}
	if c.integral {
		c.set.Regularizers = append(c.set.Regularizers, Regularizer{Term: Integral})
	}
	return c
}

// TestRowGradients compares the reverse pass of solves with differences of the same
// solves over the same steps, by everything that a solve depends on.
func TestRowGradients(t *testing.T) {
	for _, c := range rowCases {
		c := c.regularized()
		c.set.AbsTol, c.set.RelTol = 1e-2, Zero // the scale of errors is not differentiated
		if c.method.traits().stochastic {
			c.set.AbsTol = 1
		}
		if c.method == Dopri8 || c.set.ErrorColumns > 0 { // stages are too near to each other for differences
			c.set.Regularizers = slices.DeleteFunc(c.set.Regularizers, func(r Regularizer) bool { return r.Term == Stiffness })
		}
		t.Run(c.name, func(t *testing.T) {
			var stored [][]float64
			for _, memory := range []Memory{Store, Checkpoint} {
				c.set.Memory = memory
				m := newRowModel(rand.New(rand.NewPCG(2, 3)), tensor.Float64, 4, 2, c)
				for _, x := range m.contexts { // differences need smooth solutions
					floats.Scale(0.3, x)
				}
				o := m.solver(t, c, 4)
				o.load(t, []int{0, 1, 2, 3})
				x := newFrozen(t, o)
				grads := x.gradients(t)
				if memory == Checkpoint {
					if !slices.EqualFunc(grads, stored, slices.Equal) {
						t.Errorf("checkpoint has %v, store %v", grads, stored)
					}
					break
				}
				stored = grads
				for i, g := range grads {
					for j := 0; j < len(g); j += 1 + len(g)/8 {
						if want := x.difference(t, i, j); math.Abs(g[j]-want) > 1e-4*max(1, math.Abs(want)) {
							t.Errorf("gradient %d of input %d is %v, expected %v", j, i, g[j], want)
						}
					}
				}
			}
		})
	}
}

// difference returns the derivative of the loss by an entry of an input.
func (x *frozen) difference(t *testing.T, i, j int) float64 {
	in := value.Float64s(x.in[i])
	at := func(d float64) float64 {
		moved := slices.Clone(in)
		moved[j] += d
		value.SetFloat64s(x.in[i], moved)
		return x.loss(t)
	}
	const d = 1e-6
	slope := (8*(at(d)-at(-d)) - at(2*d) + at(-2*d)) / (12 * d)
	at(0)
	return slope
}

// frozen is a solve whose steps stay as they are.
type frozen struct {
	r       *rowSolve
	in      []gorgonia.Value
	weights []float64
}

func newFrozen(t *testing.T, o *rowSolver) *frozen {
	t.Helper()
	m := o.model
	z0, context := matrixOf(m.dtype, m.starts), matrixOf(m.dtype, m.contexts)
	solved, err := site{o.Solver}.Solve([]gorgonia.Value{z0, context})
	if err != nil {
		t.Fatal(err)
	}
	r := solved.(*rowSolve)
	f := r.fn.step
	x := &frozen{r: r, in: make([]gorgonia.Value, f.inputs), weights: value.Float64s(o.weights)}
	clone := func(v gorgonia.Value) gorgonia.Value {
		w, err := gorgonia.CloneValue(v)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	x.in[0] = o.params.Value()
	x.in[f.index(f.in.z)] = clone(z0)
	x.in[f.index(f.in.context)] = clone(context)
	if f.in.k1 != none {
		x.in[f.index(f.in.k1)] = clone(r.start.k1)
	}
	for j := range f.carried {
		x.in[f.index(f.in.g)+j] = clone(r.start.g[j])
	}
	solvedLoss := x.loss(t)
	if again := x.loss(t); again != solvedLoss {
		t.Fatalf("a loss of %v over the same steps, solved %v", again, solvedLoss)
	}
	return x
}

// loss is the sum of all states and regularizers, weighted.
func (x *frozen) loss(t *testing.T) float64 {
	t.Helper()
	if err := x.r.Execute(x.in); err != nil {
		t.Fatal(err)
	}
	f := x.r.fn.step
	z := x.r.Out(int(f.out.z))
	if n := len(x.r.c.solver.settings.SaveAt); n > 0 {
		z = value.New(x.r.c.dtype, n*x.r.c.batch, x.r.c.dim)
		if err := x.r.AddPart(z); err != nil {
			t.Fatal(err)
		}
	}
	sum := floats.Dot(value.Float64s(z), x.weights)
	for j := range x.r.aggregates {
		for b, y := range value.Float64s(x.r.Out(int(f.out.terms) + j)) {
			sum += float64(b+1) * y
		}
	}
	return sum
}

// gradients are those of the loss, nil for what is data.
func (x *frozen) gradients(t *testing.T) [][]float64 {
	t.Helper()
	c, f := x.r.c, x.r.fn.step
	cots, grads := make([]gorgonia.Value, len(f.Outputs())), make([]gorgonia.Value, len(x.in))
	weights := value.New(c.dtype, len(x.weights)/c.dim, c.dim)
	value.SetFloat64s(weights, x.weights)
	if len(c.solver.settings.SaveAt) > 0 {
		cots = append(cots, weights)
	} else {
		cots[f.out.z] = weights
	}
	for j := range x.r.aggregates {
		y := value.New(c.dtype, c.batch, 1)
		rows := make([]float64, c.batch)
		for b := range rows {
			rows[b] = float64(b + 1)
		}
		value.SetFloat64s(y, rows)
		cots[int(f.out.terms)+j] = y
	}
	for i, v := range x.in {
		if v != nil {
			grads[i] = value.New(v.Dtype(), v.Shape()...)
		}
	}
	if err := x.r.Accumulate(cots, grads, nil); err != nil {
		t.Fatal(err)
	}
	all := make([][]float64, len(grads))
	for i, g := range grads {
		if g != nil {
			all[i] = value.Float64s(g)
		}
	}
	return all
}

// train evaluates the loss of some rows of the model with its gradient.
func (o *rowSolver) train(t testing.TB, rows []int) []rowResult {
	t.Helper()
	o.load(t, rows)
	if o.objective == nil {
		o.objective = newObjective(t, o.params, func(s *graph.Scope, _ gorgonia.Nodes) (*gorgonia.Node, error) {
			e := &expr{s: s}
			z0 := e.do(func() (*gorgonia.Node, error) { return s.Param(o.start) })
			context := e.do(func() (*gorgonia.Node, error) { return s.Param(o.context) })
			if e.err != nil {
				return nil, e.err
			}
			out, err := o.Unroll(s, z0, context)
			if err != nil {
				return nil, err
			}
			w := e.do(func() (*gorgonia.Node, error) { return s.Data(o.weights) })
			loss := e.do(func() (*gorgonia.Node, error) { return gorgonia.Sum(e.mul(out[0], w)) })
			for _, r := range out[1:] { // the sum over rows
				loss = e.add(loss, e.scale(float64(len(rows)), r))
			}
			return loss, e.err
		})
	}
	_, gradient, err := evaluate(o.objective, o.params)
	if err != nil {
		t.Fatal(err)
	}
	sol := o.Last()
	all := sol.split(nil, o.model.dim)
	grad := value.Float64s(gradient)
	for b := range all {
		for _, p := range []*graph.Param{o.start, o.context} {
			all[b].gradient = append(all[b].gradient, grad[p.Offset+b*o.model.dim:][:o.model.dim]...)
		}
	}
	return all
}

// TestRowGradientsDoNotKnowTheirNeighbours compares the gradient of every row by its
// initial state and context, with all regularizers.
func TestRowGradientsDoNotKnowTheirNeighbours(t *testing.T) {
	for _, c := range rowCases {
		t.Run(c.name, func(t *testing.T) {
			compareRows(t, c.regularized(), tensor.Float64, func(o *rowSolver, rows []int) []rowResult { return o.train(t, rows) })
		})
	}
}

// TestRowsOnTheTapeMachine compares losses and gradients with those of Gorgonia's own
// machine, on which every solve is one call.
func TestRowsOnTheTapeMachine(t *testing.T) {
	for _, memory := range []Memory{Store, Checkpoint} {
		p := graph.NewParams(tensor.Float64)
		theta := param(t, p, "theta", []float64{1.3}, 1, 1)
		o, err := NewSolver(Equation{Drift: thetaField(theta), Params: p, T1: 1}, Tsit5, &Settings{Steps: PerRow, Memory: memory,
			SaveAt: []float64{0, 0.2, 0.25, 1}, Regularizers: []Regularizer{{Term: Error}, {Term: Stiffness, Aggregation: Mean}}})
		if err != nil {
			t.Fatal(err)
		}
		z0 := spirals(1, 0.5)
		want, grad, err := evaluate(objectiveOf(t, p, o.Unroll), p, z0)
		if err != nil {
			t.Fatal(err)
		}
		loss, d := onTapeMachine(t, o, p, z0)
		if !floats.EqualApprox(append(d, loss), append(value.Float64s(grad), want), 1e-13) {
			t.Errorf("memory %v: loss %v with gradient %v, expected %v and %v", memory, loss, d, want, grad)
		}
	}
}

package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// program is a random expression of fused and stock operations on matrices of
// one shape, built the same way every time.
type program struct {
	seed    uint64
	params  *graph.Params
	weights *graph.Param // (dim, dim)
	bias    *graph.Param // (dim)
	inputs  []graph.Spec
	length  int
}

func newProgram(t *testing.T, seed uint64) *program { return newProgramOf(t, tensor.Float64, seed) }

func newProgramOf(t *testing.T, dt tensor.Dtype, seed uint64) *program {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := &program{seed: seed, params: graph.NewParams(dt), length: 2 + rng.IntN(25)}
	batch, dim := 1+rng.IntN(3), 1+rng.IntN(3)
	normal := func(w []float64) {
		for i := range w {
			w[i] = float64(float32(rng.NormFloat64() / 2)) // the same for both element types
		}
	}
	var err error
	if p.weights, err = p.params.Add("w", normal, dim, dim); err != nil {
		t.Fatal(err)
	}
	if p.bias, err = p.params.Add("b", normal, dim); err != nil {
		t.Fatal(err)
	}
	for i := range 1 + rng.IntN(3) {
		p.inputs = append(p.inputs, graph.Spec{Name: fmt.Sprint("x", i), Dtype: dt, Shape: tensor.Shape{batch, dim}})
	}
	p.inputs = append(p.inputs, graph.Spec{Name: "h", Dtype: tensor.Float64, Data: true})
	return p
}

// byRows gives each row a step size and a time of its own.
func (p *program) byRows() {
	p.inputs[len(p.inputs)-1].Shape = tensor.Shape{p.inputs[0].Shape[0], 1}
}

// build adds the expression. Every node is drawn from those before it.
func (p *program) build(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
	rng := rand.New(rand.NewPCG(p.seed, 2))
	h := in[len(in)-1]
	nodes := slices.Clone(in[:len(in)-1])
	pick := func() *gorgonia.Node { return nodes[rng.IntN(len(nodes))] }
	var scalars gorgonia.Nodes
	w, err := s.Param(p.weights)
	if err != nil {
		return nil, err
	}
	b, err := s.Param(p.bias)
	if err != nil {
		return nil, err
	}
	time, err := ops.StageTime(h, h, 0.5, p.params.Dtype())
	if err != nil {
		return nil, err
	}
	for range p.length {
		var n *gorgonia.Node
		switch rng.IntN(18) {
		case 0, 1:
			n, err = gorgonia.Add(pick(), pick())
		case 2, 3:
			terms := make([]ops.Term, 1+rng.IntN(3))
			for i := range terms {
				terms[i] = ops.Term{X: pick(), C: []float64{1, -0.5}[rng.IntN(2)], Scaled: rng.IntN(2) == 0}
			}
			n, err = ops.LinComb(terms, h, nil)
		case 4:
			n, err = ops.MatMul(pick(), w, false, rng.IntN(2) == 0)
		case 5, 6:
			n, err = ops.Affine(ops.Tanh, pick(), w, b, b, time)
		case 7:
			n, err = ops.Affine(ops.Identity, pick(), w, nil, nil, nil)
		case 8:
			n, err = gorgonia.Mul(pick(), w)
		case 9:
			n, err = gorgonia.Tanh(pick())
		case 10:
			n, err = gorgonia.HadamardProd(pick(), pick())
		case 11:
			n, err = ops.Activate(ops.Sigmoid, pick())
		case 12:
			var e *gorgonia.Node
			if e, err = ops.SquaredError(pick(), pick(), 0.1); err == nil {
				scalars = append(scalars, e)
			}
			n = pick()
		case 13: // results in the memory of their argument
			x := pick()
			if n, err = gorgonia.Reshape(x, tensor.Shape{x.Shape()[1], x.Shape()[0]}); err == nil {
				n, err = gorgonia.Reshape(n, x.Shape())
			}
		case 14:
			x := pick()
			m, k := x.Shape()[0], x.Shape()[1]
			if n, err = ops.Stack(gorgonia.Nodes{pick(), x, pick()}); err == nil {
				n, err = ops.Block(n, m, 2*m, 0, k)
			}
		case 15:
			var e *gorgonia.Node
			errorNorm := ops.ErrorNorm
			if len(h.Shape()) > 0 {
				errorNorm = meanRowErrorNorm
			}
			if e, err = errorNorm(pick(), pick(), h, gorgonia.Nodes{pick(), pick()}, []float64{1, -0.5}, 0.1, 0.1); err == nil {
				scalars = append(scalars, e)
			}
			n = pick()
		case 16:
			var e *gorgonia.Node
			if e, err = gorgonia.Mean(pick()); err == nil {
				n, err = gorgonia.Mul(pick(), e)
			}
		case 17:
			// Tame what products have blown up.
			n, err = gorgonia.Sigmoid(pick())
		}
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	out := gorgonia.Nodes{nodes[len(nodes)-1]}
	for range rng.IntN(3) {
		out = append(out, pick()) // inputs and repetitions included
	}
	if len(scalars) > 0 {
		sum, err := []func(float64, gorgonia.Nodes) (*gorgonia.Node, error){ops.Total, ops.Largest}[rng.IntN(2)](0, scalars)
		if err != nil {
			return nil, err
		}
		out = append(out, scalars[0], sum)
	}
	return out, nil
}

// meanRowErrorNorm is the mean of the error norms of the rows.
func meanRowErrorNorm(z, z1, h *gorgonia.Node, k gorgonia.Nodes, err []float64, atol, rtol float64) (*gorgonia.Node, error) {
	e, failed := ops.RowErrorNorm(z, z1, h, k, err, atol, rtol)
	if failed != nil {
		return nil, failed
	}
	return ops.Mean(e)
}

// naive evaluates a graph with Op.Do, node by node.
func naive(t *testing.T, g *gorgonia.ExprGraph) map[*gorgonia.Node]gorgonia.Value {
	values := map[*gorgonia.Node]gorgonia.Value{}
	for _, n := range g.AllNodes() {
		if n.Op() == nil || n.Value() != nil {
			values[n] = n.Value()
			continue
		}
		var in []gorgonia.Value
		for it := g.From(n.ID()); it.Next(); {
			in = append(in, values[it.Node().(*gorgonia.Node)])
		}
		v, err := n.Op().Do(in...)
		if err != nil {
			t.Fatal(err)
		}
		values[n] = v
	}
	return values
}

// oracle returns the results of the expression and its vector–Jacobian product,
// the parameters first, in a flat graph evaluated naively.
func (p *program) oracle(t *testing.T, in, cotangents []gorgonia.Value) (out, grads [][]float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	s := graph.NewScope(g, p.params)
	var nodes gorgonia.Nodes
	for i, spec := range p.inputs {
		if len(spec.Shape) == 0 {
			nodes = append(nodes, gorgonia.NewScalar(g, spec.Dtype, gorgonia.WithName(spec.Name), gorgonia.WithValue(in[i])))
		} else {
			nodes = append(nodes, gorgonia.NewTensor(g, spec.Dtype, 2, gorgonia.WithShape(spec.Shape...), gorgonia.WithName(spec.Name), gorgonia.WithValue(in[i])))
		}
	}
	results, err := p.build(s, nodes)
	if err != nil {
		t.Fatal(err)
	}
	wrt := append(gorgonia.Nodes{s.Theta()}, nodes[:len(nodes)-1]...)
	// Everything is made to matter, so that Gorgonia differentiates it.
	loss := gorgonia.NewConstant(0.0)
	for _, n := range wrt {
		loss = gorgonia.Must(gorgonia.Add(loss, gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Sum(n)), gorgonia.NewConstant(0.0)))))
	}
	for i, n := range results {
		c := cotangents[i]
		if c == nil {
			c = value.New(n.Dtype(), n.Shape()...)
		}
		name := gorgonia.WithName(fmt.Sprint("cotangent", i))
		if len(n.Shape()) == 0 {
			c := gorgonia.NewScalar(g, tensor.Float64, name, gorgonia.WithValue(c))
			loss = gorgonia.Must(gorgonia.Add(loss, gorgonia.Must(gorgonia.Mul(n, c))))
			continue
		}
		m := gorgonia.NewTensor(g, tensor.Float64, 2, gorgonia.WithShape(n.Shape()...), name, gorgonia.WithValue(c))
		loss = gorgonia.Must(gorgonia.Add(loss, gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.HadamardProd(n, m))))))
	}
	d, err := graph.Differentiate(loss, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	values := naive(t, g)
	for _, n := range results {
		out = append(out, value.Float64s(values[n]))
	}
	for _, n := range d {
		grads = append(grads, value.Float64s(values[n]))
	}
	return out, grads
}

// near compares to rounding.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d entries, expected %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-11*math.Max(1, math.Abs(want[i]))) && !(math.Abs(want[i]) > 1e100) {
			t.Errorf("%s: entry %d is %v, expected %v", what, i, got[i], want[i])
			return
		}
	}
}

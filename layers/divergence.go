package layers

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// Estimator says how the trace of a Jacobian J (dim, dim) is found.
type Estimator uint8

// The estimators. The exact trace takes dim products with J. The others, of
// Hutchinson, take one, eᵀJ, and are eᵀJe for a random probe e: right on average,
// with the variance 2‖S‖² for normal probes, where S is the symmetric part of J, and
// less by that of the diagonal of S for probes of ±1.
const (
	Exact      Estimator = iota
	Rademacher           // probes of ±1
	Gaussian             // normal probes
)

// String returns "exact", "rademacher" or "gaussian".
func (e Estimator) String() string {
	if names := [...]string{"exact", "rademacher", "gaussian"}; int(e) < len(names) {
		return names[e]
	}
	return "unknown estimator"
}

// A Divergence adds tr ∂f/∂z for a field f(z, t) of states z (batch, dim), the rows of
// which must not depend on each other. Probes depend on the seed and the number of
// the row: they are the same all through a solve, in which the integrand would not be
// smooth otherwise, and whatever the batch is. Seed and first row must not be set while
// another goroutine solves.
type Divergence struct{ probes }

// NewDivergence returns a divergence by the given estimator, whose probes are those
// of the seed. The error is that of an unknown estimator.
func NewDivergence(e Estimator, seed uint64) (*Divergence, error) {
	if e > Gaussian {
		return nil, errors.Errorf("divergence by estimator %d, expected Exact, Rademacher or Gaussian", e)
	}
	return &Divergence{probes{estimator: e, seed: seed}}, nil
}

// SetSeed draws the probes anew. It must not be called between a solve and its
// reverse pass.
func (d *Divergence) SetSeed(seed uint64) { d.setSeed(seed) }

// SetFirstRow gives the rows of the batches to come the probes of the rows from the
// given one on of a larger batch, of which they are a part. It must not be called
// between a solve and its reverse pass, and panics if row is negative.
func (d *Divergence) SetFirstRow(row int) { d.setFirstRow(row) }

// Of adds the trace (batch, 1) of the Jacobian of f by z, two nodes (batch, dim) of
// one graph, and returns with it the products eᵀJ (batch, dim) that it is made of:
// one of a probe, or dim of unit vectors. An error names the operation between z and
// f that has no second derivative, see graph.Scope.VJP.
func (d *Divergence) Of(s *graph.Scope, f, z *gorgonia.Node) (trace *gorgonia.Node, products gorgonia.Nodes, err error) {
	if err := given("divergence", s, "z", z); err != nil {
		return nil, nil, err
	}
	if f == nil || len(z.Shape()) != 2 || !f.Shape().Eq(z.Shape()) {
		return nil, nil, errors.Errorf("divergence of %v by %v, expected two matrices (batch, dim) of one shape", shapeOf(f), z.Shape())
	}
	if d.estimator == Exact {
		return exactTrace(s, f, z)
	}
	if s.PerRow() {
		return nil, nil, errors.New("divergence by random probes with steps per row, expected the exact one: the frames of such steps have rows in any place")
	}
	e, err := s.Data(d.of(z.Dtype(), z.Shape()[0], z.Shape()[1]))
	if err != nil {
		return nil, nil, err
	}
	if products, err = s.VJP(f, e, z); err != nil {
		return nil, nil, errors.Wrap(err, "divergence")
	}
	trace, err = ops.RowDot(e, products[0])
	return trace, products, err
}

// exactTrace adds Σ_i (e_iᵀJ)_i over unit vectors e_i.
func exactTrace(s *graph.Scope, f, z *gorgonia.Node) (trace *gorgonia.Node, products gorgonia.Nodes, err error) {
	rows, dim := z.Shape()[0], z.Shape()[1]
	terms := make([]ops.Term, dim)
	for i := range dim {
		e, err := s.Data(unitVectors(z.Dtype(), rows, dim, i))
		if err != nil {
			return nil, nil, err
		}
		p, err := s.VJP(f, e, z)
		if err != nil {
			return nil, nil, errors.Wrap(err, "divergence")
		}
		entry, err := ops.Column(p[0], i)
		if err != nil {
			return nil, nil, err
		}
		terms[i] = ops.Term{X: entry, C: 1}
		products = append(products, p...)
	}
	trace, err = ops.LinComb(terms, nil, nil)
	return trace, products, err
}

// unitVectors returns the i-th unit vector in every row.
func unitVectors(dt tensor.Dtype, rows, dim, i int) gorgonia.Value {
	x := make([]float64, rows*dim)
	for r := range rows {
		x[r*dim+i] = 1
	}
	v := value.New(dt, rows, dim)
	value.SetFloat64s(v, x)
	return v
}

func shapeOf(n *gorgonia.Node) any {
	if n == nil {
		return "nil"
	}
	return n.Shape()
}

// checkRows fails if rows of f depend on other rows of z, at a time within dynamics:
// if the product of the Jacobian with a cotangent of the first row has others. It is
// taken at a state with entries of both signs and at their absolute values, where a
// product that is not finite says nothing.
func checkRows(params *graph.Params, f Layer, dt tensor.Dtype, dim int) error {
	const rows = 3
	in := []graph.Spec{{Name: "z", Dtype: dt, Shape: tensor.Shape{rows, dim}}, {Name: "t", Dtype: dt}, {Name: "v", Dtype: dt, Shape: tensor.Shape{rows, dim}}}
	product, err := graph.NewFunction("rows of the dynamics", params, in, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := f.Forward(s.At(in[1]), in[0])
		if err != nil {
			return nil, err
		}
		if !y.Shape().Eq(in[0].Shape()) {
			return nil, errors.Errorf("the dynamics map %v to %v, expected the same shape", in[0].Shape(), y.Shape())
		}
		return s.VJP(y, in[2], in[0])
	})
	if err != nil {
		return err
	}
	fr := product.NewFrame()
	defer fr.Release()
	p := probes{estimator: Gaussian}
	z, v, t := p.of(dt, rows, dim), value.New(dt, rows, dim), value.New(dt)
	value.SetScalar(t, 0.5)
	value.CopyRows(v, 0, value.Rows(z, 1, 2))
	states := [][]float64{value.Float64s(z), value.Float64s(z)}
	for i, x := range states[1] {
		states[1][i] = math.Abs(x)
	}
	for _, state := range states {
		value.SetFloat64s(z, state)
		for i, x := range []gorgonia.Value{z, t, v} {
			if err := fr.Set(i, x); err != nil {
				return err
			}
		}
		if err := fr.Forward(); err != nil {
			return err
		}
		for i, x := range value.Float64s(fr.Out(0))[dim:] {
			if x != 0 && !math.IsNaN(x-x) {
				return errors.Errorf("row 0 of the dynamics depends on row %d of the state, expected rows that do not depend on each other", 1+i/dim)
			}
		}
	}
	return nil
}

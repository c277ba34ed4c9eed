// Package jacobiantest checks products with Jacobians, and their derivatives,
// against differences.
package jacobiantest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// sixth is the central difference of order 6.
var sixth = fd.Formula{Derivative: 1, Step: 6e-3, Stencil: []fd.Point{
	{Loc: -3, Coeff: -1. / 60}, {Loc: -2, Coeff: 9. / 60}, {Loc: -1, Coeff: -45. / 60},
	{Loc: 1, Coeff: 45. / 60}, {Loc: 2, Coeff: -9. / 60}, {Loc: 3, Coeff: 1. / 60},
}}

// Tolerance bounds relative differences, in float64.
const Tolerance = 1e-8

// An Expression is y of some arguments.
type Expression struct {
	// Args are the arguments, those that are differentiated and Data.
	Args []graph.Spec
	// At are the values of the arguments.
	At []gorgonia.Value
	// Times lists the arguments that are times, which the reverse pass of a function
	// does not differentiate.
	Times []int
	// Build adds y.
	Build func(in gorgonia.Nodes) (*gorgonia.Node, error)
}

// Check compares, in float64, vᵀ·∂y/∂x_j for all x_j that are no data, and Σ
// ∂y/∂x_j·dx_j, with differences of y, and their gradients by x_j, v and dx_j, as the
// reverse pass of a function has them, with differences of the products. The error
// is that of building the products.
func Check(t *testing.T, e Expression) error {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	plain, err := newTrial(e.Args, e.At, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := e.Build(in)
		return gorgonia.Nodes{y}, err
	})
	if err != nil {
		return err
	}
	y := plain.f.Outputs()[0]
	v := random(rng, y)
	args := append(slices.Clone(e.Args), graph.Spec{Name: "v", Dtype: y.Dtype, Shape: y.Shape})
	at := append(slices.Clone(e.At), v)
	var x []int // arguments that are differentiated
	for i, a := range e.Args {
		if !a.Data {
			x = append(x, i)
			args = append(args, graph.Spec{Name: "d" + a.Name, Dtype: a.Dtype, Shape: a.Shape})
			at = append(at, random(rng, a))
		}
	}
	n := len(e.Args)
	products, err := newTrial(args, at, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := e.Build(in[:n])
		if err != nil {
			return nil, err
		}
		var by gorgonia.Nodes
		for _, i := range x {
			by = append(by, in[i])
		}
		out, err := s.VJP(y, in[n], by...)
		if err != nil {
			return nil, err
		}
		along, err := s.JVP(y, by, in[n+1:])
		return append(out, along), err
	})
	if err != nil {
		return err
	}
	if err := products.run(); err != nil {
		t.Fatal(err)
	}
	for j, i := range x {
		want := plain.gradient(t, i, []gorgonia.Value{v})
		compare(t, "VJP by "+e.Args[i].Name, value.Float64s(products.fr.Out(j)), want)
	}
	want := make([]float64, value.New(y.Dtype, y.Shape...).Shape().TotalSize())
	for k, i := range x {
		floats.Add(want, plain.along(t, i, value.Float64s(at[n+1+k])))
	}
	compare(t, "JVP", value.Float64s(products.fr.Out(len(x))), want)

	var cotangents, grads []gorgonia.Value
	for _, o := range products.f.Outputs() {
		cotangents = append(cotangents, random(rng, o))
	}
	for _, a := range args {
		if a.Data {
			grads = append(grads, nil)
			continue
		}
		grads = append(grads, value.New(a.Dtype, a.Shape...))
	}
	if err := products.fr.Accumulate(cotangents, grads, nil); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if !a.Data && !slices.Contains(e.Times, i) {
			compare(t, "gradient of the products by "+a.Name, value.Float64s(grads[i]), products.gradient(t, i, cotangents))
		}
	}
	return nil
}

// trial is a function at work on values.
type trial struct {
	f  *graph.Function
	fr *graph.Frame
	at []gorgonia.Value
}

func newTrial(args []graph.Spec, at []gorgonia.Value, build graph.Builder) (*trial, error) {
	f, err := graph.NewFunction("trial", nil, args, build)
	if err != nil {
		return nil, err
	}
	r := &trial{f: f, fr: f.NewFrame(), at: at}
	for i, v := range at {
		if err := r.fr.Set(i, v); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *trial) run() error { return r.fr.Forward() }

// gradient returns that of Σ c_i·out_i by argument i.
func (r *trial) gradient(t *testing.T, i int, c []gorgonia.Value) []float64 {
	t.Helper()
	x := value.Float64s(r.at[i])
	defer value.SetFloat64s(r.at[i], x)
	return fd.Gradient(nil, func(x []float64) float64 {
		value.SetFloat64s(r.at[i], x)
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k, c := range c {
			sum += floats.Dot(value.Float64s(r.fr.Out(k)), value.Float64s(c))
		}
		return sum
	}, x, &fd.Settings{Formula: sixth})
}

// along returns the derivative of the first result along a direction of argument i.
func (r *trial) along(t *testing.T, i int, dx []float64) []float64 {
	t.Helper()
	x := value.Float64s(r.at[i])
	defer value.SetFloat64s(r.at[i], x)
	d := make([]float64, len(value.Float64s(r.fr.Out(0))))
	for _, p := range sixth.Stencil {
		value.SetFloat64s(r.at[i], floats.AddScaledTo(make([]float64, len(x)), x, p.Loc*sixth.Step, dx))
		if err := r.run(); err != nil {
			t.Fatal(err)
		}
		floats.AddScaled(d, p.Coeff/sixth.Step, value.Float64s(r.fr.Out(0)))
	}
	return d
}

func random(rng *rand.Rand, s graph.Spec) gorgonia.Value {
	v := value.New(s.Dtype, s.Shape...)
	x := value.Float64s(v)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	value.SetFloat64s(v, x)
	return v
}

// Positive returns values between ½ and 1½ for arguments of the given form.
func Positive(rng *rand.Rand, dt tensor.Dtype, shape ...int) gorgonia.Value {
	v := value.New(dt, shape...)
	x := value.Float64s(v)
	for i := range x {
		x[i] = 0.5 + rng.Float64()
	}
	value.SetFloat64s(v, x)
	return v
}

func compare(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= Tolerance*(1+math.Abs(want[i]))) {
			t.Errorf("%s: entry %d is %v, expected %v", what, i, got[i], want[i])
			return
		}
	}
}

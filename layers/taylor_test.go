package layers_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// derivatives returns z′, z″, … up to an order for dz/dt = f(z, t) at (z, t).
func derivatives(t testing.TB, p *graph.Params, f layers.Layer, z *tensor.Dense, at float64, order int) [][]float64 {
	t.Helper()
	pred, err := graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		return layers.Derivatives(s.At(in[1]), f, in[0], order)
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := value.New(z.Dtype())
	value.SetScalar(now, at)
	var d [][]float64
	for _, v := range must(pred.Predict(context.Background(), z, now)) {
		d = append(d, value.Float64s(v))
	}
	return d
}

// affine returns a dense layer of one unit, act(w·x + wt·t + b), all of the
// parameters.
func affine(p *graph.Params, act layers.Activation, w, wt, b float64) layers.Layer {
	d := must(layers.NewTimeDense(p, "d", 1, 1, act, rand.New(rand.NewPCG(1, 1))))
	p.SetFloat64s([]float64{w, wt, b})
	return d
}

// polynomials returns P_1(y), P_2(y), … for P_1 = first, P_{k+1} = P_k′·slope, all
// by their coefficients: the derivatives of z where z′ = first(y), y′ = slope(y).
func polynomials(first, slope []float64, y float64, order int) []float64 {
	times := func(a, b []float64) []float64 {
		c := make([]float64, len(a)+len(b)-1)
		for i, x := range a {
			for j, w := range b {
				c[i+j] += x * w
			}
		}
		return c
	}
	var values []float64
	for p := first; len(values) < order; {
		value := 0.0
		for i := len(p) - 1; i >= 0; i-- {
			value = value*y + p[i]
		}
		values = append(values, value)
		d := []float64{0}
		for i := 1; i < len(p); i++ {
			d = append(d[:i-1], float64(i)*p[i])
		}
		p = times(d, slope)
	}
	return values
}

// TestDerivativesInClosedForm: orders 1 to 7 of equations that are solved by
// hand.
func TestDerivativesInClosedForm(t *testing.T) {
	const order, z, at = 7, 0.7, 0.4
	list := func(f func(k int) float64) []float64 {
		d := make([]float64, order)
		for k := range d {
			d[k] = f(k + 1)
		}
		return d
	}
	power := func(r float64) []float64 { // of z′ = zʳ
		return list(func(k int) float64 {
			c := 1.0
			for j := range k {
				c *= 1 + float64(j)*(r-1)
			}
			return c * math.Pow(z, 1+float64(k)*(r-1))
		})
	}
	sigma := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	identity := layers.Chain{}
	for _, tt := range []struct {
		name string
		f    func(p *graph.Params) layers.Layer
		want []float64
	}{
		{"z' = -z", func(p *graph.Params) layers.Layer { return affine(p, layers.Identity, -1, 0, 0) },
			list(func(k int) float64 { return math.Pow(-1, float64(k)) * z })},
		{"z' = -z by convolution", func(p *graph.Params) layers.Layer { return pixel(p, layers.Identity, -1, 0, 0) },
			list(func(k int) float64 { return math.Pow(-1, float64(k)) * z })},
		{"z' = exp 2t by convolution", func(p *graph.Params) layers.Layer { return pixel(p, layers.Exp, 0, 2, 0) },
			list(func(k int) float64 { return math.Pow(2, float64(k-1)) * math.Exp(2*at) })},
		{"z' = z - 2z", func(p *graph.Params) layers.Layer {
			return layers.Residual{F: affine(p, layers.Identity, -2, 0, 0)}
		}, list(func(k int) float64 { return math.Pow(-1, float64(k)) * z })},
		{"z' = (z, 0)·(-1, 5)", func(p *graph.Params) layers.Layer {
			d := must(layers.NewDense(p, "d", 2, 1, layers.Identity, rand.New(rand.NewPCG(1, 1))))
			p.SetFloat64s([]float64{-1, 5, 0})
			return layers.Chain{layers.Augment(1), d}
		}, list(func(k int) float64 { return math.Pow(-1, float64(k)) * z })},
		{"z' = t", func(p *graph.Params) layers.Layer { return affine(p, layers.Identity, 0, 1, 0) },
			list(func(k int) float64 { return [order + 1]float64{1: at, 2: 1}[k] })},
		{"z' = cos t", func(p *graph.Params) layers.Layer {
			return layers.Chain{affine(p, layers.Identity, 0, 1, math.Pi/2), layers.Sin{}}
		}, list(func(k int) float64 { return math.Cos(at + float64(k-1)*math.Pi/2) })},
		{"z' = exp 2t", func(p *graph.Params) layers.Layer { return affine(p, layers.Exp, 0, 2, 0) },
			list(func(k int) float64 { return math.Pow(2, float64(k-1)) * math.Exp(2*at) })},
		{"z' = exp z", func(*graph.Params) layers.Layer { return layers.Exp },
			list(func(k int) float64 { return math.Gamma(float64(k)) * math.Exp(float64(k)*z) })},
		{"z' = z²", func(*graph.Params) layers.Layer { return layers.Power(2) }, power(2)},
		{"z' = z·z", func(*graph.Params) layers.Layer { return layers.Product{U: identity, V: identity} }, power(2)},
		{"z' = z³", func(*graph.Params) layers.Layer { return layers.Cube{} }, power(3)},
		{"z' = z^6", func(*graph.Params) layers.Layer { return layers.Power(6) }, power(6)},
		{"z' = z^7", func(*graph.Params) layers.Layer { return layers.Power(7) }, power(7)},
		{"z' = z^100", func(*graph.Params) layers.Layer { return layers.Power(100) }, power(100)},
		{"z' = z", func(*graph.Params) layers.Layer { return layers.Power(1) }, power(1)},
		{"z' = 1", func(*graph.Params) layers.Layer { return layers.Power(0) }, power(0)},
		{"z' = z^1.5", func(*graph.Params) layers.Layer { return layers.Power(1.5) }, power(1.5)},
		{"z' = 1/z²", func(*graph.Params) layers.Layer { return layers.Power(-2) }, power(-2)},
		{"z' = z/z²", func(*graph.Params) layers.Layer { return layers.Quotient{U: identity, V: layers.Power(2)} }, power(-1)},
		{"logistic", func(p *graph.Params) layers.Layer {
			return layers.Product{U: identity, V: affine(p, layers.Identity, -1, 0, 1)}
		}, polynomials([]float64{0, 1, -1}, []float64{0, 1, -1}, z, order)},
		{"z' = tanh z", func(*graph.Params) layers.Layer { return layers.Tanh },
			polynomials([]float64{0, 1}, []float64{0, 1, 0, -1}, math.Tanh(z), order)},
		{"z' = tanh(2z + 3t + 1)", func(p *graph.Params) layers.Layer { return affine(p, layers.Tanh, 2, 3, 1) },
			polynomials([]float64{0, 1}, []float64{3, 2, -3, -2}, math.Tanh(2*z+3*at+1), order)}, // y′ = (1 − y²)(2y + 3)
		{"z' = sigmoid z", func(*graph.Params) layers.Layer { return layers.Sigmoid },
			polynomials([]float64{0, 1}, []float64{0, 0, 1, -1}, sigma(z), order)},
		{"z' = sigmoid(t - 1)", func(p *graph.Params) layers.Layer { return affine(p, layers.Sigmoid, 0, 1, -1) },
			polynomials([]float64{0, 1}, []float64{0, 1, -1}, sigma(at-1), order)},
		// A layer of the user's: y = exp(−t²/2), y′ = −t·y, y″ = (t² − 1)·y, …, which
		// are Hermite polynomials.
		{"z' = exp(-t²/2)", func(p *graph.Params) layers.Layer {
			return layers.Chain{affine(p, layers.Identity, 0, 1, 0), Bell{}}
		}, list(func(k int) float64 {
			before, h := 0.0, 1.0
			for n := range k - 1 {
				before, h = h, -at*h-float64(n)*before
			}
			return h * math.Exp(-at*at/2)
		})},
		// Of softplus, the derivative is the sigmoid, whose derivatives follow.
		{"z' = softplus(t - 1)", func(p *graph.Params) layers.Layer { return affine(p, layers.Softplus, 0, 1, -1) },
			append([]float64{math.Log1p(math.Exp(at - 1))}, polynomials([]float64{0, 1}, []float64{0, 1, -1}, sigma(at-1), order-1)...)},
		{"z' = softplus t", func(p *graph.Params) layers.Layer {
			return layers.Chain{affine(p, layers.Identity, 0, 1, 0), layers.Softplus}
		}, append([]float64{math.Log1p(math.Exp(at))}, polynomials([]float64{0, 1}, []float64{0, 1, -1}, sigma(at), order-1)...)},
	} {
		for dt, tol := range map[tensor.Dtype]float64{tensor.Float64: 1e-12, tensor.Float32: 1e-5} {
			p := graph.NewParams(dt)
			f := tt.f(p)
			z0 := tensor.New(tensor.Of(dt), tensor.WithShape(2, 1))
			value.SetFloat64s(z0, []float64{z, z})
			for k, got := range derivatives(t, p, f, z0, at, order) {
				for _, x := range got {
					if !(math.Abs(x-tt.want[k]) <= tol*(1+math.Abs(tt.want[k]))) {
						t.Errorf("%s, %v: derivative %d is %v, expected %v", tt.name, dt, k+1, x, tt.want[k])
					}
				}
			}
		}
	}
}

// TestDerivativesOfPowersAtZero: whole powers of zero have finite derivatives of every
// order, of which all but the first are zero.
func TestDerivativesOfPowersAtZero(t *testing.T) {
	for _, r := range []layers.Power{0, 1, 2, 3, 65, 1 << 20} {
		p := graph.NewParams(tensor.Float64)
		for k, got := range derivatives(t, p, r, tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(1, 1)), 0, 4) {
			want := 0.0
			if k == 0 && r == 0 {
				want = 1
			}
			if got[0] != want {
				t.Errorf("z' = z^%v: derivative %d at zero is %v, expected %v", r, k+1, got[0], want)
			}
		}
	}
}

// mixed has every layer that can be expanded in it, from 2 to 2 columns.
func mixed(p *graph.Params, rng *rand.Rand) layers.Layer {
	dense := func(name string, in, out int, act layers.Activation) layers.Layer {
		return must(layers.NewDense(p, name, in, out, act, rng))
	}
	timed := func(name string, in, out int, act layers.Activation) layers.Layer {
		return must(layers.NewTimeDense(p, name, in, out, act, rng))
	}
	return layers.Chain{
		timed("1", 2, 5, layers.Tanh),
		layers.Product{
			U: layers.Chain{dense("2", 5, 4, layers.Identity), layers.Sin{}},
			V: layers.Quotient{U: timed("3", 5, 4, layers.Softplus), V: layers.Chain{dense("4", 5, 4, layers.Tanh), layers.Exp}},
		},
		layers.Product{
			U: layers.Chain{dense("5", 4, 3, layers.Sigmoid), layers.Power(1.7)},
			V: layers.Chain{dense("6", 4, 3, layers.Identity), layers.Cube{}, dense("7", 3, 3, layers.Exp), layers.Power(4)},
		},
		layers.Sigmoid, layers.Tanh, layers.Softplus,
		dense("8", 3, 2, layers.Identity),
	}
}

// reference solves dz/dt = f from z at t = at, to rounding, up to the times.
func reference(t testing.TB, p *graph.Params, f layers.Layer, z *tensor.Dense, at float64, times []float64) [][]float64 {
	t.Helper()
	var states [][]float64
	for _, to := range times {
		if math.Abs(to-at) < 1e-15 {
			states = append(states, value.Float64s(z))
			continue
		}
		node := must(layers.NewNeuralODE(p, f, at, to, integrators.Dopri8, &integrators.Settings{FixedSteps: 8}))
		states = append(states, value.Float64s(must(node.Predict(z)).Z))
	}
	return states
}

// TestDerivativesByDifferences compares derivatives of a mixed field with those
// of the polynomial through 15 points of the solution, at the Chebyshev points
// about the time.
func TestDerivativesByDifferences(t *testing.T) {
	const n, order, at, width = 15, 5, 0.2, 0.15
	p := graph.NewParams(tensor.Float64)
	f := mixed(p, rand.New(rand.NewPCG(3, 1)))
	z := matrix(3, 2, 0.8, -0.3, 1.2, 0.4, -0.9, 0.6)
	got := derivatives(t, p, f, z, at, order)

	var times []float64
	vandermonde := mat.NewDense(n, n, nil)
	for i := range n {
		x := math.Cos(math.Pi * (float64(i) + 0.5) / n)
		times = append(times, at+width*x)
		for k := range n {
			vandermonde.Set(i, k, math.Pow(x, float64(k)))
		}
	}
	values := mat.NewDense(n, 6, nil)
	for i, state := range reference(t, p, f, z, at, times) {
		values.SetRow(i, state)
	}
	var c mat.Dense
	if err := c.Solve(vandermonde, values); err != nil {
		t.Fatal(err)
	}
	for k := 1; k <= order; k++ {
		scale := math.Gamma(float64(k+1)) / math.Pow(width, float64(k))
		tol := 1e-10 * math.Pow(10, float64(k)) // differences of rounded numbers
		for i, x := range got[k-1] {
			if want := scale * c.At(k, i); !(math.Abs(x-want) <= tol*(1+math.Abs(want))) {
				t.Errorf("derivative %d of entry %d is %v, expected %v", k, i, x, want)
			}
		}
	}
}

// TestTaylorPolynomial: the polynomial of order K leaves an error of O(h^(K+1)).
func TestTaylorPolynomial(t *testing.T) {
	const at = 0.2
	p := graph.NewParams(tensor.Float64)
	f := mixed(p, rand.New(rand.NewPCG(3, 1)))
	z := matrix(3, 2, 0.8, -0.3, 1.2, 0.4, -0.9, 0.6)
	d := derivatives(t, p, f, z, at, 6)
	hs := []float64{0.06, 0.03}
	exact := reference(t, p, f, z, at, []float64{at + hs[0], at + hs[1]})
	for order := 1; order <= 6; order++ {
		var errs [2]float64
		for i, h := range hs {
			for j, y := range value.Float64s(z) {
				c := 1.0
				for k := 1; k <= order; k++ {
					c *= h / float64(k)
					y += c * d[k-1][j]
				}
				errs[i] = max(errs[i], math.Abs(y-exact[i][j]))
			}
		}
		if slope := math.Log2(errs[0] / errs[1]); slope < float64(order)+0.8 || slope > float64(order)+1.5 {
			t.Errorf("order %d: errors %v shrink with the power %.2f of h, expected %d", order, errs, slope, order+1)
		}
	}
}

// TestSeriesBeginsWithForward: the first call of a series adds the nodes of
// Forward, so the numbers are the same bits.
func TestSeriesBeginsWithForward(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		p := graph.NewParams(dt)
		f := mixed(p, rand.New(rand.NewPCG(3, 1)))
		z := tensor.New(tensor.Of(dt), tensor.WithShape(3, 2))
		value.SetFloat64s(z, []float64{0.8, -0.3, 1.2, 0.4, -0.9, 0.6})
		at := value.New(dt)
		value.SetScalar(at, 0.3)
		out := must(must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			s = s.At(in[1])
			y, err := f.Forward(s, in[0])
			if err != nil {
				return nil, err
			}
			d, err := layers.Derivatives(s, f, in[0], 1)
			return append(d, y), err
		}, nil)).Predict(context.Background(), z, at))
		for i, x := range value.Float64s(out[0]) {
			if y := value.Float64s(out[1])[i]; x != y {
				t.Errorf("%v: entry %d is %v, of Forward %v", dt, i, x, y)
			}
		}
	}
}

// TestDerivativesByProducts: a layer without a Series has the derivatives of one that
// has it, up to the third, with and without time.
func TestDerivativesByProducts(t *testing.T) {
	z := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float64{0.8, -0.3, 1.2, 0.4, -0.9, 0.6}))
	for name, net := range map[string]func(p *graph.Params, rng *rand.Rand) layers.Layer{
		"dense": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{layers.Cube{}, must(layers.NewDense(p, "a", 2, 4, layers.Softplus, rng)), must(layers.NewDense(p, "b", 4, 2, layers.Tanh, rng))}
		},
		"timed": func(p *graph.Params, rng *rand.Rand) layers.Layer {
			return layers.Chain{must(layers.NewTimeDense(p, "a", 2, 4, layers.Sigmoid, rng)), must(layers.NewTimeDense(p, "b", 4, 2, layers.Tanh, rng))}
		},
	} {
		p := graph.NewParams(tensor.Float64)
		f := net(p, rand.New(rand.NewPCG(3, 1)))
		want := derivatives(t, p, f, z, 0.3, 3)
		got := derivatives(t, p, layers.LayerFunc(f.Forward), z, 0.3, 3)
		for k := range want {
			for i, x := range want[k] {
				if math.Abs(got[k][i]-x) > 1e-12*(1+math.Abs(x)) {
					t.Errorf("%s: entry %d of derivative %d is %v, of the series %v", name, i, k+1, got[k][i], x)
				}
			}
		}
	}
}

// TestNoSeries: the error says which layer cannot be expanded, and where it is, where
// products with Jacobians do not take the place of a series.
func TestNoSeries(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	rng := rand.New(rand.NewPCG(1, 1))
	tanh := must(layers.NewDense(p, "first", 2, 3, layers.Tanh, rng))
	relu := must(layers.NewDense(p, "second", 3, 2, layers.ReLU, rng))
	function := layers.LayerFunc(func(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) { return x, nil })
	for _, tt := range []struct {
		f        layers.Layer
		mentions []string
	}{
		{layers.Chain{tanh, relu}, []string{"layer 2 of the chain", `dense layer "second"`, "relu"}},
		{layers.Chain{tanh, layers.Chain{layers.Tanh, function}}, []string{"layer 2 of the chain: layer 2 of the chain", "layers.LayerFunc"}},
		{layers.Chain{tanh, layers.ReLU}, []string{"layer 2 of the chain", "relu"}},
		{layers.Chain{tanh, nil}, []string{"layer 2 of the chain", "nil"}},
		{layers.Residual{F: function}, []string{"residual block", "layers.LayerFunc"}},
		{layers.Product{U: tanh, V: function}, []string{"second layer of a product", "layers.LayerFunc"}},
		{layers.Quotient{U: function, V: tanh}, []string{"first layer of a quotient", "layers.LayerFunc"}},
		{function, []string{"layers.LayerFunc"}},
	} {
		for order := 4; order <= 6; order++ {
			_, err := layers.TaylorIntegrand(tt.f, order)
			if !errors.Is(err, layers.ErrNoSeries) {
				t.Errorf("%v: error %v, expected ErrNoSeries", tt.mentions, err)
				continue
			}
			for _, m := range tt.mentions {
				if !strings.Contains(err.Error(), m) {
					t.Errorf("error %q does not mention %q", err, m)
				}
			}
		}
	}
	if _, err := layers.TaylorIntegrand(tanh, 0); err == nil || !strings.Contains(err.Error(), "order 0") {
		t.Errorf("order 0: error %v", err)
	}
}

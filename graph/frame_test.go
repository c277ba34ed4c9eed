package graph_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// values allocates random matrices for the given specifications.
func values(rng *rand.Rand, specs ...graph.Spec) []gorgonia.Value {
	out := make([]gorgonia.Value, len(specs))
	for i, s := range specs {
		out[i] = value.New(s.Dtype, s.Shape...)
		x := value.Float64s(out[i])
		for j := range x {
			x[j] = float64(float32(rng.NormFloat64()))
		}
		value.SetFloat64s(out[i], x)
	}
	return out
}

func mustFunction(t testing.TB, p *graph.Params, inputs []graph.Spec, build graph.Builder) *graph.Function {
	t.Helper()
	f, err := graph.NewFunction("f", p, inputs, build)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// run evaluates a frame on the given inputs.
func run(t testing.TB, fr *graph.Frame, in ...gorgonia.Value) {
	t.Helper()
	for i, v := range in {
		if err := fr.Set(i, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := fr.Forward(); err != nil {
		t.Fatal(err)
	}
}

func reverse(t testing.TB, fr *graph.Frame, cotangents, grads []gorgonia.Value) {
	t.Helper()
	if err := fr.Accumulate(cotangents, grads, nil); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, got gorgonia.Value, want ...float64) {
	t.Helper()
	if !slices.Equal(value.Float64s(got), want) {
		t.Errorf("%s is %v, expected %v", what, value.Float64s(got), want)
	}
}

var pair = graph.Spec{Name: "x", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}}

func matrix(x ...float64) gorgonia.Value {
	return tensor.New(tensor.WithShape(1, len(x)), tensor.WithBacking(x))
}

// TestTrivialResults returns an input, one node twice, a constant, and data.
func TestTrivialResults(t *testing.T) {
	data := graph.Spec{Name: "data", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}, Data: true}
	f := mustFunction(t, nil, []graph.Spec{pair, data}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		square, err := gorgonia.Square(in[0])
		return gorgonia.Nodes{in[0], square, square, gorgonia.NewConstant(3.0, gorgonia.In(s.Graph())), in[1]}, err
	})
	fr := f.NewFrame()
	value.SetFloat64s(fr.Data(1), []float64{7, 8})
	x := matrix(2, 3)
	if err := fr.Set(0, x); err != nil {
		t.Fatal(err)
	}
	if err := fr.Forward(); err != nil {
		t.Fatal(err)
	}
	equal(t, "input", fr.Out(0), 2, 3)
	equal(t, "square", fr.Out(1), 4, 9)
	equal(t, "square again", fr.Out(2), 4, 9)
	equal(t, "constant", fr.Out(3), 3)
	equal(t, "data", fr.Out(4), 7, 8)
	if fr.Scalar(3) != 3 {
		t.Errorf("scalar is %v, expected 3", fr.Scalar(3))
	}

	grad := matrix(0, 0)
	c := func(x float64) gorgonia.Value { return matrix(x, x) }
	three := value.New(tensor.Float64)
	for _, r := range []struct {
		cotangents []gorgonia.Value
		want       []float64
	}{
		{[]gorgonia.Value{c(1), nil, nil, nil, nil}, []float64{1, 1}},
		{[]gorgonia.Value{nil, c(1), nil, nil, nil}, []float64{4, 6}},
		{[]gorgonia.Value{nil, nil, c(2), nil, nil}, []float64{8, 12}},
		{[]gorgonia.Value{c(1), c(1), c(2), three, c(5)}, []float64{13, 19}},
		{[]gorgonia.Value{nil, nil, nil, three, c(5)}, []float64{0, 0}},
		{[]gorgonia.Value{nil, nil, nil, nil, nil}, []float64{0, 0}},
	} {
		value.SetFloat64s(grad, []float64{99, 99})
		reverse(t, fr, r.cotangents, []gorgonia.Value{grad, nil})
		equal(t, "gradient", grad, r.want...)
	}
}

// TestUnusedInput: its gradient is zero.
func TestUnusedInput(t *testing.T) {
	unused := graph.Spec{Name: "unused", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}}
	p := declared(t, tensor.Float64, 1, "w") // which are not used either
	f := mustFunction(t, p, []graph.Spec{pair, unused}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := ops.Cube(in[0])
		return gorgonia.Nodes{y}, err
	})
	fr := f.NewFrame()
	run(t, fr, matrix(2, 3), matrix(4, 5))
	grads := []gorgonia.Value{value.New(tensor.Float64, p.Len()), matrix(9, 9), matrix(9, 9)}
	value.SetFloat64s(grads[0], []float64{9, 9, 9, 9, 9, 9})
	reverse(t, fr, []gorgonia.Value{matrix(1, 1)}, grads)
	equal(t, "gradient of the parameters", grads[0], 0, 0, 0, 0, 0, 0)
	equal(t, "gradient of x", grads[1], 12, 27)
	equal(t, "gradient of the unused input", grads[2], 0, 0)
}

// TestAbsentIsZero: a cotangent that is absent gives the gradient of one that
// is zero, and the gradients do not depend on which of them are wanted.
func TestAbsentIsZero(t *testing.T) {
	for seed := range uint64(20) {
		p := newProgram(t, 1000+seed)
		f := mustFunction(t, p.params, p.inputs, p.build)
		rng := rand.New(rand.NewPCG(seed, 1))
		fr := f.NewFrame()
		in := values(rng, p.inputs[:len(p.inputs)-1]...)
		fr.SetScalar(len(in), 0.3)
		run(t, fr, in...)
		absent := values(rng, f.Outputs()...)
		zero := slices.Clone(absent)
		for i, o := range f.Outputs() {
			if rng.IntN(2) == 0 {
				absent[i], zero[i] = nil, value.New(o.Dtype, o.Shape...)
			}
		}
		grads := func() []gorgonia.Value {
			g := append([]gorgonia.Value{value.New(tensor.Float64, p.params.Len())}, values(rng, p.inputs...)...)
			g[len(g)-1] = nil
			return g
		}
		want, got := grads(), grads()
		reverse(t, fr, zero, want)
		reverse(t, fr, absent, got)
		for i := range want[:len(want)-1] {
			near(t, "gradient with an absent cotangent", value.Float64s(got[i]), value.Float64s(want[i]))
			alone := make([]gorgonia.Value, len(want))
			alone[i] = grads()[i]
			reverse(t, fr, zero, alone)
			near(t, "gradient wanted alone", value.Float64s(alone[i]), value.Float64s(want[i]))
		}
	}
}

// TestFramePool: frames that were released are used again, and what they held
// before does not matter.
func TestFramePool(t *testing.T) {
	for _, checkpoint := range []bool{false, true} {
		p := newProgram(t, 7)
		f := mustFunction(t, p.params, p.inputs, p.build)
		f.SetCheckpoint(checkpoint)
		rng := rand.New(rand.NewPCG(1, 2))
		var released []*graph.Frame
		for range 3 {
			fr := f.NewFrame()
			fr.SetScalar(len(p.inputs)-1, rng.NormFloat64())
			run(t, fr, values(rng, p.inputs[:len(p.inputs)-1]...)...)
			released = append(released, fr)
		}
		bytes := f.Bytes()
		for _, fr := range released {
			fr.Release()
		}
		in := values(rng, p.inputs[:len(p.inputs)-1]...)
		var want []float64
		for i := range 3 {
			fr := f.NewFrame()
			if !slices.Contains(released, fr) {
				t.Error("a new frame was made while there are free ones")
			}
			fr.SetScalar(len(in), 0.5)
			run(t, fr, in...)
			if got := value.Float64s(fr.Out(0)); i == 0 {
				want = got
			} else if !slices.Equal(got, want) {
				t.Errorf("result %v in one frame, %v in another", want, got)
			}
		}
		if f.Bytes() != bytes {
			t.Errorf("%d bytes, expected %d as before", f.Bytes(), bytes)
		}
		fr := f.NewFrame() // a fourth, which outlives a change of mode
		fr.SetScalar(len(in), 0.5)
		run(t, fr, in...)
		f.SetCheckpoint(!checkpoint)
		other := f.NewFrame()
		other.SetScalar(len(in), -0.5)
		run(t, other, in...)
		cotangents := values(rng, f.Outputs()...)
		_, grads := p.oracle(t, append(in, fr.Data(len(in))), cotangents)
		grad := value.New(tensor.Float64, p.params.Len())
		reverse(t, fr, cotangents, append([]gorgonia.Value{grad}, make([]gorgonia.Value, len(p.inputs))...))
		near(t, "gradient after a change of mode", value.Float64s(grad), grads[0])
		fr.Release()
		if f.NewFrame() == fr {
			t.Error("a frame of the other memory mode was used again")
		}
	}
}

// TestCheckpointSavesMemory compares the bytes of many frames.
func TestCheckpointSavesMemory(t *testing.T) {
	bytes := func(checkpoint bool, frames int) int {
		f := mustFunction(t, nil, []graph.Spec{pair}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			x := in[0]
			for range 10 {
				x = gorgonia.Must(ops.Activate(ops.Tanh, x))
			}
			return gorgonia.Nodes{x}, nil
		})
		f.SetCheckpoint(checkpoint)
		for range frames {
			f.NewFrame()
		}
		return f.Bytes()
	}
	const matrix = 2 * 8
	if got := bytes(false, 20) - bytes(false, 10); got != 10*10*matrix {
		t.Errorf("ten frames take %d bytes, expected the ten results of %d bytes in each", got, matrix)
	}
	if got := bytes(true, 20) - bytes(true, 10); got != 10*matrix {
		t.Errorf("ten checkpointed frames take %d bytes, expected one result of %d bytes in each", got, matrix)
	}
}

// TestFrameErrors gives frames what does not fit.
func TestFrameErrors(t *testing.T) {
	f := mustFunction(t, nil, []graph.Spec{pair}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := ops.Cube(in[0])
		return gorgonia.Nodes{y}, err
	})
	fr := f.NewFrame()
	wide := matrix(1, 2, 3)
	float32s := value.New(tensor.Float32, 1, 2)
	check := func(what string, err error, mentions string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), mentions) {
			t.Errorf("%s: error %v, expected one that mentions %s", what, err, mentions)
		}
	}
	check("forward without input", fr.Forward(), `input "x" has no value`)
	check("input of another shape", fr.Set(0, wide), "(1, 3)")
	check("input of another type", fr.Set(0, float32s), "float32")
	check("input that is nil", fr.Set(0, nil), "no value")
	columns, err := wide.(*tensor.Dense).Slice(nil, gorgonia.S(0, 2))
	if err != nil {
		t.Fatal(err)
	}
	columns.(*tensor.Dense).T()
	check("input that is not there", fr.Set(7, columns), "input 7")
	check("input that is strided", fr.Set(0, columns), "contiguous")
	run(t, fr, matrix(2, 3))
	good := []gorgonia.Value{matrix(1, 1)}
	check("too few cotangents", fr.Accumulate(nil, good, nil), "0 cotangents")
	check("too many gradients", fr.Accumulate(good, append(good, nil), nil), "2 gradients")
	check("cotangent of another shape", fr.Accumulate([]gorgonia.Value{wide}, good, nil), "cotangent 0")
	check("gradient of another type", fr.Accumulate(good, []gorgonia.Value{float32s}, nil), `gradient of "x"`)
}

// TestFramesDoNotAllocate runs a function of fused operations.
func TestFramesDoNotAllocate(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		p := graph.NewParams(dt)
		w, err := p.Add("w", nil, 3, 3)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Add("b", nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		x := graph.Spec{Name: "x", Dtype: dt, Shape: tensor.Shape{4, 3}}
		h := graph.Spec{Name: "h", Dtype: tensor.Float64, Data: true}
		f := mustFunction(t, p, []graph.Spec{x, h}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			weights, bias := gorgonia.Must(s.Param(w)), gorgonia.Must(s.Param(b))
			z, k := in[0], gorgonia.Nodes{}
			for range 3 { // a Runge–Kutta step
				k = append(k, gorgonia.Must(ops.Affine(ops.Tanh, z, weights, bias, nil, nil)))
				z = gorgonia.Must(ops.LinComb([]ops.Term{{X: in[0], C: 1}, {X: k[len(k)-1], C: 0.5, Scaled: true}}, in[1], nil))
			}
			z = gorgonia.Must(gorgonia.Add(z, in[0]))
			e, err := ops.ErrorNorm(in[0], z, in[1], k, []float64{1, -2, 1}, 1e-6, 1e-3)
			if err != nil {
				return nil, err
			}
			s2, err := ops.NormRatio(k[0], k[1], in[0], z)
			return gorgonia.Nodes{z, e, s2, gorgonia.Must(ops.ErrorPerStep(e, in[1]))}, err
		})
		fr := f.NewFrame()
		rng := rand.New(rand.NewPCG(1, 2))
		in := values(rng, x)[0]
		grads := []gorgonia.Value{value.New(dt, p.Len()), value.New(dt, 4, 3), nil}
		cotangents := values(rng, f.Outputs()...)
		for _, checkpoint := range []bool{false, true} {
			step := func() {
				fr.SetScalar(1, 0.1)
				run(t, fr, in)
				reverse(t, fr, cotangents, grads)
			}
			step()
			if n := testing.AllocsPerRun(20, step); n != 0 {
				t.Errorf("%v: a step and its reverse allocate %v times", dt, n)
			}
			f.SetCheckpoint(!checkpoint)
			fr = f.NewFrame()
		}
	}
}

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

// TestRandomFunctions compares functions of random expressions, which are
// planned, fused and share memory, with a naive evaluation: results, and
// gradients for random patterns of cotangents and wanted gradients, in both
// memory modes, over several frames at once.
func TestRandomFunctions(t *testing.T) {
	t.Run("one by one", testRandomFunctions)
	t.Run("in phases", func(t *testing.T) {
		defer graph.SetPhases(1, 0)()
		testRandomFunctions(t)
	})
}

func testRandomFunctions(t *testing.T) {
	for seed := range uint64(100) {
		p := newProgram(t, seed)
		if seed%3 == 2 {
			p.byRows()
		}
		var results [2][][]float64
		f, err := graph.NewFunction("f", p.params, p.inputs, p.build)
		if err != nil {
			t.Fatalf("program %d: %v", seed, err)
		}
		for mode, checkpoint := range []bool{false, true} {
			f.SetCheckpoint(checkpoint)
			rng := rand.New(rand.NewPCG(seed, 4))
			var frames []*graph.Frame
			var inputs [][]gorgonia.Value
			for range 3 {
				fr := f.NewFrame()
				var in []gorgonia.Value
				for i, spec := range p.inputs {
					v := value.New(spec.Dtype, spec.Shape...)
					x := value.Float64s(v)
					for j := range x {
						x[j] = rng.NormFloat64()
					}
					value.SetFloat64s(v, x)
					if spec.Data && len(spec.Shape) == 0 {
						fr.SetScalar(i, x[0])
					} else if err := fr.Set(i, v); err != nil {
						t.Fatal(err)
					}
					in = append(in, v)
				}
				if err := fr.Forward(); err != nil {
					t.Fatalf("program %d: %v", seed, err)
				}
				frames, inputs = append(frames, fr), append(inputs, in)
			}
			for _, k := range rng.Perm(len(frames)) {
				p.checkFrame(t, fmt.Sprintf("program %d, checkpoint %v, frame %d", seed, checkpoint, k), frames[k], inputs[k], rng, &results[mode])
			}
			for _, fr := range frames {
				fr.Release()
			}
		}
		for i := range results[0] {
			for j, x := range results[0][i] {
				if math.Float64bits(x) != math.Float64bits(results[1][i][j]) {
					t.Errorf("program %d: %v in one memory mode, %v in the other", seed, x, results[1][i][j])
				}
			}
		}
	}
}

func (p *program) checkFrame(t *testing.T, what string, fr *graph.Frame, in []gorgonia.Value, rng *rand.Rand, results *[][]float64) {
	t.Helper()
	outputs := fr.Function().Outputs()
	var cotangents []gorgonia.Value
	for _, o := range outputs {
		if rng.IntN(3) == 0 {
			cotangents = append(cotangents, nil)
			continue
		}
		c := value.New(o.Dtype, o.Shape...)
		x := value.Float64s(c)
		for j := range x {
			x[j] = rng.NormFloat64()
		}
		value.SetFloat64s(c, x)
		cotangents = append(cotangents, c)
	}
	grads := make([]gorgonia.Value, 1+len(p.inputs))
	for i := range grads {
		var v gorgonia.Value
		switch {
		case i == 0:
			v = value.New(tensor.Float64, p.params.Len())
		case !p.inputs[i-1].Data:
			v = value.New(tensor.Float64, p.inputs[i-1].Shape...)
		}
		if v == nil || rng.IntN(3) == 0 {
			continue
		}
		x := value.Float64s(v)
		for j := range x {
			x[j] = math.NaN() // to be overwritten
		}
		value.SetFloat64s(v, x)
		grads[i] = v
	}
	out, want := p.oracle(t, in, cotangents)
	if err := fr.Accumulate(cotangents, grads, nil); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i := range out {
		near(t, fmt.Sprintf("%s: result %d", what, i), value.Float64s(fr.Out(i)), out[i])
	}
	for i, g := range grads {
		if g != nil {
			near(t, fmt.Sprintf("%s: gradient %d", what, i), value.Float64s(g), want[i])
			*results = append(*results, value.Float64s(g))
		}
	}
	add := make([]bool, len(grads))
	for i := range add {
		if add[i] = rng.IntN(2) == 0; add[i] && grads[i] != nil {
			for j := range want[i] {
				want[i][j] *= 2
			}
		}
	}
	if err := fr.Accumulate(cotangents, grads, add); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for i, g := range grads {
		if g != nil {
			near(t, fmt.Sprintf("%s: gradient %d, added %v", what, i, add[i]), value.Float64s(g), want[i])
		}
	}
}

// TestRandomFloat32 compares functions of random expressions in float32 with
// those in float64.
func TestRandomFloat32(t *testing.T) {
	for seed := range uint64(100) {
		var results [2][][]float64
		for i, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			p := newProgramOf(t, dt, seed)
			f := mustFunction(t, p.params, p.inputs, p.build)
			rng := rand.New(rand.NewPCG(seed, 1))
			fr := f.NewFrame()
			run(t, fr, values(rng, p.inputs[:len(p.inputs)-1]...)...)
			fr.SetScalar(len(p.inputs)-1, 0.5)
			if err := fr.Forward(); err != nil {
				t.Fatal(err)
			}
			for j := range f.Outputs() {
				results[i] = append(results[i], value.Float64s(fr.Out(j)))
			}
			grads := append(values(rng, graph.Spec{Dtype: dt, Shape: tensor.Shape{p.params.Len()}}), values(rng, p.inputs...)...)
			grads[len(grads)-1] = nil
			reverse(t, fr, values(rng, f.Outputs()...), grads)
			for _, g := range grads[:len(grads)-1] {
				results[i] = append(results[i], value.Float64s(g))
			}
		}
		for i, want := range results[0] {
			largest := 1.0
			for _, x := range want {
				largest = max(largest, math.Abs(x))
			}
			for j, got := range results[1][i] {
				if !(math.Abs(got-want[j]) <= 1e-4*largest) {
					t.Errorf("program %d: value %d, entry %d is %v in float32, %v in float64", seed, i, j, got, want[j])
					break
				}
			}
		}
	}
}

// TestRandomObjectives calls functions of random expressions on the results of
// one another, and compares loss and gradient with the flat graph.
func TestRandomObjectives(t *testing.T) {
	const calls = 4
	for seed := range uint64(100) {
		p := newProgram(t, seed)
		f, err := graph.NewFunction("f", p.params, p.inputs, p.build)
		if err != nil {
			t.Fatal(err)
		}
		f.SetCheckpoint(seed%2 == 0)
		h := value.New(tensor.Float64)
		value.SetScalar(h, 0.3)
		// chain gives every call arguments drawn from all that there is.
		chain := func(s *graph.Scope, x gorgonia.Nodes, call func(in gorgonia.Nodes) (gorgonia.Nodes, error)) (*gorgonia.Node, error) {
			rng := rand.New(rand.NewPCG(seed, 5))
			matrices := slices.Clone(x)
			terms := gorgonia.Nodes{gorgonia.Must(gorgonia.Mean(s.Theta()))}
			for range calls {
				var in gorgonia.Nodes
				for range len(p.inputs) - 1 {
					in = append(in, matrices[rng.IntN(len(matrices))])
				}
				out, err := call(in)
				if err != nil {
					return nil, err
				}
				for _, n := range out {
					if len(n.Shape()) == 0 {
						terms = append(terms, n)
					} else if rng.IntN(2) == 0 {
						terms = append(terms, gorgonia.Must(gorgonia.Mean(gorgonia.Must(gorgonia.Tanh(n)))))
					}
				}
				// Tamed, since calls of calls of products grow without bounds.
				matrices = append(matrices, gorgonia.Must(gorgonia.Tanh(out[0])))
			}
			terms = append(terms, gorgonia.Must(gorgonia.Mean(matrices[len(matrices)-1])))
			return ops.Total(0, terms)
		}
		inputs := p.inputs[:len(p.inputs)-1]
		o, err := graph.NewObjective(p.params, func(s *graph.Scope, x gorgonia.Nodes) (*gorgonia.Node, error) {
			return chain(s, x, func(in gorgonia.Nodes) (gorgonia.Nodes, error) {
				c, err := f.Call(s, in...)
				if err != nil {
					return nil, err
				}
				fr := f.NewFrame()
				fr.SetScalar(len(inputs), 0.3)
				c.Bind(fr)
				var out gorgonia.Nodes
				for i := range f.Outputs() {
					n, err := c.Out(i)
					if err != nil {
						return nil, err
					}
					out = append(out, n)
				}
				return out, nil
			})
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 6))
		for range 2 { // the second time from the cache
			var values []gorgonia.Value
			g := gorgonia.NewGraph()
			s := graph.NewScope(g, p.params)
			var x gorgonia.Nodes
			for _, in := range inputs {
				x = append(x, variable(g, in.Name, in.Shape, rng))
				values = append(values, x[len(x)-1].Value())
			}
			step, err := s.Data(h)
			if err != nil {
				t.Fatal(err)
			}
			flat, err := chain(s, x, func(in gorgonia.Nodes) (gorgonia.Nodes, error) {
				return p.build(s, append(slices.Clone(in), step))
			})
			if err != nil {
				t.Fatal(err)
			}
			d, err := graph.Differentiate(flat, s.Theta())
			if err != nil {
				t.Fatal(err)
			}
			want := naive(t, g)
			loss, grad, err := evaluate(o, p.params, values...)
			if err != nil {
				t.Fatalf("program %d: %v", seed, err)
			}
			near(t, fmt.Sprintf("program %d: loss", seed), []float64{loss}, value.Float64s(want[flat]))
			near(t, fmt.Sprintf("program %d: gradient", seed), value.Float64s(grad), value.Float64s(want[d[0]]))
		}
		if st := o.Cache(); st.Hits != 1 || st.Misses != 1 {
			t.Errorf("program %d: %d hits and %d misses, expected one each", seed, st.Hits, st.Misses)
		}
	}
}

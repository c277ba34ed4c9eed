package layers_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// weights are the parameters of a model by name, for networks in plain Go.
type weights map[string][]float64

func weightsOf(p *graph.Params) weights {
	w := weights{}
	all := p.Float64s()
	for _, q := range p.List() {
		w[q.Name] = all[q.Offset : q.Offset+q.Size()]
	}
	return w
}

// affine returns Σ x_i W_i + b for some inputs with weights of their own.
func (w weights) affine(bias string, names []string, xs ...[]float64) []float64 {
	y := slices.Clone(w[bias])
	for k, x := range xs {
		for i, v := range x {
			for j := range y {
				y[j] += v * w[names[k]][i*len(y)+j]
			}
		}
	}
	return y
}

// pair is a dense layer on a state and an input.
func (w weights) pair(name string, h, x []float64) []float64 {
	return w.affine(name+".b", []string{name + ".wh", name + ".wx"}, h, x)
}

func mapped(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(v)
	}
	return y
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gru is the unit of Cho et al.
func (w weights) gru(h, x []float64) []float64 {
	u := mapped(w.pair("gru.u", h, x), sigmoid)
	r := mapped(w.pair("gru.r", h, x), sigmoid)
	for i := range r {
		r[i] *= h[i]
	}
	n := mapped(w.pair("gru.n", r, x), math.Tanh)
	for i := range n {
		n[i] = (1-u[i])*n[i] + u[i]*h[i]
	}
	return n
}

// latentGRU is the cell of the recognition network.
func (w weights) latentGRU(h, x []float64) []float64 {
	gate := func(name string, h []float64) []float64 {
		y := mapped(w.pair("gru."+name+".1", h, x), math.Tanh)
		return w.affine("gru."+name+".2.b", []string{"gru." + name + ".2.w"}, y)
	}
	half := len(h) / 2
	features := (len(x) - 1) / 2
	observed := 0.0
	for _, v := range x[features:] { // the mask and the time to the next
		observed += v
	}
	if !(observed > 0) {
		return h
	}
	u, r := mapped(gate("u", h), sigmoid), mapped(gate("r", h), sigmoid)
	kept := make([]float64, len(h))
	for i := range h {
		kept[i] = h[i] * r[i%half]
	}
	n := gate("n", kept)
	for i := range n {
		n[i] = (1-u[i%half])*n[i] + u[i%half]*h[i]
	}
	return n
}

// TestCells compares recurrences with networks in plain Go, forwards and
// backwards, as calls, written out and predicted.
func TestCells(t *testing.T) {
	const times, batch, features, size = 5, 3, 2, 4
	for name, cell := range map[string]struct {
		in, state int
		declare   func(p *graph.Params, rng *rand.Rand) (layers.Cell, error)
		step      func(w weights, h, x []float64) []float64
	}{
		"GRU": {2*features + 1, size, func(p *graph.Params, rng *rand.Rand) (layers.Cell, error) {
			return layers.NewGRU(p, "gru", 2*features+1, size, rng)
		}, weights.gru},
		"latent GRU": {2*features + 1, 2 * size, func(p *graph.Params, rng *rand.Rand) (layers.Cell, error) {
			return layers.NewLatentGRU(p, "gru", features, size, 6, rng)
		}, weights.latentGRU},
	} {
		for _, backward := range []bool{false, true} {
			for _, mode := range []integrators.Mode{integrators.Called, integrators.Inline} {
				what := fmt.Sprintf("%s, backward %v, mode %d", name, backward, mode)
				rng := rand.New(rand.NewPCG(1, 9))
				p := graph.NewParams(tensor.Float64)
				c := must(cell.declare(p, rng))
				if c.Size() != cell.state {
					t.Errorf("%s: size %d, expected %d", what, c.Size(), cell.state)
				}
				layer := must(layers.NewRecurrence(p, c, times, &layers.RecurrenceSettings{Backward: backward, Mode: mode}))
				perturb(p, rng)
				x := series(rng, times, batch, features)

				var want []float64
				w := weightsOf(p)
				for i := range batch {
					h := make([]float64, cell.state)
					for k := range times {
						if backward {
							k = times - 1 - k
						}
						at := (k*batch + i) * cell.in
						h = cell.step(w, h, x[at:at+cell.in])
					}
					want = append(want, h...)
				}

				v := value.New(tensor.Float64, times*batch, cell.in)
				value.SetFloat64s(v, x)
				obj := must(graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
					h, err := layer.Forward(s, in[0])
					if err != nil {
						return nil, err
					}
					s.Record("state", h)
					return weighted(s, h)
				}, nil))
				for range 2 { // built, and from the cache
					if _, err := obj.Evaluate(v); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					near(t, what, value.Float64s(obj.Recorded("state")[0]), want, 1e-13)
				}
				pred := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
					h, err := layer.Forward(s, in[0])
					return gorgonia.Nodes{h}, err
				}, nil))
				out, err := pred.Predict(context.Background(), v)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				near(t, what+", predicted", value.Float64s(out[0]), want, 1e-13)
			}
		}
	}
}

// perturb moves all parameters, biases as well.
func perturb(p *graph.Params, rng *rand.Rand) {
	w := p.Float64s()
	for i := range w {
		w[i] += 0.2 * rng.NormFloat64()
	}
	p.SetFloat64s(w)
}

// series returns inputs of a recognition network, the last time with
// observations of the first sample alone.
func series(rng *rand.Rand, times, batch, features int) []float64 {
	var x []float64
	for k := range times {
		for i := range batch {
			data, mask := make([]float64, features), make([]float64, features)
			for j := range data {
				if k < times-1 && rng.IntN(2) == 0 || k == times-1 && i == 0 {
					data[j], mask[j] = rng.NormFloat64(), 1
				}
			}
			wait := 0.0
			if k < times-1 {
				wait = 0.1
			}
			x = append(append(append(x, data...), mask...), wait)
		}
	}
	return x
}

func TestRecurrenceGradients(t *testing.T) {
	for _, set := range []layers.RecurrenceSettings{{}, {Backward: true}, {Memory: integrators.Checkpoint}, {Mode: integrators.Inline}} {
		for _, times := range []int{1, 3} {
			checkGradient(t, fmt.Sprintf("GRU, %+v", set), func(p *graph.Params, rng *rand.Rand) layers.Layer {
				cell := must(layers.NewGRU(p, "gru", 2, 3, rng))
				return must(layers.NewRecurrence(p, cell, times, &set))
			}, weighted)
		}
	}
	// Between layers, as one layer of a model.
	checkGradient(t, "latent GRU", func(p *graph.Params, rng *rand.Rand) layers.Layer {
		cell := must(layers.NewLatentGRU(p, "gru", 1, 2, 3, rng))
		return layers.Chain{
			must(layers.NewDense(p, "input", 2, 3, 0, rng)), layers.LayerFunc(moved),
			must(layers.NewRecurrence(p, cell, 3, nil)), must(layers.NewDense(p, "head", 4, 2, 0, rng)),
		}
	}, weighted)
}

// moved adds constants to x, so that small steps do not change what is observed.
func moved(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	v := value.New(tensor.Float64, x.Shape()...)
	rng := rand.New(rand.NewPCG(6, 7))
	w := make([]float64, x.Shape().TotalSize())
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	value.SetFloat64s(v, w)
	d, err := s.Data(v)
	if err != nil {
		return nil, err
	}
	return gorgonia.Add(x, d)
}

func TestRecurrenceErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := graph.NewParams(tensor.Float64)
	cell := must(layers.NewGRU(p, "gru", 2, 3, rng))
	forward := func(times, rows, cols int) error {
		l := must(layers.NewRecurrence(p, cell, times, nil))
		_, err := must(graph.NewPredictor(p, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			h, err := l.Forward(s, in[0])
			return gorgonia.Nodes{h}, err
		}, nil)).Predict(context.Background(), matrix(rows, cols, make([]float64, rows*cols)...))
		return err
	}
	for _, c := range []struct {
		mentions string
		err      error
	}{
		{"without a cell", second(layers.NewRecurrence(p, nil, 1, nil))},
		{"over 0 times", second(layers.NewRecurrence(p, cell, 0, nil))},
		{"mode 7", second(layers.NewRecurrence(p, cell, 1, &layers.RecurrenceSettings{Mode: 7}))},
		{"memory 7", second(layers.NewRecurrence(p, cell, 1, &layers.RecurrenceSettings{Memory: 7}))},
		{"-1 forms", second(layers.NewRecurrence(p, cell, 1, &layers.RecurrenceSettings{Forms: -1}))},
		{"over 3 times", forward(3, 4, 2)},
		{"w is (2, 3)", forward(2, 4, 3)},
		{`GRU "a" without parameters`, second(layers.NewGRU(nil, "a", 1, 1, rng))},
		{`GRU "a" of sizes [1 0]`, second(layers.NewGRU(p, "a", 1, 0, rng))},
		{`GRU "a" without a random generator`, second(layers.NewGRU(p, "a", 1, 1, nil))},
		{`"gru.u.wh"`, second(layers.NewGRU(p, "gru", 1, 1, rng))},
		{`latent GRU "a" of sizes [3 -1 2]`, second(layers.NewLatentGRU(p, "a", 3, -1, 2, rng))},
		{`latent GRU "a" without parameters`, second(layers.NewLatentGRU(nil, "a", 3, 1, 2, rng))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.mentions) {
			t.Errorf("error %v does not mention %q", c.err, c.mentions)
		}
	}
}

// TestRecurrenceForms trains with many batch sizes: the steps that are kept take
// the memory of the forms most recently used.
func TestRecurrenceForms(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	cell := must(layers.NewGRU(p, "gru", 2, 3, rand.New(rand.NewPCG(1, 1))))
	bytes := func(forms int, batches ...int) int {
		l := must(layers.NewRecurrence(p, cell, 2, &layers.RecurrenceSettings{Forms: forms}))
		for _, n := range batches {
			g := gorgonia.NewGraph()
			x := gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithName("x"), gorgonia.WithShape(2*n, 2))
			must(l.Forward(graph.NewScope(g, p), x))
		}
		return l.Bytes()
	}
	if got, want := bytes(2, 1, 2, 3, 4, 3), bytes(2, 4, 3); got != want || got >= bytes(4, 1, 2, 3, 4) {
		t.Errorf("%d bytes after four forms of which two are kept, expected %d", got, want)
	}
}

func second[T any](_ T, err error) error { return err }

func TestRecognitionInput(t *testing.T) {
	rows := func(dt tensor.Dtype, m, n int, x ...float64) gorgonia.Value {
		v := value.New(dt, m, n)
		value.SetFloat64s(v, append(x, make([]float64, m*n-len(x))...))
		return v
	}
	times := []float64{0, 0.25, 1}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		x := rows(dt, 6, 3)
		if err := layers.RecognitionInput(x, rows(dt, 6, 1, 1, math.NaN(), 3, 4, 5, 6), rows(dt, 6, 1, 1, 0, 1, 0, 1, 1), times); err != nil {
			t.Fatal(err)
		}
		near(t, "input", value.Float64s(x), []float64{
			1, 1, 0.25, 0, 0, 0.25,
			3, 1, 0.75, 0, 0, 0.75,
			5, 1, 0, 6, 1, 0,
		}, 0)
	}
	ok := rows(tensor.Float64, 6, 1)
	for name, err := range map[string]error{
		"nil":          layers.RecognitionInput(nil, ok, ok, times),
		"no times":     layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, ok, nil),
		"times":        layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, ok, []float64{0, 1, 2, 3}),
		"mask":         layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, rows(tensor.Float64, 6, 2), times),
		"columns":      layers.RecognitionInput(rows(tensor.Float64, 6, 2), ok, ok, times),
		"element type": layers.RecognitionInput(rows(tensor.Float32, 6, 3), ok, ok, times),
		"type of mask": layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, rows(tensor.Float32, 6, 1), times),
		"view as data": layers.RecognitionInput(rows(tensor.Float64, 3, 5), columns(t, 4), columns(t, 2), times),
		"view as mask": layers.RecognitionInput(rows(tensor.Float64, 3, 5), columns(t, 2), columns(t, 4), times),
		"half a mask":  layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, rows(tensor.Float64, 6, 1, 0.5), times),
		"mask NaN":     layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, rows(tensor.Float64, 6, 1, math.NaN()), times),
		"time NaN":     layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, ok, []float64{0, math.NaN(), 1}),
		"times back":   layers.RecognitionInput(rows(tensor.Float64, 6, 3), ok, ok, []float64{0, 1, 0.5}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// TestObjectiveStructures evaluates where the structure changes from one
// evaluation to the next, at either site.
func TestObjectiveStructures(t *testing.T) {
	it := newIterating(t)
	o, err := graph.NewObjective(it.params, it.loss, &graph.CacheSettings{Graphs: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y                 float64
		hits, misses, graphs int
	}{
		{2.5, 1, 0, 1, 1},   // 2 and 3 iterations
		{2.6, 1.2, 1, 1, 1}, // the same
		{2.5, 3, 1, 2, 2},   // 2 and 5: from the second site on another graph
		{2.5, 1, 2, 2, 2},
		{4.5, 0, 2, 3, 3}, // 4 and 2
		{2.5, 3, 3, 3, 3},
		{0, 3.5, 3, 4, 3}, // 0 and 3; 2 and 3 is forgotten
		{2.5, 3, 4, 4, 3},
		{4.5, 0, 5, 4, 3},
		{2.5, 1, 5, 5, 3}, // built again
		{0, 0, 5, 6, 3},
		{-7.5, 1, 5, 7, 3},
		{2.5, 1, 6, 7, 3},
	} {
		x, y := []float64{c.x, 0.5}, []float64{c.y, -1}
		before := it.solves
		loss, grad, err := evaluate(o, it.params, matrix(x...), matrix(y...))
		if err != nil {
			t.Fatal(err)
		}
		if it.solves != before+2 {
			t.Errorf("x = %v: %d solves, expected one for each site", x, it.solves-before)
		}
		want, dwant := it.want(x, y)
		near(t, fmt.Sprintf("loss at %v, %v", x, y), []float64{loss}, []float64{want})
		near(t, fmt.Sprintf("gradient at %v, %v", x, y), value.Float64s(grad), []float64{dwant})
		scale := math.Pow(0.9, float64(times(matrix(x...))))
		near(t, "record", value.Float64s(o.Recorded("first")[0]), []float64{x[0] * scale, x[1] * scale})
		if st := o.Cache(); st.Hits != c.hits || st.Misses != c.misses || st.Graphs != c.graphs || st.Bytes <= 0 {
			t.Errorf("x = %v, y = %v: cache %+v, expected %d hits, %d misses, %d graphs", x, y, st, c.hits, c.misses, c.graphs)
		}
		if it.builds != o.Cache().Misses {
			t.Errorf("the loss was built %d times for %d misses", it.builds, o.Cache().Misses)
		}
	}
	if len(o.Recorded("nothing")) != 0 {
		t.Error("something was recorded under a name that was not used")
	}
}

// TestObjectiveErrors: an evaluation that fails leaves nothing behind.
func TestObjectiveErrors(t *testing.T) {
	it := newIterating(t)
	o, err := graph.NewObjective(it.params, it.loss, nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func(x, y float64) error {
		loss, grad, err := evaluate(o, it.params, matrix(x, 0.5), matrix(y, -1))
		if err == nil {
			want, dwant := it.want([]float64{x, 0.5}, []float64{y, -1})
			near(t, "loss", []float64{loss}, []float64{want})
			near(t, "gradient", value.Float64s(grad), []float64{dwant})
		}
		return err
	}
	if err := evaluate(2, 1); err != nil {
		t.Fatal(err)
	}
	bytes := it.f.Bytes()
	for range 5 {
		for _, bad := range [][2]float64{{200, 1}, {2, 200}, {3, 200}} {
			if err := evaluate(bad[0], bad[1]); !errors.Is(err, errDiverged) {
				t.Errorf("at %v: %v, expected the site's error", bad, err)
			}
		}
		if err := evaluate(2, 1); err != nil {
			t.Fatal(err)
		}
	}
	if it.f.Bytes() > bytes+2*8 { // one iteration more at {3, 200}
		t.Errorf("failed evaluations keep frames: %d bytes, %d before", it.f.Bytes(), bytes)
	}
	for what, in := range map[string][]gorgonia.Value{
		"too few":       {matrix(1, 2)},
		"nil":           {matrix(1, 2), nil},
		"another shape": {matrix(1, 2), matrix(1, 2, 3)},
		"another type":  {matrix(1, 2), value.New(tensor.Float32, 1, 2)},
	} {
		if _, err := o.Evaluate(in...); err == nil {
			t.Errorf("values that do not fit (%s) are accepted", what)
		}
	}

	for what, build := range map[string]graph.LossBuilder{
		"nil":       func(*graph.Scope, gorgonia.Nodes) (*gorgonia.Node, error) { return nil, nil },
		"matrix":    func(_ *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) { return in[0], nil },
		"constant":  func(_ *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) { return gorgonia.Sum(in[0]) },
		"panicking": func(*graph.Scope, gorgonia.Nodes) (*gorgonia.Node, error) { panic("broken") },
		"failing":   func(*graph.Scope, gorgonia.Nodes) (*gorgonia.Node, error) { return nil, errDiverged },
	} {
		o, err := graph.NewObjective(it.params, build, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Evaluate(matrix(1, 2)); err == nil {
			t.Errorf("a %s loss is accepted", what)
		}
		if o.Cache().Graphs != 0 {
			t.Errorf("the graph of a %s loss is kept", what)
		}
	}
	if _, err := graph.NewObjective(nil, it.loss, nil); err == nil {
		t.Error("an objective without parameters is accepted")
	}
	if _, err := graph.NewObjective(it.params, it.loss, &graph.CacheSettings{Graphs: -1}); err == nil {
		t.Error("a cache of -1 graphs is accepted")
	}
}

// TestPredictorEqualsObjective evaluates the same expression without gradient.
func TestPredictorEqualsObjective(t *testing.T) {
	it := newIterating(t)
	p, err := graph.NewPredictor(it.params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		n, err := it.loss(s, in)
		return gorgonia.Nodes{n}, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{2.5, 0, 4} {
		out, err := p.Predict(context.Background(), matrix(x, 0.5), matrix(1, -1))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := it.want([]float64{x, 0.5}, []float64{1, -1})
		near(t, "prediction", value.Float64s(out[0]), []float64{want})
	}
	if _, err := p.Predict(context.Background(), matrix(200, 1), matrix(1, -1)); !errors.Is(err, errDiverged) {
		t.Errorf("%v, expected the site's error", err)
	}
	if _, err := p.Predict(context.Background(), matrix(1, 1)); err == nil || !strings.Contains(err.Error(), "given 1 inputs: runtime error: index out of range") {
		t.Errorf("too few values: %v", err)
	}
	if _, err := graph.NewFunction("f", it.params, []graph.Spec{pair, secondPair}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		n, err := it.loss(s, in)
		return gorgonia.Nodes{n}, err
	}); err == nil {
		t.Error("a function unrolls a site")
	}
}

// TestSharedParameters calls two functions of one set of parameters, one of
// them twice on one argument: the gradients add up.
func TestSharedParameters(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { copy(w, []float64{2, 3}) }, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	product := mustFunction(t, p, []graph.Spec{pair}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.HadamardProd(in[0], gorgonia.Must(s.Param(w)))
		return gorgonia.Nodes{y}, err
	})
	square := mustFunction(t, p, []graph.Spec{pair}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := ops.SquaredError(in[0], gorgonia.Must(s.Param(w)), 1)
		return gorgonia.Nodes{y}, err
	})
	out := func(s *graph.Scope, f *graph.Function, x *gorgonia.Node) *gorgonia.Node {
		c, err := f.Call(s, x)
		if err != nil {
			t.Fatal(err)
		}
		return gorgonia.Must(c.Out(0))
	}
	o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		y := gorgonia.Must(gorgonia.Add(out(s, product, in[0]), out(s, product, in[0])))
		return gorgonia.Add(out(s, square, y), gorgonia.Must(gorgonia.Sum(out(s, product, y))))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		// Σ (2xw − w)² + 2xw², whose derivative is 2w(2x−1)² + 4xw.
		loss, grad, err := evaluate(o, p, matrix(1, -1))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", []float64{loss}, []float64{4 + 8 + 81 - 18})
		near(t, "gradient", value.Float64s(grad), []float64{4 + 8, 54 - 12})
	}
	other := declared(t, tensor.Float64, 1, "v")
	o, err = graph.NewObjective(other, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		_, err := product.Call(s, in[0])
		return nil, err
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Evaluate(matrix(1, -1)); err == nil || !strings.Contains(err.Error(), "another set of parameters") {
		t.Errorf("call in a graph with other parameters: %v", err)
	}
}

// TestSharedArgument calls a function on one argument twice, and on one that
// others read: the gradients of the arguments add up.
func TestSharedArgument(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { copy(w, []float64{2, 3}) }, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	other := pair
	other.Name = "other"
	f := mustFunction(t, nil, []graph.Spec{pair, other}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		y, err := gorgonia.HadamardProd(in[0], gorgonia.Must(gorgonia.Square(in[1])))
		return gorgonia.Nodes{y}, err
	})
	o, err := graph.NewObjective(p, func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		x := gorgonia.Must(gorgonia.HadamardProd(in[0], gorgonia.Must(s.Param(w))))
		y := x
		for _, args := range [][2]bool{{true, true}, {false, true}, {true, false}} {
			a := gorgonia.Nodes{y, y}
			for i, first := range args {
				if first {
					a[i] = x
				}
			}
			c, err := f.Call(s, a...)
			if err != nil {
				return nil, err
			}
			y = gorgonia.Must(c.Out(0))
		}
		return gorgonia.Sum(gorgonia.Must(gorgonia.Add(x, y)))
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		// x³, then x³·x² = x⁵, then x·(x⁵)² = x¹¹, of x = w and −w.
		loss, grad, err := evaluate(o, p, matrix(1, -1))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "loss", []float64{loss}, []float64{2 + 2048 - 3 - 177147})
		near(t, "gradient", value.Float64s(grad), []float64{1 + 11*1024, -1 - 11*59049})
	}
}

// TestNoLeak evaluates hundreds of times, with the structure changing: memory
// stays where it was after the first evaluations, and the cache within bounds.
func TestNoLeak(t *testing.T) {
	it := newIterating(t)
	o, err := graph.NewObjective(it.params, it.loss, &graph.CacheSettings{Graphs: 4})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	evaluate := func(times int) uint64 {
		for range times {
			x := float64(rng.IntN(20))
			if _, err := o.Evaluate(matrix(x, 0.5), matrix(float64(rng.IntN(5)), 1)); err != nil {
				t.Fatal(err)
			}
			if st := o.Cache(); st.Graphs > 4 {
				t.Fatalf("the cache keeps %d graphs, expected at most 4", st.Graphs)
			}
		}
		runtime.GC()
		runtime.GC() // what pools give up goes with the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := evaluate(50)
	frames, one := it.f.Bytes(), it.copy.Bytes()
	after := evaluate(450)
	if after > before+before/2+1<<20 {
		t.Errorf("the heap has grown from %d to %d bytes", before, after)
	}
	if it.f.Bytes() > 2*frames {
		t.Errorf("the frames have grown from %d to %d bytes", frames, it.f.Bytes())
	}
	if it.copy.Bytes() != one {
		t.Errorf("frames of a call without Bind have grown from %d to %d bytes", one, it.copy.Bytes())
	}
	if st := o.Cache(); st.Hits+st.Misses != 500 {
		t.Errorf("cache %+v, expected 500 look-ups", st)
	}
}

// TestCacheBytes: a cache bounded in bytes keeps the graph in use alone.
func TestCacheBytes(t *testing.T) {
	it := newIterating(t)
	o, err := graph.NewObjective(it.params, it.loss, &graph.CacheSettings{Bytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float64{1, 2, 2, 1} {
		if _, err := o.Evaluate(matrix(x, 0.5), matrix(0, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if st := o.Cache(); st.Graphs != 1 || st.Hits != 1 || st.Misses != 3 {
		t.Errorf("cache %+v, expected one graph, one hit and three misses", st)
	}
}

// TestEvaluateTwice gives the same bits.
func TestEvaluateTwice(t *testing.T) {
	for seed := range uint64(10) {
		p := newProgram(t, seed)
		f := mustFunction(t, p.params, p.inputs, p.build)
		rng := rand.New(rand.NewPCG(seed, 1))
		in := values(rng, p.inputs[:len(p.inputs)-1]...)
		cotangents := values(rng, f.Outputs()...)
		grad := func() []float64 {
			fr := f.NewFrame()
			defer fr.Release()
			fr.SetScalar(len(in), 0.25)
			run(t, fr, in...)
			g := value.New(tensor.Float64, p.params.Len())
			reverse(t, fr, cotangents, append([]gorgonia.Value{g}, make([]gorgonia.Value, len(p.inputs))...))
			return value.Float64s(g)
		}
		if a, b := grad(), grad(); !slices.Equal(a, b) {
			t.Errorf("program %d: gradient %v, then %v", seed, a, b)
		}
	}
}

package graph_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// iteration is a site for tests: x ← f(x) as often as the first entry of its
// argument says. It records the sum of the first entry over the iterates.
type iteration struct {
	f      *graph.Function
	solves *int
}

type iterated struct {
	of     iteration
	frames []*graph.Frame
}

var _ graph.Site = iteration{}

// times returns how often f is applied to x.
func times(x gorgonia.Value) int { return int(math.Abs(value.Float64s(x)[0])) }

func (s iteration) Solve(in []gorgonia.Value) (graph.Solved, error) {
	*s.solves++
	if times(in[0]) > 100 {
		return nil, errDiverged
	}
	r := &iterated{of: s}
	x := in[0]
	for range times(in[0]) {
		fr := s.f.NewFrame()
		r.frames = append(r.frames, fr)
		if err := fr.Set(0, x); err != nil {
			return nil, err
		}
		if err := fr.Forward(); err != nil {
			return nil, err
		}
		x = fr.Out(0)
	}
	return r, nil
}

var errDiverged = errors.New("diverged")

func (s iteration) Instance(func(*graph.Params) *graph.Params, sync.Locker) graph.SiteInstance {
	return s
}

func (s iteration) Predict(_ *graph.Prediction, in []gorgonia.Value) (gorgonia.Value, error) {
	r, err := s.Solve(in)
	if err != nil || times(in[0]) == 0 {
		return in[0], err
	}
	frames := r.(*iterated).frames
	out, err := gorgonia.CloneValue(frames[len(frames)-1].Out(0))
	r.Release()
	return out, err
}

func (s iteration) Output(in []graph.Spec) (graph.Spec, error) { return in[0], nil }

func (r *iterated) Structure() string { return fmt.Sprint(len(r.frames)) }

func (r *iterated) Emit(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, func(graph.Solved), error) {
	x := in[0]
	var calls []*graph.Call
	for _, fr := range r.frames {
		c, err := r.of.f.Call(s, x)
		if err != nil {
			return nil, nil, err
		}
		c.Bind(fr)
		calls = append(calls, c)
		if x, err = c.Out(0); err != nil {
			return nil, nil, err
		}
	}
	return gorgonia.Nodes{x}, func(other graph.Solved) {
		for i, fr := range other.(*iterated).frames {
			calls[i].Bind(fr)
		}
	}, nil
}

func (r *iterated) Release() {
	for _, fr := range r.frames {
		fr.Release()
	}
	r.frames = nil
}

// iterating is an objective with two sites, the second on the result of the
// first plus an input: the mean of squares of w·x per iteration.
type iterating struct {
	params *graph.Params
	f      *graph.Function
	copy   *graph.Function // the identity
	solves int
	builds int
	loss   graph.LossBuilder
}

func newIterating(t testing.TB) *iterating {
	p := graph.NewParams(tensor.Float64)
	w, err := p.Add("w", func(w []float64) { w[0] = 0.9 }, 1)
	if err != nil {
		t.Fatal(err)
	}
	it := &iterating{params: p}
	it.f = mustFunction(t, p, []graph.Spec{pair}, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		v, err := s.Param(w)
		if err != nil {
			return nil, err
		}
		scale, err := gorgonia.Sum(v)
		if err != nil {
			return nil, err
		}
		y, err := gorgonia.Mul(in[0], scale)
		return gorgonia.Nodes{y}, err
	})
	it.copy = mustFunction(t, nil, []graph.Spec{pair}, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) { return in, nil })
	site := iteration{it.f, &it.solves}
	it.loss = func(s *graph.Scope, in gorgonia.Nodes) (*gorgonia.Node, error) {
		it.builds++
		c, err := it.copy.Call(s, in[0])
		if err != nil {
			return nil, err
		}
		a, err := s.Unroll(site, gorgonia.Must(c.Out(0)))
		if err != nil {
			return nil, err
		}
		s.Record("first", a[0])
		b, err := s.Unroll(site, gorgonia.Must(gorgonia.Add(a[0], in[1])))
		if err != nil {
			return nil, err
		}
		sum, err := gorgonia.Add(b[0], gorgonia.Must(gorgonia.Mul(in[0], gorgonia.Must(gorgonia.Sum(s.Theta())))))
		if err != nil {
			return nil, err
		}
		return gorgonia.Sum(sum)
	}
	return it
}

var secondPair = graph.Spec{Name: "y", Dtype: tensor.Float64, Shape: tensor.Shape{1, 2}}

// want returns loss and derivative in closed form.
func (it *iterating) want(x, y []float64) (loss, grad float64) {
	w := it.params.Float64s()[0]
	n := float64(times(matrix(x...)))
	a := []float64{x[0] * math.Pow(w, n), x[1] * math.Pow(w, n)}
	m := float64(times(matrix(a[0]+y[0], 0)))
	for i := range x {
		loss += (a[i]+y[i])*math.Pow(w, m) + w*x[i]
		grad += (n+m)*x[i]*math.Pow(w, n+m-1) + x[i]
		if m > 0 {
			grad += m * y[i] * math.Pow(w, m-1)
		}
	}
	return loss, grad
}

// Begin and End let any number of evaluations use the site.
func (s iteration) Begin() error { return nil }
func (s iteration) End()         {}

// Adapt refuses: the number of iterations is what it is.
func (r *iterated) Adapt(string) bool { return false }

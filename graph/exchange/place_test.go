package exchange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

// named returns settings that place parameters by name; one that is not named lies in a
// tensor of its own.
func named(places map[string]func(p *graph.Param) exchange.Place) *exchange.Settings {
	return &exchange.Settings{Place: func(p *graph.Param) exchange.Place {
		if place, ok := places[p.Name]; ok {
			return place(p)
		}
		return exchange.Place{Tensor: p.Name}
	}}
}

// TestPlaces writes parameters to their places, reads the file without places, and loads
// it back.
func TestPlaces(t *testing.T) {
	type place = func(p *graph.Param) exchange.Place
	for _, test := range []struct {
		what   string
		params map[string][]int // shapes; entries count up in the order of the names
		places map[string]place
		tensor string
		shape  []int
		want   []float64
	}{
		{
			"another name", map[string][]int{"w": {2, 3}},
			map[string]place{"w": func(*graph.Param) exchange.Place { return exchange.Place{Tensor: "v"} }},
			"v", []int{2, 3}, []float64{0, 1, 2, 3, 4, 5},
		},
		{
			"another shape", map[string][]int{"w": {1, 3}},
			map[string]place{"w": func(*graph.Param) exchange.Place { return exchange.Place{Tensor: "v", Shape: []int{3}} }},
			"v", []int{3}, []float64{0, 1, 2},
		},
		{
			"transposed", map[string][]int{"w": {2, 3}},
			map[string]place{"w": func(p *graph.Param) exchange.Place { return exchange.Transposed(p, "v") }},
			"v", []int{3, 2}, []float64{0, 3, 1, 4, 2, 5},
		},
		{
			"a vector is not transposed", map[string][]int{"w": {3}},
			map[string]place{"w": func(p *graph.Param) exchange.Place { return exchange.Transposed(p, "v") }},
			"v", []int{3}, []float64{0, 1, 2},
		},
		{
			"columns of one matrix", map[string][]int{"w": {2, 3}, "wt": {3}},
			map[string]place{
				"w":  func(p *graph.Param) exchange.Place { return exchange.Columns(p, "v", 1, 3) },
				"wt": func(p *graph.Param) exchange.Place { return exchange.Columns(p, "v", 0, 3) },
			},
			"v", []int{3, 3}, []float64{6, 0, 3, 7, 1, 4, 8, 2, 5},
		},
		{
			"backwards", map[string][]int{"w": {4}},
			map[string]place{"w": func(*graph.Param) exchange.Place {
				return exchange.Place{Tensor: "v", Shape: []int{2, 2}, Entry: func(i int) int { return 3 - i }}
			}},
			"v", []int{2, 2}, []float64{3, 2, 1, 0},
		},
	} {
		for name, f := range formats {
			declare := func(start float64) *graph.Params {
				p, n := graph.NewParams(tensor.Float64), start
				for _, name := range []string{"w", "wt"} {
					if shape := test.params[name]; shape != nil {
						add(t, p, n, name, shape...)
						n = start + float64(p.Len())
					}
				}
				return p
			}
			p, set := declare(0), named(test.places)
			file := saved(t, f, p, set)
			plain := graph.NewParams(tensor.Float64)
			add(t, plain, 50, test.tensor, test.shape...)
			if err := load(f, file, plain, nil); err != nil || !slices.Equal(plain.Float64s(), test.want) {
				t.Errorf("%s, %s: %v, error %v, expected %v", name, test.what, plain.Float64s(), err, test.want)
			}
			back := declare(100)
			if err := load(f, file, back, set); err != nil || !slices.Equal(back.Float64s(), p.Float64s()) {
				t.Errorf("%s, %s: back %v, error %v, expected %v", name, test.what, back.Float64s(), err, p.Float64s())
			}
		}
	}
}

// TestPyTorch lists the tensors of the layers' parameters.
func TestPyTorch(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	for _, q := range []struct {
		name  string
		shape []int
	}{
		{"dense.w", []int{2, 3}}, {"dense.b", []int{3}},
		{"timed.w", []int{2, 3}}, {"timed.wt", []int{3}}, {"timed.b", []int{3}},
		{"conv.w", []int{4, 2, 3, 3}}, {"norm.scale", []int{4}}, {"norm.shift", []int{4}},
		{"squash.shift", []int{4}}, {"w", []int{2, 3}}, {"gru.u.wh", []int{2, 3}},
	} {
		add(t, p, 0, q.name, q.shape...)
	}
	var got []string
	place := exchange.PyTorch(p)
	for _, q := range p.List() {
		at := place(q)
		if at.Shape == nil {
			at.Shape = q.Shape
		}
		got = append(got, fmt.Sprint(q.Name, " ", at.Tensor, at.Shape))
	}
	want := []string{
		"dense.w dense.weight[3 2]", "dense.b dense.bias[3]",
		"timed.w timed.weight[3 3]", "timed.wt timed.weight[3 3]", "timed.b timed.bias[3]",
		"conv.w conv.weight[4 2 3 3]", "norm.scale norm.weight[4]", "norm.shift norm.bias[4]",
		"squash.shift squash.shift[4]", "w w[2 3]", "gru.u.wh gru.u.wh[2 3]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("places\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMisplaced: places that do not fill their tensors, each entry once.
func TestMisplaced(t *testing.T) {
	at := func(p exchange.Place) func(*graph.Param) exchange.Place {
		return func(*graph.Param) exchange.Place { return p }
	}
	for _, test := range []struct {
		what, want string
		place      func(*graph.Param) exchange.Place
	}{
		{"no name", `tensor ""`, at(exchange.Place{})},
		{"no UTF-8", `tensor "\xff"`, at(exchange.Place{Tensor: "\xff"})},
		{"one name for all", "expected [2 3]", at(exchange.Place{Tensor: "v"})},
		{"a shape that is too small", "expected as many entries", at(exchange.Place{Tensor: "v", Shape: []int{5}})},
		{"a shape that is too large", "expected as many entries", at(exchange.Place{Tensor: "v", Shape: []int{1 << 62, 1 << 62}})},
		{"a negative shape", "expected as many entries", at(exchange.Place{Tensor: "v", Shape: []int{-13, -1}})},
		{"an entry twice", "a place of its own", at(exchange.Place{Tensor: "v", Shape: []int{13}})},
		{"an entry outside", "a place of its own", at(exchange.Place{Tensor: "v", Shape: []int{13}, Entry: func(i int) int { return i + 13 }})},
		{"an entry below", "a place of its own", at(exchange.Place{Tensor: "v", Shape: []int{13}, Entry: func(i int) int { return i - 1 }})},
	} {
		p := declared(t, tensor.Float64, 1)
		set := &exchange.Settings{Place: test.place}
		for name, f := range formats {
			if err := f.Save(new(strings.Builder), p, set); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %s: error %v saving, expected %s", name, test.what, err, test.want)
			}
			if err := load(f, nil, p, set); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s, %s: error %v loading, expected %s", name, test.what, err, test.want)
			}
		}
	}
}

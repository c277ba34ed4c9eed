package raw

import (
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func dense(t *testing.T, shape ...int) *tensor.Dense {
	t.Helper()
	n := tensor.Shape(shape).TotalSize()
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(tensor.Range(tensor.Float64, 0, n)))
}

func sliced(t *testing.T, d *tensor.Dense, s ...tensor.Slice) *tensor.Dense {
	t.Helper()
	v, err := d.Slice(s...)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*tensor.Dense)
}

// TestSlice reads tensors of every layout: those whose elements are next to each
// other in the order of the rows, and no others.
func TestSlice(t *testing.T) {
	transposed, vector, column := dense(t, 2, 3), dense(t, 4), dense(t, 4, 1)
	for _, d := range []*tensor.Dense{transposed, column} {
		if err := d.T(); err != nil {
			t.Fatal(err)
		}
	}
	masked := dense(t, 2, 2)
	masked.ResetMask(true)
	for _, c := range []struct {
		name string
		v    gorgonia.Value
		want []float64 // nil if it must not be read
	}{
		{"matrix", dense(t, 2, 2), []float64{0, 1, 2, 3}},
		{"vector", vector, []float64{0, 1, 2, 3}},
		{"row", dense(t, 1, 3), []float64{0, 1, 2}},
		{"cube", dense(t, 2, 1, 2), []float64{0, 1, 2, 3}},
		{"one element", dense(t, 1, 1), []float64{0}},
		{"scalar", gorgonia.NewF64(5), []float64{5}},
		{"scalar tensor", tensor.New(tensor.FromScalar(5.0)), []float64{5}},
		{"rows", sliced(t, dense(t, 4, 2), tensor.S(1, 3)), []float64{2, 3, 4, 5}},
		{"one row", sliced(t, dense(t, 4, 2), tensor.S(1)), []float64{2, 3}},
		{"part of a vector", sliced(t, dense(t, 4), tensor.S(1, 3)), []float64{1, 2}},
		{"columns", sliced(t, dense(t, 3, 4), nil, tensor.S(1, 3)), nil},
		{"one column", sliced(t, dense(t, 3, 4), nil, tensor.S(1)), nil},
		{"every other row", sliced(t, dense(t, 4, 2), tensor.S(0, 4, 2)), nil},
		{"transposed", transposed, nil},
		{"transposed column", column, []float64{0, 1, 2, 3}},
		{"masked", masked, nil},
		{"column-major", tensor.New(tensor.AsFortran([]float64{0, 1, 2, 3, 4, 5}), tensor.WithShape(2, 3)), nil},
	} {
		got, read := func() (x []float64, ok bool) {
			defer func() { ok = recover() == nil }()
			return Elements[float64](c.v), true
		}()
		if read != (c.want != nil) || read && !slices.Equal(got, c.want) {
			t.Errorf("%s: read %v as %v, expected %v", c.name, read, got, c.want)
		}
		if fits := Fits(c.v, tensor.Float64, c.v.Shape()); fits != (c.want != nil) {
			t.Errorf("%s: fits %v", c.name, fits)
		}
		if c.want != nil && !slices.Equal(Elements[float64](Contiguous(c.v)), c.want) {
			t.Errorf("%s: changed when made contiguous", c.name)
		}
	}
}

func TestContiguous(t *testing.T) {
	got := Elements[float64](Contiguous(sliced(t, dense(t, 3, 4), nil, tensor.S(1, 3))))
	if want := []float64{1, 2, 5, 6, 9, 10}; !slices.Equal(got, want) {
		t.Errorf("columns made contiguous %v, expected %v", got, want)
	}
}

func TestSliceOfAnotherType(t *testing.T) {
	for _, v := range []gorgonia.Value{tensor.New(tensor.WithBacking([]int64{1, 2})), tensor.New(tensor.WithBacking([]float32{1})), gorgonia.NewF32(1), gorgonia.NewI(1)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T of %v read as float64", v, v.Dtype())
				}
			}()
			Elements[float64](v)
		}()
	}
	if x := Elements[float32](tensor.New(tensor.WithBacking([]float32{1, 2, 3}))); !slices.Equal(x, []float32{1, 2, 3}) {
		t.Errorf("read %v", x)
	}
}

func TestSliceAllocatesNothing(t *testing.T) {
	d := dense(t, 3, 4)
	if n := testing.AllocsPerRun(10, func() { Elements[float64](d)[0]++ }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

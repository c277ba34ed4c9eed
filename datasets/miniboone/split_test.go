package miniboone

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// numbers returns a table of random numbers, with columns of different scales.
func numbers(rows int) []float64 {
	rng := rand.New(rand.NewPCG(1, 0))
	x := make([]float64, rows*Features)
	for k := range x {
		j := float64(k % Features)
		x[k] = float64(float32(10*j + (1+j)*rng.NormFloat64())) // also of float32
	}
	return x
}

func TestSplitSizes(t *testing.T) {
	for rows, want := range map[int][3]int{
		11: {9, 1, 1}, 20: {17, 1, 2}, 99: {81, 9, 9}, 100: {81, 9, 10}, 1523: {1234, 137, 152}, 36488: {29556, 3284, 3648},
	} {
		d, err := Split(numbers(rows))
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]int{len(d.Train) / Features, len(d.Validation) / Features, len(d.Test) / Features}; got != want {
			t.Errorf("%d rows in parts of %d, expected %d", rows, got, want)
		}
	}
}

// Parts are rows in the order of the table, normalized by mean and standard
// deviation of the rows that are not to test with.
func TestSplitNormalizes(t *testing.T) {
	x := numbers(100)
	given := slices.Clone(x)
	d, err := Split(x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(x, given) {
		t.Error("the table is changed")
	}
	all := slices.Concat(d.Train, d.Validation, d.Test)
	for j := range Features {
		var mean, square float64
		for i := range 90 {
			v := all[i*Features+j]
			mean += v / 90
			square += v * v / 90
		}
		if math.Abs(mean) > 1e-13 || math.Abs(square-1) > 1e-13 {
			t.Errorf("column %d has mean %v and mean square %v, expected 0 and 1", j, mean, square)
		}
	}
	for k, v := range all {
		if back := v*d.Std[k%Features] + d.Mean[k%Features]; math.Abs(back-x[k]) > 1e-11 {
			t.Fatalf("number %d is %v, expected %v", k, back, x[k])
		}
	}
}

// What is to test with has no part in the normalization, and appending to a part
// does not reach into the next.
func TestPartsAreIndependent(t *testing.T) {
	x := numbers(100)
	a, _ := Split(x)
	for k := 90 * Features; k < len(x); k++ {
		x[k] *= 2
	}
	b, _ := Split(x)
	if a.Mean != b.Mean || a.Std != b.Std || !slices.Equal(a.Train, b.Train) {
		t.Error("the test's rows change the normalization")
	}
	first := b.Validation[0]
	_ = append(b.Train, 42)
	if b.Validation[0] != first {
		t.Error("what is appended to a part overwrites the next")
	}
}

func TestSplitErrors(t *testing.T) {
	with := func(rows, column int, f func(row int) float64) []float64 {
		x := numbers(rows)
		for i := range rows {
			x[i*Features+column] = f(i)
		}
		return x
	}
	for _, tt := range []struct {
		name, says string
		x          []float64
	}{
		{"nothing", "0 numbers", nil},
		{"ten rows", "at least 11", numbers(10)},
		{"half a row", "861 numbers, expected rows of 43", make([]float64, 861)},
		{"a constant column", "column 7 has the standard deviation", with(50, 7, func(int) float64 { return 0.1 })},
		{"constant but to test with", "column 7", with(50, 7, func(row int) float64 { return float64(row / 45) })},
		{"variance beyond float64", "column 3 has the standard deviation +Inf", with(50, 3, func(row int) float64 { return 1e200 * float64(row) })},
		{"variance below float64", "column 3", with(50, 3, func(row int) float64 { return 1e-300 * float64(row) })},
		{"test beyond float64", "row 49: column 3 is 1e+300", with(50, 3, func(row int) float64 { return []float64{1e-20 * float64(row), 1e300}[row/49] })},
		{"NaN", "column 3 has the standard deviation NaN", with(50, 3, func(int) float64 { return math.NaN() })},
		{"NaN to test with", "row 49: column 3 is NaN", with(50, 3, func(row int) float64 { return []float64{float64(row), math.NaN()}[row/49] })},
	} {
		if d, err := Split(tt.x); d != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, expected one that mentions %q", tt.name, err, tt.says)
		}
	}
}

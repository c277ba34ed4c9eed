package datasets

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
)

func newBatches(t *testing.T, n, size int, dropLast bool, seed uint64) *Batches {
	t.Helper()
	b, err := NewBatches(n, size, dropLast, seed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBatchSizes(t *testing.T) {
	for _, test := range []struct {
		n, size    int
		dropLast   bool
		len, first int
		last       int // size of the last batch
	}{
		{60000, 512, false, 118, 512, 96}, // MNIST in the paper: 117 full batches and one of 96
		{60000, 512, true, 117, 512, 512},
		{8000, 512, true, 15, 512, 512},
		{10, 5, false, 2, 5, 5},
		{10, 5, true, 2, 5, 5},
		{3, 5, false, 1, 3, 3},
		{1, 1, true, 1, 1, 1},
		{2, math.MaxInt, false, 1, 2, 2},
	} {
		b := newBatches(t, test.n, test.size, test.dropLast, 1)
		e := b.Epoch(0)
		if b.Len() != test.len || len(e) != test.len || len(e[0]) != test.first || len(e[len(e)-1]) != test.last {
			t.Errorf("%+v: Len %d, %d batches, the first of %d, the last of %d", test, b.Len(), len(e), len(e[0]), len(e[len(e)-1]))
		}
	}
}

func TestEveryIndexOnce(t *testing.T) {
	for _, dropLast := range []bool{false, true} {
		for n := 1; n < 40; n++ {
			for size := 1; size <= n; size++ {
				all := slices.Concat(newBatches(t, n, size, dropLast, 7).Epoch(3)...)
				want := n
				if dropLast {
					want -= n % size
				}
				slices.Sort(all)
				if len(slices.Compact(all)) != want || all[0] < 0 || all[len(all)-1] >= n {
					t.Fatalf("n %d, size %d, dropLast %v: indices %v, want %d different ones", n, size, dropLast, all, want)
				}
			}
		}
	}
}

// The order is a function of seed and epoch: not of what was asked for before.
func TestDeterministic(t *testing.T) {
	b := newBatches(t, 100, 7, false, 1999)
	want := b.Epoch(5)
	for e := range 5 {
		if reflect.DeepEqual(b.Epoch(e), want) {
			t.Errorf("epochs %d and 5 have the same order", e)
		}
	}
	if got := newBatches(t, 100, 7, false, 1999).Epoch(5); !reflect.DeepEqual(got, want) {
		t.Errorf("epoch 5 is %v, want %v", got, want)
	}
	if got := newBatches(t, 100, 7, false, 2000).Epoch(5); reflect.DeepEqual(got, want) {
		t.Error("two seeds give the same order")
	}
	e := b.Epoch(5)
	_ = append(e[0], -1)
	if e[1][0] == -1 {
		t.Error("appending to a batch reached into the next")
	}
}

// Every order of three items is as frequent as the others: χ² with 5 degrees of
// freedom stays below its 99.9 % quantile.
func TestUniform(t *testing.T) {
	const epochs = 6000
	b := newBatches(t, 3, 3, false, 1)
	count := map[string]int{}
	for e := range epochs {
		count[fmt.Sprint(b.Epoch(e))]++
	}
	var chi2 float64
	for _, c := range count {
		chi2 += math.Pow(float64(c)-epochs/6, 2) / (epochs / 6)
	}
	if len(count) != 6 || chi2 > 20.5 {
		t.Errorf("%d orders, χ² = %.1f, want 6 orders and χ² < 20.5", len(count), chi2)
	}
}

func TestNewBatchesRejects(t *testing.T) {
	for _, test := range []struct {
		n, size  int
		dropLast bool
	}{{0, 1, false}, {-1, 1, false}, {1, 0, false}, {1, -5, false}, {4, 5, true}} {
		if b, err := NewBatches(test.n, test.size, test.dropLast, 1); err == nil || b != nil {
			t.Errorf("%+v: %v and error %v, want an error", test, b, err)
		}
	}
}

func TestIndices(t *testing.T) {
	for _, test := range []struct {
		from, to int
		want     []int
	}{{2, 5, []int{2, 3, 4}}, {3, 3, []int{}}, {5, 2, []int{}}} {
		if got := Indices(test.from, test.to); !reflect.DeepEqual(got, test.want) {
			t.Errorf("indices from %d to %d are %v, want %v", test.from, test.to, got, test.want)
		}
	}
}

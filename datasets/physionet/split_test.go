package physionet

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/regnde/regnde/datasets"
)

func split(t *testing.T, s *Set, seed uint64) (train, test []int) {
	t.Helper()
	a, b, err := s.Split(0.8, seed)
	if err != nil {
		t.Fatal(err)
	}
	if a.Range != s.Range || b.Range != s.Range {
		t.Error("a part has another range than the whole")
	}
	return ids(a), ids(b)
}

// The parts are disjoint, leave no one out, and depend on the seed alone.
func TestSplit(t *testing.T) {
	s := embedded(t)
	whole := ids(s)
	train, test := split(t, s, 1)
	if len(train) != 256 || len(test) != 64 {
		t.Errorf("%d and %d patients, want 256 and 64", len(train), len(test))
	}
	all := slices.Sorted(slices.Values(append(slices.Clone(train), test...)))
	if !slices.Equal(all, slices.Sorted(slices.Values(whole))) {
		t.Error("the parts are not the whole")
	}
	train1, test1 := split(t, embedded(t), 1)
	if !slices.Equal(train1, train) || !slices.Equal(test1, test) {
		t.Error("the same seed gives another split")
	}
	train2, _ := split(t, s, 2)
	if slices.Equal(train2, train) {
		t.Error("another seed gives the same split")
	}
	if !slices.Equal(ids(s), whole) {
		t.Error("the set itself was changed")
	}
}

// The split with a seed stays what it is from one version to the next, as
// published results depend on it.
func TestSplitIsPinned(t *testing.T) {
	train, test := split(t, embedded(t), 1)
	if got, want := train[:4], []int{151348, 136369, 144764, 143662}; !slices.Equal(got, want) {
		t.Errorf("training starts with %v, want %v", got, want)
	}
	if got, want := test[:4], []int{132539, 141748, 135076, 147006}; !slices.Equal(got, want) {
		t.Errorf("test starts with %v, want %v", got, want)
	}
}

// The same seed gives the same batches, to the last bit.
func TestSameBatches(t *testing.T) {
	run := func() (all [][]float32) {
		train, _, err := embedded(t).Split(0.8, 7)
		if err != nil {
			t.Fatal(err)
		}
		batches, err := datasets.NewBatches(train.Len(), 60, true, 7)
		if err != nil {
			t.Fatal(err)
		}
		for epoch := range 2 {
			for _, idx := range batches.Epoch(epoch) {
				u := make([]float32, Times*len(idx)*Channels)
				if err := Fill(train, idx, u, nil); err != nil {
					t.Fatal(err)
				}
				all = append(all, u)
			}
		}
		return all
	}
	first, second := run(), run()
	if len(first) != 8 || !reflect.DeepEqual(first, second) {
		t.Errorf("%d and %d batches, want the same 8", len(first), len(second))
	}
	if slices.Equal(first[0], first[4]) {
		t.Error("both epochs have the same first batch")
	}
}

func TestFullSplit(t *testing.T) {
	train, test := split(t, full(t), 1)
	if len(train) != 6400 || len(test) != 1600 {
		t.Errorf("%d and %d patients, want 6400 and 1600", len(train), len(test))
	}
}

func TestSplitRejects(t *testing.T) {
	for _, fraction := range []float64{0, 1, -0.5, 1.5, 0.2, 0.8, math.NaN(), math.Inf(1)} {
		if train, test, err := two().Split(fraction, 1); err == nil || train != nil || test != nil {
			t.Errorf("no error for a fraction %v of 2", fraction)
		}
	}
	if train, test, err := two().Split(0.5, 1); err != nil || train.Len() != 1 || test.Len() != 1 {
		t.Errorf("half of 2: error %v", err)
	}
	if _, _, err := new(Set).Split(0.5, 1); err == nil {
		t.Error("no error for an empty set")
	}
}

func TestSubset(t *testing.T) {
	s := embedded(t)
	for _, test := range []struct{ n, want int }{{1, 1}, {319, 319}, {320, 320}, {321, 320}, {0, 320}, {-1, 320}} {
		got := s.Subset(test.n)
		if !slices.Equal(ids(got), ids(s)[:test.want]) || got.Range != s.Range {
			t.Errorf("Subset(%d) has %d patients, want the first %d", test.n, got.Len(), test.want)
		}
	}
	part := s.Subset(1)
	_ = append(part.Records, Record{ID: 9})
	if s.Records[1].ID == 9 {
		t.Error("appending to a subset reached into the set")
	}
}

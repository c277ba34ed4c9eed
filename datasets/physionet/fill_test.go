package physionet

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// two is a set of two patients with values in the first and last hour.
func two() *Set {
	s := &Set{Records: []Record{
		{ID: 1, Observed: [Times]uint64{0: 1<<0 | 1<<2, 48: 1 << 36}, Values: []float64{-1, 12, 5}},
		{ID: 2, Observed: [Times]uint64{0: 1 << 2, 1: 1 << 36}, Values: []float64{6, 10}},
	}}
	s.Range = rangeOf(s.Records)
	return s
}

// (x - min)/max, with 1 for a maximum of 0: the first channel has -1 only and
// becomes 0, the second 6 and 12, the last 5 and 10.
func TestFill(t *testing.T) {
	idx := []int{1, 0, 1}
	n := Times * len(idx) * Channels
	x32, m32 := make([]float32, n), make([]float32, n)
	x64, m64 := make([]float64, n), make([]float64, n)
	for i := range x32 {
		x32[i], m32[i], x64[i], m64[i] = -1, -1, -1, -1 // must be overwritten
	}
	if err := Fill(two(), idx, x32, m32); err != nil {
		t.Fatal(err)
	}
	if err := Fill(two(), idx, x64, m64); err != nil {
		t.Fatal(err)
	}
	at := func(hour, b, channel int) int { return (hour*3+b)*37 + channel }
	value := map[int]float64{
		at(0, 0, 2): 0, at(1, 0, 36): 0.5,
		at(0, 1, 0): 0, at(0, 1, 2): 0.5, at(48, 1, 36): 0,
		at(0, 2, 2): 0, at(1, 2, 36): 0.5,
	}
	for i := range x64 {
		want, observed := value[i]
		mask := 0.0
		if observed {
			mask = 1
		}
		if x64[i] != want || x32[i] != float32(want) || m64[i] != mask || m32[i] != float32(mask) {
			t.Errorf("element %d: values %v and %v, mask %v and %v, want %v, %v", i, x32[i], x64[i], m32[i], m64[i], want, mask)
		}
	}
	alone := make([]float64, n)
	if err := Fill(two(), idx, alone, nil); err != nil || !slices.Equal(alone, x64) {
		t.Errorf("values differ without a mask, error %v", err)
	}
}

func TestFillRejects(t *testing.T) {
	const one = Times * Channels
	for name, test := range map[string]struct {
		idx     []int
		x, mask int // lengths
	}{
		"negative index":  {[]int{-1}, one, one},
		"index too large": {[]int{2}, one, one},
		"too short":       {[]int{0, 1}, one, one},
		"too long":        {[]int{0}, 2 * one, 2 * one},
		"short mask":      {[]int{0}, one, one - 1},
		"empty mask":      {[]int{0}, one, 0},
	} {
		x, mask := make([]float64, test.x), make([]float64, test.mask)
		for _, b := range [][]float64{x, mask} {
			for i := range b {
				b[i] = -1
			}
		}
		if err := Fill(two(), test.idx, x, mask); err == nil {
			t.Errorf("%s: no error from Fill", name)
		}
		for _, b := range [][]float64{x, mask} {
			if slices.ContainsFunc(b, func(v float64) bool { return v != -1 }) {
				t.Errorf("%s: something was written", name)
			}
		}
	}
}

// TestNoSet: nil in place of a set is an error where there is one to return, a
// panic that says so elsewhere.
func TestNoSet(t *testing.T) {
	var none *Set
	x := make([]float64, Times*Channels)
	_, _, split := none.Split(0.8, 1)
	for name, err := range map[string]error{
		"Fill":  Fill(none, []int{0}, x, nil),
		"Split": split,
	} {
		if err == nil || !strings.Contains(err.Error(), "set is nil") {
			t.Errorf("%s: error %v, want one that says that the set is nil", name, err)
		}
	}
	defer func() {
		if r := fmt.Sprint(recover()); !strings.Contains(r, "set is nil") {
			t.Errorf("Subset: panic %q, want one that says that the set is nil", r)
		}
	}()
	none.Subset(1)
}

func TestGrid(t *testing.T) {
	grid := Grid()
	if len(grid) != 49 || grid[0] != 0 || grid[24] != 0.5 || grid[48] != 1 {
		t.Errorf("grid %v", grid)
	}
}

func TestNormalize(t *testing.T) {
	for _, test := range []struct {
		name    string
		x, want float64
	}{
		{"Temp", 42.2, 60 / 42.2}, // not 1: it is not divided by max - min
		{"Temp", -17.8, 0},
		{"MechVent", 1, 0},
		{"Weight", -1, 0},
		{"HCT", 67.3, 1},
		{"pH", 7.4, 7. / 735},
	} {
		channel := slices.Index(Variables[:], test.name)
		if got := FullRange.Normalize(channel, test.x); math.Abs(got-test.want) > 1e-15 {
			t.Errorf("%s %v becomes %v, want %v", test.name, test.x, got, test.want)
		}
	}
	for channel := range Channels {
		for _, x := range []float64{-3, 0, 37.5, 1e4} {
			if got := FullRange.Denormalize(channel, FullRange.Normalize(channel, x)); math.Abs(got-x) > 1e-12*(1+math.Abs(x)) {
				t.Errorf("%s: %v there and back is %v", Variables[channel], x, got)
			}
		}
	}
	var never Range // of a channel that no one has
	if got := never.Normalize(0, 3); got != 3 {
		t.Errorf("3 becomes %v with a maximum of 0, want 3", got)
	}
}

// TestFillOfDamagedRecords: a record made by hand, whose values are not those that it
// observes, is an error, and nothing is written.
func TestFillOfDamagedRecords(t *testing.T) {
	for name, r := range map[string]Record{
		"a value is missing": {Observed: [Times]uint64{3}, Values: []float64{1}},
		"a channel too many": {Observed: [Times]uint64{1 << Channels}, Values: []float64{1}},
		"a value too many":   {Observed: [Times]uint64{1}, Values: []float64{1, 2}},
	} {
		x := []float64{-1}
		x = append(x, make([]float64, Times*Channels-1)...)
		if err := Fill(&Set{Records: []Record{r}, Range: two().Range}, []int{0}, x, nil); err == nil || x[0] != -1 {
			t.Errorf("%s: error %v, first element %v, expected an error and nothing written", name, err, x[0])
		}
	}
}

package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestNoisePath: steps of the lengths of a path of one's own have its increments,
// others bridge them, and noise is drawn after its end.
func TestNoisePath(t *testing.T) {
	path := []Increment{
		{Length: 0.25, DW: []float64{1, 2, 3, 4}, DZ: []float64{5, 6, 7, 8}},
		{Length: 0.5, DW: []float64{-1, -2, -3, -4}}, // Z is drawn
	}
	b := startBrownian(t, 2, 2, true, &Noise{Seed: 1, Path: path, Grid: 1}, 1, 2)
	b.prepare(1.25)
	if !slices.Equal(b.dW(), path[0].DW) || !slices.Equal(b.dZ(), path[0].DZ) {
		t.Errorf("ΔW, ΔZ = %v, %v, expected %v, %v", b.dW(), b.dZ(), path[0].DW, path[0].DZ)
	}
	b.prepare(1.75)
	if !slices.Equal(b.dW(), path[1].DW) || slices.Contains(b.dZ(), 0) {
		t.Errorf("ΔW, ΔZ = %v, %v, expected %v and noise", b.dW(), b.dZ(), path[1].DW)
	}
	b.prepare(2)
	if slices.Contains(b.dW(), 0) || b.given() {
		t.Errorf("after the path ΔW = %v, expected noise", b.dW())
	}

	// Through the first increment, into the second.
	b = startBrownian(t, 2, 2, true, &Noise{Seed: 1, Path: path}, 1, 2)
	b.prepare(1.5)
	w := slices.Clone(b.dW())
	b.prepare(1.75)
	for i, v := range b.dW() {
		if want := path[0].DW[i] + path[1].DW[i]; math.Abs(w[i]+v-want) > 1e-15 {
			t.Errorf("W(1.75)[%d] = %v, expected %v", i, w[i]+v, want)
		}
	}
	if path[1].DW[0] != -1 || path[1].DZ != nil {
		t.Error("the path was modified")
	}
}

// TestSample: a path that was sampled gives the noise that it was sampled from.
func TestSample(t *testing.T) {
	steps := randomSchedule(rand.New(rand.NewPCG(9, 10)))
	noise := &Noise{Seed: 12, Keys: []uint64{5, 6}, Path: []Increment{{Length: 0.25, DW: make([]float64, 2)}}, Grid: 12}
	path, err := noise.Sample(2, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(path) != 13 || path[0].DZ == nil || path[1].Length != 0.75/12 {
		t.Errorf("%d increments, the first %+v, expected 13 with Z", len(path), path[0])
	}
	want := startBrownian(t, 2, 1, true, noise, 0, 1)
	got := startBrownian(t, 2, 1, true, &Noise{Seed: 12, Keys: []uint64{5, 6}, Path: path, Grid: -1}, 0, 1)
	var noises [][]float64
	steps.run(want, func(attempt) { noises = append(noises, slices.Clone(want.dW()), slices.Clone(want.dZ())) })
	steps.run(got, func(attempt) {
		if !slices.Equal(got.dW(), noises[0]) || !slices.Equal(got.dZ(), noises[1]) {
			t.Errorf("ΔW, ΔZ = %v, %v over a sampled path, expected %v, %v", got.dW(), got.dZ(), noises[0], noises[1])
		}
		noises = noises[2:]
	})

	if none, err := (&Noise{Grid: -1}).Sample(2, 1, 0, 1); err != nil || len(none) != 0 {
		t.Errorf("without path and grid: %v, %v, expected no increments", none, err)
	}
	if grid, err := (*Noise)(nil).Sample(2, 1, 0, 1); err != nil || len(grid) != 64 {
		t.Errorf("by default: %d increments, %v, expected 64", len(grid), err)
	}
}

func TestNoiseRejects(t *testing.T) {
	ones := func(n int) []float64 { return slices.Repeat([]float64{1}, n) }
	with := func(x float64) []float64 { return append(ones(5), x) }
	for _, tt := range []struct {
		name  string
		noise Noise
		want  string // part of the message
	}{
		{"keys", Noise{Keys: []uint64{1}}, "1 keys, expected 3"},
		{"no keys", Noise{Keys: []uint64{}}, "0 keys, expected 3"},
		{"no length", Noise{Path: []Increment{{DW: ones(6)}}}, "increment 0 of the noise path has length 0"},
		{"negative length", Noise{Path: []Increment{{Length: 1, DW: ones(6)}, {Length: -1, DW: ones(6)}}}, "increment 1 of the noise path has length -1"},
		{"NaN length", Noise{Path: []Increment{{Length: math.NaN(), DW: ones(6)}}}, "length NaN"},
		{"infinite length", Noise{Path: []Increment{{Length: math.Inf(1), DW: ones(6)}}}, "length +Inf"},
		{"length below rounding", Noise{Path: []Increment{{Length: 1e-15, DW: ones(6)}}}, "length 1e-15"},
		{"no W", Noise{Path: []Increment{{Length: 1}}}, "0 entries of DW, expected 6"},
		{"short W", Noise{Path: []Increment{{Length: 1, DW: ones(5)}}}, "5 entries of DW"},
		{"long Z", Noise{Path: []Increment{{Length: 1, DW: ones(6), DZ: ones(7)}}}, "7 entries of DZ"},
		{"NaN in W", Noise{Path: []Increment{{Length: 1, DW: with(math.NaN())}}}, "DW = NaN at row 2, column 1"},
		{"infinity in Z", Noise{Path: []Increment{{Length: 1, DW: ones(6), DZ: with(math.Inf(-1))}}}, "DZ = -Inf at row 2, column 1"},
	} {
		if _, err := tt.noise.Sample(3, 2, 0, 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, expected one with %q", tt.name, err, tt.want)
		}
	}
	for _, span := range [][2]float64{{1, 0}, {1, 1}, {0, math.NaN()}, {0, math.Inf(1)}} {
		if _, err := (&Noise{}).Sample(3, 2, span[0], span[1]); err == nil || !strings.Contains(err.Error(), "time span") {
			t.Errorf("span %v: error %v, expected one about it", span, err)
		}
	}
	if _, err := (&Noise{}).Sample(0, 2, 0, 1); err == nil || !strings.Contains(err.Error(), "states (0, 2)") {
		t.Errorf("no rows: error %v, expected one about them", err)
	}
}

// TestNoiseOfImpossibleSize samples noise whose number of entries overflows.
func TestNoiseOfImpossibleSize(t *testing.T) {
	for _, tt := range []struct{ rows, cols, grid int }{
		{1 << 32, 1 << 32, 0}, {1 << 31, 1 << 31, 0}, {1 << 17, 1 << 17, 0}, {math.MaxInt, 1, -1}, {1, 1, math.MaxInt}, {-1, -1, 0},
	} {
		if path, err := (&Noise{Grid: tt.grid}).Sample(tt.rows, tt.cols, 0, 1); err == nil || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%+v: %d increments, error %v, expected one about the size", tt, len(path), err)
		}
	}
}

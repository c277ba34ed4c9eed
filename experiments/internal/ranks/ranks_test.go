package ranks_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/regnde/regnde/experiments/internal/ranks"
	"github.com/regnde/regnde/experiments/internal/ranks/rankstest"
)

// together runs a function on n ranks at once.
func together(n int, f func(g *ranks.Group)) {
	var all sync.WaitGroup
	for _, g := range rankstest.New(n) {
		all.Go(func() { f(g) })
	}
	all.Wait()
}

// TestGather: every rank has the records of all, of any length, in their order.
func TestGather(t *testing.T) {
	for n := 1; n <= 4; n++ {
		together(n, func(g *ranks.Group) {
			for round := range 3 {
				var want [][]byte
				for r := range n {
					want = append(want, []byte(strings.Repeat(fmt.Sprint(r), r*round)))
				}
				got, err := g.Gather(t.Context(), want[g.Rank()])
				if err != nil || !reflect.DeepEqual(fmt.Sprintf("%s", got), fmt.Sprintf("%s", want)) {
					t.Errorf("rank %d of %d: %s, error %v, expected %s", g.Rank(), n, got, err, want)
				}
			}
			if err := g.Leave(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBroadcast: what rank 0 has is what all have.
func TestBroadcast(t *testing.T) {
	for _, text := range []string{"", "a word", strings.Repeat("long ", 1000)} {
		together(3, func(g *ranks.Group) {
			mine := "another"
			if g.Rank() == 0 {
				mine = text
			}
			got, err := g.Broadcast(t.Context(), []byte(mine))
			if err != nil || string(got) != text {
				t.Errorf("rank %d: %.20q, error %v, expected %.20q", g.Rank(), got, err, text)
			}
		})
	}
}

// TestSumIsInTheOrderOfRanks: the sum is that of a loop over the ranks in float64,
// rounded once, on every rank and whichever comes first.
func TestSumIsInTheOrderOfRanks(t *testing.T) {
	const n, size = 5, 300
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([][]float64, n)
	weights := make([]float64, n)
	want := make([]float64, size)
	for r := range x {
		weights[r] = rng.Float64()
		if r == 2 {
			weights[r] = 0
		}
		for i := range size {
			x[r] = append(x[r], float64(float32(rng.NormFloat64()*math.Pow(10, 4*rng.Float64()))))
			want[i] += weights[r] * x[r][i]
		}
	}
	x[2][0] = math.NaN() // its weight is 0
	want[0] = 0
	for _, r := range []int{0, 1, 3, 4} {
		want[0] += weights[r] * x[r][0]
	}
	together(n, func(g *ranks.Group) {
		for range 10 {
			wide, narrow := slices.Clone(x[g.Rank()]), make([]float32, size)
			for i, v := range wide {
				narrow[i] = float32(v)
			}
			if err := errors.Join(g.Sum(t.Context(), weights, wide), g.Sum(t.Context(), weights, narrow)); err != nil {
				t.Error(err)
			}
			for i := range want {
				if wide[i] != want[i] || narrow[i] != float32(want[i]) {
					t.Fatalf("rank %d: sums %v and %v of entry %d, expected %v", g.Rank(), wide[i], narrow[i], i, want[i])
				}
			}
		}
	})
}

// TestAlone: a process that is alone finds what it has.
func TestAlone(t *testing.T) {
	var g *ranks.Group
	if g.Rank() != 0 || g.Size() != 1 {
		t.Errorf("rank %d of %d, expected 0 of 1", g.Rank(), g.Size())
	}
	if all, err := g.Gather(t.Context(), []byte("x")); err != nil || len(all) != 1 || string(all[0]) != "x" {
		t.Errorf("gathered %s, error %v", all, err)
	}
	if all, err := g.Broadcast(t.Context(), []byte("x")); err != nil || string(all) != "x" {
		t.Errorf("broadcast %s, error %v", all, err)
	}
	if err := g.Leave(); err != nil {
		t.Error(err)
	}
	together(1, func(one *ranks.Group) {
		for _, g := range []*ranks.Group{g, one} {
			x := []float64{0.1, math.Copysign(0, -1)}
			if err := g.Sum(t.Context(), []float64{1}, x); err != nil || x[0] != 0.1 || !math.Signbit(x[1]) {
				t.Errorf("sum %v, error %v, expected what it was", x, err)
			}
		}
	})
}

// TestLost: a rank that was asked to end does not wait forever for one that is gone.
func TestLost(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := rankstest.New(2)[0]
	if _, err := g.Gather(ctx, []byte("x")); !errors.Is(err, ranks.ErrLost) {
		t.Errorf("error %v, expected %v", err, ranks.ErrLost)
	}
	if err := g.Sum(t.Context(), []float64{1, 1}, []float64{1}); !errors.Is(err, ranks.ErrLost) {
		t.Errorf("afterwards: error %v, expected %v", err, ranks.ErrLost)
	}
	if err := g.Leave(); err != nil {
		t.Error(err)
	}
}

// TestWaitsForRanksThatAnswer: a context that is done alone is no reason to give up.
func TestWaitsForRanksThatAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	together(3, func(g *ranks.Group) {
		if all, err := g.Gather(ctx, []byte{byte(g.Rank())}); err != nil || len(all) != 3 {
			t.Errorf("rank %d: %v, error %v", g.Rank(), all, err)
		}
	})
}

func TestSumRejects(t *testing.T) {
	g := rankstest.New(2)[0]
	for _, tt := range []struct {
		weights []float64
		x       any
		want    string
	}{
		{[]float64{1}, []float64{1}, "1 weights, expected 2"},
		{[]float64{1, 1}, []int{1}, "[]int"},
	} {
		if err := g.Sum(t.Context(), tt.weights, tt.x); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, expected one with %q", err, tt.want)
		}
	}
}

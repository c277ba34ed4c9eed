package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A narrow product has the bits of the product that it stands in for.
func TestNarrow(t *testing.T) { bothTypes(t, testNarrow[float32], testNarrow[float64]) }

func testNarrow[T Float](t *testing.T) {
	if vector == portable { // has no narrow products
		return
	}
	rnd := newRand()
	lengths := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 33, 50, 67, 100, 131, 197, 785}
	seen := make(map[way]int)
	for range 3000 {
		s := [3]int{}
		for i := range s {
			s[i] = lengths[rnd.IntN(len(lengths))]
		}
		s[rnd.IntN(3)] = 1 + rnd.IntN(5)
		if s[0]*s[1]*s[2] > 2e5 {
			continue
		}
		seen[checkNarrow[T](t, rnd, s[0], s[1], s[2], rnd.Uint32())]++
	}
	if seen[shallow] < 50 || seen[slender] < 50 {
		t.Errorf("%d products of little depth and %d of few columns, expected 50", seen[shallow], seen[slender])
	}
}

func FuzzNarrow(f *testing.F) {
	f.Add(uint64(1), uint8(100), uint8(2), uint8(50), uint32(0))
	f.Add(uint64(2), uint8(100), uint8(50), uint8(2), uint32(math.MaxUint32))
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k uint8, variant uint32) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		onEveryLevel(t, func(t *testing.T) {
			checkNarrow[float32](t, rnd, int(m), int(n), int(k), variant)
			checkNarrow[float64](t, rnd, int(m), int(n), int(k), variant)
		})
	})
}

// checkNarrow compares a product of random numbers, some of which are not finite,
// with the one in which no dimension is narrow. It returns the way it was computed.
func checkNarrow[T Float](t *testing.T, rnd *rand.Rand, m, n, k int, variant uint32) way {
	t.Helper()
	bit := func() bool {
		b := variant&1 != 0
		variant >>= 1
		return b
	}
	transA, transB, accumulate := bit(), bit(), bit()
	room := 0
	if bit() {
		room = 3
	}
	a, b := randomMatrix[T](rnd, transA, m, k, room), randomMatrix[T](rnd, transB, k, n, room)
	if bit() && m*n*k > 0 {
		a.data[rnd.IntN(len(a.data))], b.data[rnd.IntN(len(b.data))] = T(math.Inf(1)), T(math.NaN())
	}
	c := randomMatrix[T](rnd, false, m, n, room)
	p := product[T]{
		transA: transA, transB: transB, m: m, n: n, k: k, alpha: 1,
		a: a.data, lda: a.stride, b: b.data, ldb: b.stride, c: c.data, ldc: c.stride, accumulate: accumulate, time: 0.7,
	}
	if !accumulate && !transB && bit() {
		p.bias = random[T](rnd, n)
	}
	if !accumulate && !transB && bit() {
		p.timeWeight = random[T](rnd, n)
	}
	if m == 0 || n == 0 {
		return direct
	}
	if bit() {
		p.act = Tanh
	}
	want := p
	want.c = slices.Clone(c.data)
	if p.few() {
		want.rows(direct, 0, m)
	} else {
		packedProduct(&want)
	}
	w, begun := p.way(), slices.Clone(c.data)
	p.compute()
	name := fmt.Sprintf("%s way %d, transposed %v and %v, accumulate %v, bias %v, time %v", shapeName(m, n, k), w, transA, transB, accumulate, p.bias != nil, p.timeWeight != nil)
	checkSameBits(t, name, c.data, want.c)
	if w != packed { // some rows at a time
		p.c = begun
		for lo := 0; lo < m; {
			hi := min(m, lo+1+rnd.IntN(30))
			p.rows(w, lo, hi)
			lo = hi
		}
		checkSameBits(t, name+", by rows", begun, want.c)
	}
	return w
}

func checkSameBits[T Float](t *testing.T, name string, got, want []T) {
	t.Helper()
	for i := range want {
		g, w := float64(got[i]), float64(want[i])
		if math.Float64bits(g) != math.Float64bits(w) && !(math.IsNaN(g) && math.IsNaN(w)) {
			t.Fatalf("%s: element %d is %v, want %v", name, i, got[i], want[i])
		}
	}
}

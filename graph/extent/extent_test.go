package extent

import (
	"math"
	"math/big"
	"testing"
)

// TestOf compares products with exact arithmetic.
func TestOf(t *testing.T) {
	for _, dims := range [][]int{
		nil, {0}, {7}, {2, 3, 4}, {Most}, {Most, 1, 1}, {1 << 18, 1 << 18}, {0, math.MaxInt}, {math.MaxInt, 0, math.MaxInt},
		{Most + 1}, {Most, 2}, {1 << 31, 1 << 31}, {math.MaxInt}, {math.MaxInt, math.MaxInt}, {1 << 19, 1 << 19},
		{math.MaxInt/2 + 1, 2, 2}, {1 << 21, 1 << 21, 1 << 22}, {-1}, {-1, -1}, {0, -1}, {math.MinInt, 2},
	} {
		want, negative := big.NewInt(1), false
		for _, d := range dims {
			want.Mul(want, big.NewInt(int64(d)))
			negative = negative || d < 0
		}
		fine := !negative && want.Cmp(big.NewInt(Most)) <= 0
		if n, err := Of(dims...); fine != (err == nil) || fine && big.NewInt(int64(n)).Cmp(want) != 0 {
			t.Errorf("%v: %d entries, error %v, expected %v", dims, n, err, want)
		}
	}
}

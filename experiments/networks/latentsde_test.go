package networks

import (
	"slices"
	"testing"
)

// TestKnots: both ends are among them, and none is there twice.
func TestKnots(t *testing.T) {
	for _, c := range []struct {
		n, count int
		want     []int
	}{{12, 4, []int{0, 4, 7, 11}}, {5, 2, []int{0, 4}}, {3, 8, []int{0, 1, 2}}} {
		if got := knotsOf(c.n, c.count); !slices.Equal(got, c.want) {
			t.Errorf("%d knots of %d times: %v, expected %v", c.count, c.n, got, c.want)
		}
	}
}

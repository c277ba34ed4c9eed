package kernel

import (
	"runtime"
	"testing"
)

// TestProcessors: a loop has the processors that other callers leave, within a limit,
// and at least one.
func TestProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, tt := range []struct{ callers, limit, want int }{
		{0, 0, 4}, {1, 0, 4}, {2, 0, 3}, {4, 0, 1}, {9, 0, 1}, {0, 2, 2}, {1, 1, 1}, {2, 8, 3}, {2, 2, 2},
	} {
		Limit(tt.limit)
		for range tt.callers {
			Enter()
		}
		if got := processors(); got != tt.want {
			t.Errorf("%d callers, at most %d processors: %d, expected %d", tt.callers, tt.limit, got, tt.want)
		}
		for range tt.callers {
			Leave()
		}
	}
	Limit(0)
}

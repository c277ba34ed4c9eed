package ops

import (
	"sync"

	"github.com/regnde/regnde/graph/internal/raw"
)

// scratch provides slices of one size to the goroutines that share a task, as
// many as work at a time.
type scratch[T raw.Float] struct {
	size int
	mu   sync.Mutex
	free [][]T
}

func newScratch[T raw.Float](size int) *scratch[T] { return &scratch[T]{size: size} }

// take returns a slice whose elements can be anything.
func (s *scratch[T]) take() []T {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	if n == 0 {
		return make([]T, s.size)
	}
	x := s.free[n-1]
	s.free = s.free[:n-1]
	return x
}

// give hands a slice back.
func (s *scratch[T]) give(x []T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, x)
}

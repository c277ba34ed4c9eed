package exclusive

import (
	"sync/atomic"

	"github.com/pkg/errors"
)

// A Shared says whether something that many may read is read or changed. The zero
// value says that it is neither.
type Shared struct{ readers atomic.Int32 } // -1 while it is changed

// BeginRead begins to read what is called name, until EndRead. The error's cause is
// ErrInUse, and nothing has begun, while it is changed.
func (s *Shared) BeginRead(name string) error {
	for {
		n := s.readers.Load()
		if n < 0 {
			return errors.Wrap(ErrInUse, name)
		}
		if s.readers.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

// EndRead ends what BeginRead began.
func (s *Shared) EndRead() { s.readers.Add(-1) }

// BeginChange begins to change what is called name, until EndChange. The error's
// cause is ErrInUse, and nothing has begun, while it is read or changed.
func (s *Shared) BeginChange(name string) error {
	if !s.readers.CompareAndSwap(0, -1) {
		return errors.Wrap(ErrInUse, name)
	}
	return nil
}

// EndChange ends what BeginChange began.
func (s *Shared) EndChange() { s.readers.Store(0) }

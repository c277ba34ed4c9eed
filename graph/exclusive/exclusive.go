// Package exclusive notices two goroutines at what only one at a time may use.
package exclusive

import (
	stderrors "errors"
	"sync/atomic"

	"github.com/pkg/errors"
)

// ErrInUse is the cause of an error of whoever comes second.
var ErrInUse = stderrors.New("in use by another goroutine, expected one at a time: make a model for each worker")

// A Use says whether something is in use. The zero value says that it is not.
type Use struct{ taken atomic.Bool }

// Begin begins to use what is called name, until End. The error's cause is
// ErrInUse, and nothing has begun, if it is in use already.
func (u *Use) Begin(name string) error {
	if !u.taken.CompareAndSwap(false, true) {
		return errors.Wrap(ErrInUse, name)
	}
	return nil
}

// End ends what Begin began.
func (u *Use) End() { u.taken.Store(false) }

//go:build mpi

package ranks

import (
	"math"
	"runtime"

	"cogentcore.org/lab/base/mpi"
	"github.com/pkg/errors"
)

// world is MPI's world, all of whose calls are made by one thread: that is what every
// MPI can do. An error of MPI ends the process, as is its default.
type world struct {
	comm       *mpi.Comm
	rank, size int
	calls      chan func()
}

// Join returns the group of all processes that mpirun has started, or of this one if
// it was not started by it. The process must Leave it before it exits.
func Join() (*Group, error) {
	w := &world{calls: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for call := range w.calls {
			call()
		}
	}()
	err := w.call(func() (err error) {
		mpi.Init()
		w.rank, w.size = mpi.WorldRank(), mpi.WorldSize()
		w.comm, err = mpi.NewComm(nil)
		return err
	})
	if err != nil {
		return nil, errors.Wrap(err, "cannot join the other ranks")
	}
	return New(w), nil
}

// call has the thread call a function.
func (w *world) call(f func() error) error {
	done := make(chan error)
	w.calls <- func() { done <- f() }
	return <-done
}

func (w *world) Rank() int { return w.rank }
func (w *world) Size() int { return w.size }

func (w *world) AllGather(all, part []byte) error {
	if err := countable(part); err != nil {
		return err
	}
	return w.call(func() error { return w.comm.AllGatherU8(all, part) })
}

func (w *world) Broadcast(data []byte) error {
	if err := countable(data); err != nil {
		return err
	}
	return w.call(func() error { return w.comm.BcastU8(0, data) })
}

// countable returns an error for a message whose bytes MPI cannot count.
func countable(data []byte) error {
	if len(data) > math.MaxInt32 {
		return errors.Errorf("a message of %d bytes, expected at most %d", len(data), math.MaxInt32)
	}
	return nil
}

func (w *world) Close() error {
	return w.call(func() error {
		mpi.Finalize()
		return nil
	})
}

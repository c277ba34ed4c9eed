// Package folderlock gives a folder one owner at a time, and tells the owner when
// the folder is no longer the one it had.
//
// The owner holds a lock of the operating system on a file .lock in the folder. The
// lock goes with the process, however that ends, so none is ever stale: a file that
// is left behind by a process that was killed locks nothing.
package folderlock

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

const name = ".lock"

// HeldError is the cause of an error for a folder that has another owner.
type HeldError struct {
	Process int // process of the owner, 0 if it is not known
}

func (e *HeldError) Error() string {
	if e.Process == 0 {
		return "in use by another process"
	}
	return fmt.Sprintf("in use by another process (%d)", e.Process)
}

// errHeld is what lock returns if another has the lock.
var errHeld = errors.New("locked")

// Lock is the ownership of a folder.
type Lock struct {
	dir       string
	file      *os.File
	exclusive bool
}

// Acquire makes the calling process the owner of the folder, which must be there,
// without waiting. The error's cause is a *HeldError if there is another owner, be
// it in the same process.
func Acquire(dir string) (*Lock, error) {
	path := filepath.Join(dir, name)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		err = lock(f)
		if err == errHeld {
			held := &HeldError{Process: readOwner(f)}
			f.Close()
			return nil, held
		}
		l := &Lock{dir: dir, file: f, exclusive: err == nil}
		if err != nil && !unsupported(err) {
			f.Close()
			return nil, err
		}
		if l.Check() != nil { // the owner before has taken it away between the two
			f.Close()
			continue
		}
		l.writeOwner()
		return l, nil
	}
}

// Exclusive reports whether others are kept out. They are not where the file system
// has no locks.
func (l *Lock) Exclusive() bool { return l.exclusive }

// Check returns an error if the folder is gone, or another one is in its place.
func (l *Lock) Check() error {
	now, err := os.Stat(filepath.Join(l.dir, name))
	if err != nil {
		return errors.Errorf("%s was removed or replaced", l.dir)
	}
	held, err := l.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, held) {
		return errors.Errorf("%s was replaced", l.dir)
	}
	return nil
}

// Release gives the folder up and leaves no file behind.
func (l *Lock) Release() {
	path := filepath.Join(l.dir, name)
	mine := l.Check() == nil
	if mine {
		os.Remove(path) // while it is held, so that nobody locks a file that goes
	}
	l.file.Close()
	if mine {
		removeClosed(path)
	}
}

// writeOwner notes the process, for the message that others get. It is no harm if
// that fails.
func (l *Lock) writeOwner() {
	if l.file.Truncate(0) == nil {
		fmt.Fprintf(l.file, "%d\n", os.Getpid())
	}
}

// readOwner returns what writeOwner has noted, or 0.
func readOwner(f *os.File) int {
	var text [32]byte
	n, _ := f.ReadAt(text[:], 0)
	process, err := strconv.Atoi(strings.TrimSpace(string(text[:n])))
	if err != nil {
		return 0
	}
	return process
}

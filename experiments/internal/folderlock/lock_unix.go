//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package folderlock

import (
	"errors"
	"os"
	"syscall"
)

// lock locks the file for this open one alone, or fails at once.
func lock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return errHeld
		default:
			return err
		}
	}
}

// unsupported reports whether the file system has no locks.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// removeClosed is for systems that cannot remove an open file.
func removeClosed(string) {}

package folderlock

import (
	"os"

	"github.com/pkg/errors"
	"golang.org/x/sys/windows"
)

// lock locks the file for this open one alone, or fails at once. The bytes that are
// locked are behind those in use, which all may read.
func lock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return errHeld
	}
	return err
}

// unsupported reports whether the file system has no locks.
func unsupported(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, windows.ERROR_NOT_SUPPORTED)
}

// removeClosed removes the file, as that is not possible while it is open here. If
// somebody else has opened it, it stays.
func removeClosed(path string) { os.Remove(path) }

//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package folderlock

import (
	"os"

	"github.com/pkg/errors"
)

var errUnsupported = errors.New("no file locks")

func lock(*os.File) error { return errUnsupported }

func unsupported(err error) bool { return err == errUnsupported }

func removeClosed(string) {}

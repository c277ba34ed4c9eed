// Package atomicfile writes files that are either whole or not there: content
// goes to a temporary file in the same folder, which takes the final name only
// when all of it is written. A reader, and whoever comes after a program that was
// killed, find the old file or the new one. Read reads such files, up to a size.
package atomicfile

import (
	"bufio"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// Write replaces the file at path by what the function writes. If the function
// or the disk fails, the file at path is as it was, and the error says why. The disk
// is not waited for: a machine that loses power may lose the new file.
func Write(path string, write func(io.Writer) error) error {
	return replace(path, write, func(*os.File) error { return nil })
}

// WriteSync is Write of a file that a machine which loses power keeps: it waits until
// the disk has the content before the file takes its name.
func WriteSync(path string, write func(io.Writer) error) error {
	return replace(path, write, (*os.File).Sync)
}

// replace replaces the file at path by what write writes, after settle.
func replace(path string, write func(io.Writer) error, settle func(*os.File) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return errors.Wrapf(err, "cannot write %s", path)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = errors.Wrapf(err, "cannot write %s", path)
		}
	}()
	buffered := bufio.NewWriter(f)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := settle(f); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// WriteBytes replaces the file at path by the data, see Write.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Probe returns an error unless files can be made in the folder and removed.
func Probe(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	f.Close() // nothing was written
	return os.Remove(f.Name())
}

package atomicfile

import (
	"io"
	"os"

	"github.com/pkg/errors"
)

// Read reads the whole file at path, unless it has more bytes than limit: then it
// reads none of it, and the error has both numbers. A file that is read into memory
// has to fit there, and one that is damaged, or is another, can have any size.
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, errors.Errorf("%s has %d bytes, expected at most %d", path, info.Size(), limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit { // it grows
		return nil, errors.Errorf("%s has more than %d bytes", path, limit)
	}
	return data, nil
}

package mnist

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pkg/errors"
)

// The IDX format: a big-endian uint32 each for the magic number, which says that
// bytes follow and in how many dimensions, and for every dimension; then the
// bytes, row-major.
const (
	imageMagic = 0x00000803
	labelMagic = 0x00000801
	maxItems   = 1 << 20 // bounds the memory that a damaged file can ask for
)

// FormatError tells where a file is not what it should be.
type FormatError struct {
	File   string // its path
	Offset int64  // in bytes, in the uncompressed data
	Err    error  // what is wrong; io.ErrUnexpectedEOF if the file is cut off
}

// Error names the file and the place in it.
func (e *FormatError) Error() string {
	return fmt.Sprintf("mnist: %s: at byte %d: %v", e.File, e.Offset, e.Err)
}

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

// readImages reads IDX data of 28×28 images to its end.
func readImages(r io.Reader, file string) ([]uint8, error) {
	return readIDX(r, file, imageMagic, Rows, Cols)
}

// readLabels reads IDX data of labels to its end.
func readLabels(r io.Reader, file string) ([]uint8, error) {
	labels, err := readIDX(r, file, labelMagic)
	if err != nil {
		return nil, err
	}
	for i, l := range labels {
		if l >= Classes {
			return nil, &FormatError{file, 8 + int64(i), errors.Errorf("label %d, want one of ten classes, 0 to 9", l)}
		}
	}
	return labels, nil
}

// readIDX reads IDX data whose items have the given dimensions and returns the
// bytes of all items. It reads to the end, where there must not be more.
func readIDX(r io.Reader, file string, magic uint32, dims ...uint32) ([]uint8, error) {
	d := decoder{r: r, file: file}
	if got := d.uint32(); d.err == nil && got != magic {
		return nil, &FormatError{file, 0, errors.Errorf("magic number %d, want %d", got, magic)}
	}
	count := d.uint32()
	if d.err == nil && (count == 0 || count > maxItems) {
		return nil, &FormatError{file, 4, errors.Errorf("%d items, want 1 to %d", count, maxItems)}
	}
	size := int64(count)
	for i, want := range dims {
		if got := d.uint32(); d.err == nil && got != want {
			return nil, &FormatError{file, 8 + 4*int64(i), errors.Errorf("dimension %d is %d, want %d", i+1, got, want)}
		}
		size *= int64(want)
	}
	data := d.bytes(size)
	d.end()
	return data, d.err
}

// decoder reads until the first error, which it keeps, and counts the bytes.
type decoder struct {
	r      io.Reader
	file   string
	offset int64
	err    error
}

func (d *decoder) uint32() uint32 {
	b := d.bytes(4)
	if d.err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// bytes reads n bytes. It takes memory for what is there, not for what is asked.
func (d *decoder) bytes(n int64) []byte {
	if d.err != nil {
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(d.r, n))
	d.offset += int64(len(b))
	if err == nil && int64(len(b)) < n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		d.fail(errors.Wrapf(err, "%d of %d bytes read", len(b), n))
		return nil
	}
	return b
}

// end checks that nothing follows, which makes gzip verify its own checksum.
func (d *decoder) end() {
	if d.err != nil {
		return
	}
	switch _, err := io.ReadFull(d.r, make([]byte, 1)); err {
	case io.EOF:
	case nil:
		d.fail(errors.New("data go on after the last item"))
	default:
		d.fail(errors.Wrap(err, "after the last item"))
	}
}

func (d *decoder) fail(err error) { d.err = &FormatError{d.file, d.offset, err} }

package miniboone

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"

	"codeberg.org/sbinet/npyio/npy"
	"github.com/pkg/errors"
)

const (
	maxHeader = 1 << 16 // bytes of a header, of which a table needs about a hundred
	maxRows   = 1 << 20 // bounds the memory that a table can ask for
)

// Read reads a table to the end of the file, and returns it as (rows, 43)
// row-major. The file is one of the .npy format, version 1 or 2, with a matrix of
// float64 or float32 of either byte order, in C order, with 43 columns and at most
// 2²⁰ rows. All numbers are finite. Anything else is an error, with the cause
// io.ErrUnexpectedEOF if the file is cut off. Memory is taken for what is there,
// not for what the header announces.
func Read(r io.Reader) ([]float64, error) {
	if r == nil {
		return nil, errors.New("miniboone: reader is nil")
	}
	buffered := bufio.NewReaderSize(r, 12+maxHeader)
	table, err := readHeader(buffered)
	if err != nil {
		return nil, errors.Wrap(err, "miniboone: header")
	}
	x, err := readRows(table)
	if err != nil {
		return nil, err
	}
	switch _, err := buffered.ReadByte(); err {
	case io.EOF:
		return x, nil
	case nil:
		return nil, errors.Errorf("miniboone: data go on after row %d, expected the end", len(x)/Features)
	default:
		return nil, errors.Wrap(err, "miniboone: after the last row")
	}
}

// readHeader reads the header of a table as this package takes it.
func readHeader(r *bufio.Reader) (table *npy.Reader, err error) {
	// The module takes as much memory as the header's length says, and indexes into
	// a header without looking, also into one that is not there.
	start, err := r.Peek(12)
	if err != nil {
		return nil, unexpected(err)
	}
	size := 10 + int(binary.LittleEndian.Uint16(start[8:]))
	if start[6] == 2 { // the second version has four bytes for the length
		n := binary.LittleEndian.Uint32(start[8:])
		if n > maxHeader {
			return nil, errors.Errorf("%d bytes, expected at most %d", n, maxHeader)
		}
		size = 12 + int(n)
	}
	if _, err := r.Peek(size); err != nil && string(start[:6]) == string(npy.Magic[:]) {
		return nil, unexpected(err)
	}
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, errors.New("damaged, expected the keys descr, fortran_order and shape")
		}
	}()
	if table, err = npy.NewReader(r); err != nil {
		return nil, unexpected(err)
	}
	switch d := table.Header.Descr; {
	case len(d.Shape) != 2 || d.Shape[1] != Features:
		return nil, errors.Errorf("shape %v, expected a matrix of %d columns", d.Shape, Features)
	case d.Shape[0] < 1 || d.Shape[0] > maxRows:
		return nil, errors.Errorf("%d rows, expected 1 to %d", d.Shape[0], maxRows)
	case d.Fortran:
		return nil, errors.New("Fortran order, expected C order")
	case bits(d.Type) == 0:
		return nil, errors.Errorf("element type %.40s, expected float64 or float32", d.Type)
	}
	return table, nil
}

// bits returns the size of floating-point numbers, given their type as headers have
// it, in quotes, and 0 for any other type.
func bits(descr string) int {
	switch descr {
	case "'<f8'", "'>f8'":
		return 64
	case "'<f4'", "'>f4'":
		return 32
	}
	return 0
}

// readRows reads the rows that the header announces.
func readRows(table *npy.Reader) ([]float64, error) {
	row, single := make([]float64, Features), make([]float32, Features)
	read := func() error { return table.Read(&row) }
	if bits(table.Header.Descr.Type) == 32 {
		read = func() error {
			err := table.Read(&single)
			for j, v := range single {
				row[j] = float64(v)
			}
			return err
		}
	}
	var x []float64
	for i := range table.Header.Descr.Shape[0] {
		if err := read(); err != nil {
			return nil, errors.Wrapf(unexpected(err), "miniboone: row %d of %d", i, table.Header.Descr.Shape[0])
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, errors.Errorf("miniboone: row %d: column %d is %v, expected a finite number", i, j, v)
			}
		}
		x = append(x, row...)
	}
	return x, nil
}

// unexpected returns err, or that a file ends too early if err is its end.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

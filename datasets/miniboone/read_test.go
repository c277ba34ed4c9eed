package miniboone

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pkg/errors"
)

// file returns a file of version 1 with the given header and data.
func file(header string, data []byte) []byte {
	f := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)+1), byte((len(header)+1)>>8))
	return append(append(append(f, header...), '\n'), data...)
}

// second is a file of version 2.
func second(header string, data []byte) []byte {
	f := binary.LittleEndian.AppendUint32([]byte("\x93NUMPY\x02\x00"), uint32(len(header)+1))
	return append(append(append(f, header...), '\n'), data...)
}

// dict is a header as NumPy writes it.
func dict(descr, fortran, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }      ", descr, fortran, shape)
}

// encode returns numbers as binary data.
func encode(x []float64, order binary.AppendByteOrder, single bool) (b []byte) {
	for _, v := range x {
		if single {
			b = order.AppendUint32(b, math.Float32bits(float32(v)))
		} else {
			b = order.AppendUint64(b, math.Float64bits(v))
		}
	}
	return b
}

func TestRead(t *testing.T) {
	x := numbers(3)
	little, big := binary.LittleEndian, binary.BigEndian
	for name, f := range map[string][]byte{
		"float64":             file(dict("<f8", "False", "(3, 43)"), encode(x, little, false)),
		"float32":             file(dict("<f4", "False", "(3, 43)"), encode(x, little, true)),
		"big-endian float64":  file(dict(">f8", "False", "(3, 43)"), encode(x, big, false)),
		"big-endian float32":  file(dict(">f4", "False", "(3, 43)"), encode(x, big, true)),
		"the second version":  second(dict("<f8", "False", "(3, 43)"), encode(x, little, false)),
		"a header of padding": file(dict("<f8", "False", "(3, 43)")+strings.Repeat(" ", 60000), encode(x, little, false)),
	} {
		if got, err := Read(bytes.NewReader(f)); err != nil || !slices.Equal(got, x) {
			t.Errorf("%s: %d numbers and error %v, expected the table", name, len(got), err)
		}
		if got, err := Read(iotest.OneByteReader(bytes.NewReader(f))); err != nil || !slices.Equal(got, x) {
			t.Errorf("%s, byte by byte: %d numbers and error %v, expected the table", name, len(got), err)
		}
	}
}

func TestDamaged(t *testing.T) {
	x := numbers(3)
	data := encode(x, binary.LittleEndian, false)
	good := file(dict("<f8", "False", "(3, 43)"), data)
	with := func(k int, v float64) []byte {
		y := slices.Clone(x)
		y[k] = v
		return file(dict("<f8", "False", "(3, 43)"), encode(y, binary.LittleEndian, false))
	}
	const bad = "damaged, expected the keys"
	for _, tt := range []struct {
		name, says string
		file       []byte
		cut        bool
	}{
		{"empty", "header: unexpected EOF", nil, true},
		{"the magic string alone", "header: unexpected EOF", good[:6], true},
		{"cut in the header", "header: unexpected EOF", good[:40], true},
		{"no data", "row 0 of 3: unexpected EOF", good[:len(good)-len(data)], true},
		{"cut between rows", "row 2 of 3: unexpected EOF", good[:len(good)-8*Features], true},
		{"cut between numbers", "row 2 of 3: unexpected EOF", good[:len(good)-8], true},
		{"cut in a number", "row 2 of 3: unexpected EOF", good[:len(good)-1], true},
		{"a byte too many", "data go on after row 3", append(slices.Clone(good), 0), false},
		{"another format", "not a valid NumPy", []byte("PK\x03\x04 an archive of arrays"), false},
		{"another version", "major version number (9)", append([]byte("\x93NUMPY\x09\x00"), good[8:]...), false},
		{"a header of 4 GB", "4294967295 bytes, expected at most 65536", append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), good[12:]...), false},
		{"no dictionary", "invalid dictionary", file("", data), false},
		{"no line end", bad, append([]byte("\x93NUMPY\x01\x00\x04\x00"), "{}  "...), false},
		{"no shape", "invalid dictionary", file("{'descr': '<f8', 'fortran_order': False}", data), false},
		{"keys in another order", bad, file("{'shape': (3, 43), 'fortran_order': False, 'descr': '<f8', }", data), false},
		{"no end of the dictionary", bad, file("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 43), ", data), false},
		{"an empty shape", bad, file("{'descr': '<f8', 'fortran_order': False, 'shape': , }", data), false},
		{"a shape of words", "header: strconv.Atoi", file(dict("<f8", "False", "(three, 43)"), data), false},
		{"a scalar", "shape [], expected a matrix", file(dict("<f8", "False", "()"), data), false},
		{"a vector", "shape [129], expected a matrix", file(dict("<f8", "False", "(129,)"), data), false},
		{"a tensor", "shape [3 43 1], expected a matrix", file(dict("<f8", "False", "(3, 43, 1)"), data), false},
		{"other columns", "shape [43 3], expected a matrix of 43", file(dict("<f8", "False", "(43, 3)"), data), false},
		{"no rows", "0 rows, expected 1 to", file(dict("<f8", "False", "(0, 43)"), nil), false},
		{"a negative number of rows", "-1 rows", file(dict("<f8", "False", "(-1, 43)"), data), false},
		{"more rows than numbers fit", "9223372036854775807 rows", file(dict("<f8", "False", "(9223372036854775807, 43)"), data), false},
		{"more rows than an int", "out of range", file(dict("<f8", "False", "(9223372036854775808, 43)"), data), false},
		{"more rows than there are", "row 3 of 1048576: unexpected EOF", file(dict("<f8", "False", "(1048576, 43)"), data), true},
		{"Fortran order", "Fortran order, expected C", file(dict("<f8", "True", "(3, 43)"), data), false},
		{"neither order", "fortran_order", file(dict("<f8", "Maybe", "(3, 43)"), data), false},
		{"integers", "element type '<i8', expected float64", file(dict("<i8", "False", "(3, 43)"), data), false},
		{"half precision", "element type '<f2'", file(dict("<f2", "False", "(3, 43)"), data), false},
		{"objects", "element type '|O'", file(dict("|O", "False", "(3, 43)"), data), false},
		{"a type without quotes", "element type <f8,", file("{'descr': <f8, 'fortran_order': False, 'shape': (3, 43), }", data), false},
		{"a record", "element type [('x'", file("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (3, 43), }", data), false},
		{"NaN", "row 1: column 2 is NaN, expected a finite", with(Features+2, math.NaN()), false},
		{"infinite", "row 0: column 42 is -Inf", with(42, math.Inf(-1)), false},
	} {
		got, err := Read(bytes.NewReader(tt.file))
		if got != nil || err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %d numbers and error %v, expected one that mentions %q", tt.name, len(got), err, tt.says)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) != tt.cut {
			t.Errorf("%s: error %v, expected cause %v: %v", tt.name, err, io.ErrUnexpectedEOF, tt.cut)
		}
	}
}

func TestFailingReader(t *testing.T) {
	if _, err := Read(nil); err == nil || !strings.Contains(err.Error(), "reader is nil") {
		t.Errorf("error %v without a reader", err)
	}
	broken := errors.New("broken")
	good := file(dict("<f8", "False", "(3, 43)"), encode(numbers(3), binary.LittleEndian, false))
	for _, n := range []int{0, 30, len(good) - 9, len(good)} {
		if _, err := Read(io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("broken after %d bytes: error %v, expected cause %v", n, err, broken)
		}
	}
}

// A header takes no memory for numbers that are not there.
func TestMemory(t *testing.T) {
	for name, f := range map[string][]byte{
		"rows":   file(dict("<f8", "False", "(1048576, 43)"), make([]byte, 8*Features)),
		"header": append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), make([]byte, 1000)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Read(bytes.NewReader(f)); err == nil {
			t.Errorf("%s: no error", name)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes taken for a file of %d", name, n, len(f))
		}
	}
}

// What is read without an error are rows of finite numbers that are in the file,
// and splitting them does not panic.
func FuzzRead(f *testing.F) {
	x := numbers(12)
	data := encode(x, binary.LittleEndian, false)
	f.Add(file(dict("<f8", "False", "(12, 43)"), data))
	f.Add(second(dict("<f4", "False", "(12, 43)"), data[:len(data)/2]))
	f.Add(second(dict(">f4", "False", "(3, 43)"), data[:3*4*Features]))
	f.Add(file(dict("<f8", "True", "(12, 43)"), data))
	f.Add(file(dict("<f8", "False", "(99999999999, 43)"), nil))
	f.Add(file("{'shape': (1, 43), 'descr': '<f8', 'fortran_order': False}", nil))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := Read(bytes.NewReader(b))
		if err != nil {
			if x != nil {
				t.Errorf("%d numbers and error %v", len(x), err)
			}
			return
		}
		if len(x) == 0 || len(x)%Features != 0 || 4*len(x) > len(b) {
			t.Errorf("%d numbers of a file of %d bytes", len(x), len(b))
		}
		for _, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%v is read", v)
			}
		}
		if d, err := Split(x); (d == nil) == (err == nil) {
			t.Errorf("parts %v and error %v", d, err)
		}
	})
}

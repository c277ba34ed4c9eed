package mnist

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// idx is IDX data: the header's numbers, then the items.
func idx(data []byte, header ...uint32) []byte {
	var b []byte
	for _, h := range header {
		b = binary.BigEndian.AppendUint32(b, h)
	}
	return append(b, data...)
}

// images returns the IDX data of n images whose pixels count up modulo 251.
func images(n int) []byte {
	data := make([]byte, n*784)
	for i := range data {
		data[i] = byte(i % 251)
	}
	return idx(data, 2051, uint32(n), 28, 28)
}

func labels(l ...byte) []byte { return idx(l, 2049, uint32(len(l))) }

func gz(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func TestReadImages(t *testing.T) {
	raw := images(3)
	got, err := readImages(bytes.NewReader(raw), "f")
	if err != nil || !bytes.Equal(got, raw[16:]) {
		t.Errorf("%d pixels and error %v, want the %d after the header", len(got), err, len(raw)-16)
	}
}

func TestReadLabels(t *testing.T) {
	got, err := readLabels(bytes.NewReader(labels(5, 0, 9)), "f")
	if err != nil || !bytes.Equal(got, []byte{5, 0, 9}) {
		t.Errorf("%v and error %v, want 5 0 9", got, err)
	}
}

func TestDamagedIDX(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels bool // else images
		data   []byte
		offset int64
		text   string
	}{
		{"empty", false, nil, 0, "0 of 4 bytes"},
		{"cut in magic", true, []byte{0, 0, 8}, 3, "3 of 4 bytes"},
		{"labels as images", false, labels(1), 0, "magic number 2049, want 2051"},
		{"images as labels", true, images(1), 0, "magic number 2051, want 2049"},
		{"little-endian", true, []byte{1, 8, 0, 0, 1, 0, 0, 0, 5}, 0, "magic number"},
		{"cut in header", false, images(1)[:10], 10, "2 of 4 bytes"},
		{"no items", true, labels(), 4, "0 items"},
		{"far too many items", false, idx(nil, 2051, 1<<32-1, 28, 28), 4, "4294967295 items"},
		{"rows", false, idx(nil, 2051, 1, 27, 28), 8, "dimension 1 is 27, want 28"},
		{"columns", false, idx(nil, 2051, 1, 28, 29), 12, "dimension 2 is 29, want 28"},
		{"cut in pixels", false, images(2)[:16+1000], 1016, "1000 of 1568 bytes"},
		{"count without data", false, idx(nil, 2051, 1<<20, 28, 28), 16, "0 of 822083584 bytes"},
		{"cut in labels", true, idx([]byte{1, 2}, 2049, 3), 10, "2 of 3 bytes"},
		{"trailing pixel", false, append(images(1), 0), 800, "go on"},
		{"trailing label", true, append(labels(1, 2), 3), 10, "go on"},
		{"label 10", true, labels(1, 10, 2), 9, "label 10"},
	} {
		read := readImages
		if test.labels {
			read = readLabels
		}
		_, err := read(bytes.NewReader(test.data), "the-file")
		var f *FormatError
		if !errors.As(err, &f) {
			t.Errorf("%s: error %v, want a *FormatError", test.name, err)
			continue
		}
		if f.File != "the-file" || f.Offset != test.offset || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: error %q, want offset %d and %q", test.name, err, test.offset, test.text)
		}
		if short := strings.Contains(test.text, " bytes"); short != errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: cause is io.ErrUnexpectedEOF: %v, want %v", test.name, !short, short)
		}
	}
}

// Whatever is read without an error is what the header says, and every error is
// a *FormatError at a place in the data.
func FuzzReadIDX(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(images(1))
	f.Add(images(2)[:1000])
	f.Add(labels(5, 0, 4))
	f.Add(append(labels(5), 0))
	f.Add(idx(nil, 2051, 1<<32-1, 28, 28))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, test := range []struct {
			read   func(io.Reader, string) ([]uint8, error)
			encode func(items []byte) []byte
		}{
			{readImages, func(p []byte) []byte { return idx(p, 2051, uint32(len(p)/784), 28, 28) }},
			{readLabels, func(l []byte) []byte { return labels(l...) }},
		} {
			items, err := test.read(bytes.NewReader(data), "fuzz")
			if err == nil {
				if !bytes.Equal(test.encode(items), data) {
					t.Errorf("%d bytes read do not make up the data", len(items))
				}
				continue
			}
			var e *FormatError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) {
				t.Errorf("error %v for %d bytes", err, len(data))
			}
		}
	})
}

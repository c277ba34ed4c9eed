package exchange

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
)

const (
	npyMagic = "\x93NUMPY"
	// npyAlign is the multiple of bytes that a header has, after 1 to as many spaces.
	npyAlign = 64
	// growth is the number of digits of the first dimension for which a header has
	// room, so that an array can grow in its file.
	growth = 21
	// maxNpyHeader bounds the header of an array in bytes, as NumPy does.
	maxNpyHeader = 10_000
)

// npyHeader returns what comes before the entries of an array: magic, version 1.0, the
// length of a dictionary and the dictionary, see numpy.lib.format.
func npyHeader(t written) []byte {
	var shape strings.Builder
	for i, n := range t.shape {
		if i > 0 {
			shape.WriteString(", ")
		}
		fmt.Fprint(&shape, n)
	}
	if len(t.shape) == 1 {
		shape.WriteString(",")
	}
	dictionary := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", t.elem.bytes, &shape)
	if len(t.shape) > 0 {
		dictionary += strings.Repeat(" ", growth-len(strconv.Itoa(t.shape[0])))
	}
	const before = len(npyMagic) + 2 + 2
	size := before + len(dictionary) + 1
	dictionary += strings.Repeat(" ", npyAlign-size%npyAlign) + "\n"
	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dictionary)))
	return append(b, dictionary...)
}

// readNpy reads the header of an array and returns its size.
func readNpy(r io.Reader) (t stored, size int64, err error) {
	start := make([]byte, len(npyMagic)+2)
	if _, err := io.ReadFull(r, start); err != nil {
		return t, 0, err
	}
	if !bytes.HasPrefix(start, []byte(npyMagic)) {
		return t, 0, errors.Wrapf(graph.ErrCorrupt, "starts with %q, expected %q", start[:len(npyMagic)], npyMagic)
	}
	length := make([]byte, 4)
	switch major := start[len(npyMagic)]; major {
	case 1:
		_, err = io.ReadFull(r, length[:2])
		size = int64(len(start)) + 2
	case 2, 3:
		_, err = io.ReadFull(r, length)
		size = int64(len(start)) + 4
	default:
		err = errors.Wrapf(graph.ErrCorrupt, "version %d of arrays, expected 1, 2 or 3", major)
	}
	if err != nil {
		return t, 0, err
	}
	n := binary.LittleEndian.Uint32(length)
	if n > maxNpyHeader {
		return t, 0, errors.Wrapf(graph.ErrCorrupt, "header of %d bytes, expected at most %d", n, maxNpyHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return t, 0, err
	}
	t, err = parseNpy(string(text))
	return t, size + int64(n), err
}

// The dictionary is a literal of Python with three keys in any order. The type is a
// string, or the list of a structure, which is refused later.
const (
	npyShape = `\(\s*\)|\((?:\s*\d+L?\s*,)+(?:\s*\d+L?)?\s*\)`
	npyEntry = `\s*['"](descr|fortran_order|shape)['"]\s*:\s*('[^']*'|"[^"]*"|\[[^\]]*\]|True|False|` + npyShape + `)\s*`
)

var (
	npyDictionary = regexp.MustCompile(`^\{` + npyEntry + `,` + npyEntry + `,` + npyEntry + `,?\s*\}\s*$`)
	npyNumber     = regexp.MustCompile(`\d+`)
)

func parseNpy(text string) (t stored, err error) {
	values := map[string]string{}
	if m := npyDictionary.FindStringSubmatch(text); m != nil {
		values[m[1]], values[m[3]], values[m[5]] = m[2], m[4], m[6]
	}
	descr, order, shape := values["descr"], values["fortran_order"], values["shape"]
	if descr == "" || order != "True" && order != "False" || !strings.HasPrefix(shape, "(") {
		return t, errors.Wrapf(graph.ErrCorrupt, "header %.100q, expected the dictionary of an array", text)
	}
	t.fortran = order == "True"
	t.elem = npyElement(strings.Trim(descr, `'"`))
	t.shape = []int{}
	for _, d := range npyNumber.FindAllString(shape, -1) {
		n, err := strconv.Atoi(d)
		if err != nil {
			return t, errors.Wrapf(graph.ErrCorrupt, "dimension %s, expected a size", d)
		}
		t.shape = append(t.shape, n)
	}
	return t, nil
}

// npyElement returns the type that a string describes: the order of bytes, and f with
// their number.
func npyElement(descr string) element {
	e := element{name: fmt.Sprintf("%.20q", descr), order: binary.LittleEndian}
	format, ok := strings.CutPrefix(descr, "<")
	if !ok {
		if format, ok = strings.CutPrefix(descr, ">"); ok {
			e.order = binary.BigEndian
		}
	}
	switch {
	case !ok:
	case format == "f2":
		e.kind, e.bytes = half, 2
	case format == "f4":
		e.kind, e.bytes = single, 4
	case format == "f8":
		e.kind, e.bytes = double, 8
	}
	return e
}

// archiveError makes errors of an archive that is damaged those of the file.
func archiveError(err error) error {
	var data flate.CorruptInputError
	switch {
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.As(err, &data):
		return errors.Wrap(graph.ErrCorrupt, err.Error())
	case errors.Is(err, zip.ErrAlgorithm):
		return errors.Wrap(graph.ErrCorrupt, "a compression other than DEFLATE, expected that or none")
	}
	return cut(err)
}

package graph

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	stderrors "errors"
	"io"
	"os"
	"reflect"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/atomicfile"
	"github.com/regnde/regnde/graph/internal/raw"
)

// Errors of Load. The parameters are as they were before.
var (
	// ErrCorrupt: what was read is no parameter file, or not all of it, or not
	// what was written.
	ErrCorrupt = stderrors.New("damaged parameter file")
	// ErrMismatch: the file is sound, but of another model.
	ErrMismatch = stderrors.New("parameter file of another model")
)

// A parameter file is
//
//	magic     8 bytes
//	length    of the header, uint32
//	header    JSON: version, element type, names and shapes
//	entries   of the flat vector, IEEE 754, in the order of the header
//	checksum  SHA-256 of all before
//
// with all numbers little-endian.
const (
	saveMagic     = "RegNDE\r\n" // shows a transfer that translated line ends
	saveVersion   = 1
	maxSaveHeader = 1 << 24
)

type saveHeader struct {
	Version int         `json:"version"`
	Dtype   string      `json:"dtype"`
	Params  []saveParam `json:"params"`
}

type saveParam struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

func (p *Params) header() saveHeader {
	h := saveHeader{Version: saveVersion, Dtype: p.dtype.String(), Params: []saveParam{}}
	for _, q := range p.params {
		h.Params = append(h.Params, saveParam{q.Name, q.Shape})
	}
	return h
}

// Save writes the names, shapes and values of the parameters. Load gives back
// every bit of them, non-finite entries included. The cause of the error is ErrInUse while
// they are changed, or that of w.
func (p *Params) Save(w io.Writer) error {
	if w == nil {
		return errors.New("save parameters: the writer is nil, expected one")
	}
	header, err := json.Marshal(p.header())
	if err != nil {
		return errors.Wrap(err, "save parameters")
	}
	b := []byte(saveMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	b = append(b, header...)
	if err = p.BeginRead(); err != nil {
		return errors.Wrap(err, "save")
	}
	b, err = binary.Append(b, binary.LittleEndian, p.entries())
	p.EndRead()
	if err != nil {
		return errors.Wrap(err, "save parameters")
	}
	sum := sha256.Sum256(b)
	_, err = w.Write(append(b, sum[:]...))
	return errors.Wrap(err, "save parameters")
}

// entries returns the flat vector as a []float32 or []float64.
func (p *Params) entries() any {
	if p.dtype == tensor.Float32 {
		return raw.Elements[float32](p.Vector())
	}
	return raw.Elements[float64](p.Vector())
}

// Load reads what Save wrote, and nothing after it, into parameters of the same
// element type, names and shapes. Everything is checked before any parameter
// changes: the cause of an error is ErrCorrupt, ErrMismatch, ErrInUse while a
// prediction reads them, or that of r.
func (p *Params) Load(r io.Reader) error {
	if r == nil {
		return errors.New("load parameters: the reader is nil, expected one")
	}
	return errors.Wrap(p.load(r, nil), "load parameters")
}

// maxForeign is the most bytes of another model's parameters that are read for
// their checksum.
const maxForeign = 1 << 30

// load loads. If r is a file, it must end after the checksum.
func (p *Params) load(r io.Reader, file os.FileInfo) error {
	sum := sha256.New()
	hashed := io.TeeReader(r, sum)
	h, header, err := readSaveHeader(hashed)
	if err != nil {
		return err
	}
	mismatch := p.header().differs(h)
	size, ok := h.size()
	if !ok {
		return errors.Wrap(ErrCorrupt, "impossible shape")
	}
	if file != nil && file.Mode().IsRegular() {
		if want := header + size + sha256.Size; file.Size() != want {
			return errors.Wrapf(ErrCorrupt, "%d bytes, expected %d", file.Size(), want)
		}
	}
	if mismatch != nil && size > maxForeign {
		return mismatch
	}
	var entries bytes.Buffer
	var dst io.Writer = io.Discard
	if mismatch == nil {
		entries.Grow(int(size))
		dst = &entries
	}
	if _, err := io.CopyN(dst, hashed, size); err != nil {
		return short(err, "entries")
	}
	want := sum.Sum(nil)
	got := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r, got); err != nil {
		return short(err, "checksum")
	}
	if !bytes.Equal(got, want) {
		return errors.Wrapf(ErrCorrupt, "checksum %x, expected %x", got[:4], want[:4])
	}
	if file != nil {
		if _, err := io.ReadFull(r, got[:1]); err == nil {
			return errors.Wrap(ErrCorrupt, "goes on after the checksum")
		} else if err != io.EOF {
			return err
		}
	}
	if mismatch != nil {
		return mismatch
	}
	if err := p.BeginChange(); err != nil {
		return err
	}
	defer p.EndChange()
	_, err = binary.Decode(entries.Bytes(), binary.LittleEndian, p.entries())
	return err
}

// readSaveHeader returns the header and the number of bytes up to its end.
func readSaveHeader(r io.Reader) (h saveHeader, end int64, err error) {
	start := make([]byte, len(saveMagic)+4)
	if _, err := io.ReadFull(r, start); err != nil {
		return h, 0, short(err, "first bytes")
	}
	if got := start[:len(saveMagic)]; string(got) != saveMagic {
		return h, 0, errors.Wrapf(ErrCorrupt, "starts with %q, expected %q", got, saveMagic)
	}
	n := binary.LittleEndian.Uint32(start[len(saveMagic):])
	if n > maxSaveHeader {
		return h, 0, errors.Wrapf(ErrCorrupt, "header of %d bytes, expected at most %d", n, maxSaveHeader)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, int64(n)); err != nil {
		return h, 0, short(err, "header")
	}
	if err := json.Unmarshal(b.Bytes(), &h); err != nil {
		return h, 0, errors.Wrapf(ErrCorrupt, "header: %v", err)
	}
	if h.Version != saveVersion {
		return h, 0, errors.Wrapf(ErrCorrupt, "version %d, expected %d", h.Version, saveVersion)
	}
	return h, int64(len(start)) + int64(n), nil
}

// short names the part of the file that is missing; other errors are r's own.
func short(err error, part string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.Wrapf(ErrCorrupt, "ends in the %s", part)
	}
	return errors.Wrap(err, part)
}

// size returns the bytes of the entries, false if the header contradicts
// itself.
func (h saveHeader) size() (int64, bool) {
	const most = 1 << 40
	var entry, total int64
	switch h.Dtype {
	case tensor.Float32.String():
		entry = 4
	case tensor.Float64.String():
		entry = 8
	default:
		return 0, false
	}
	for _, q := range h.Params {
		n := entry
		for _, d := range q.Shape {
			if d <= 0 || int64(d) > most/n {
				return 0, false
			}
			n *= int64(d)
		}
		if total += n; total > most {
			return 0, false
		}
	}
	return total, true
}

// differs says how a file's header differs from that of the parameters.
func (h saveHeader) differs(file saveHeader) error {
	if file.Dtype != h.Dtype {
		return errors.Wrapf(ErrMismatch, "entries of %s, expected %s", file.Dtype, h.Dtype)
	}
	for i, q := range h.Params {
		if i == len(file.Params) {
			return errors.Wrapf(ErrMismatch, "no parameter %q", q.Name)
		}
		if f := file.Params[i]; !reflect.DeepEqual(f, q) {
			return errors.Wrapf(ErrMismatch, "parameter %d is %q %v, expected %q %v", i, f.Name, f.Shape, q.Name, q.Shape)
		}
	}
	if n := len(h.Params); len(file.Params) > n {
		return errors.Wrapf(ErrMismatch, "%d parameters, expected %d", len(file.Params), n)
	}
	return nil
}

// SaveFile saves to a file, which is replaced whole or not at all.
func (p *Params) SaveFile(path string) error { return atomicfile.WriteSync(path, p.Save) }

// LoadFile loads from a file, which must hold nothing else.
func (p *Params) LoadFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return errors.Wrap(err, "load parameters")
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		err = p.load(bufio.NewReader(f), info)
	}
	return errors.Wrapf(err, "load parameters from %s", path)
}

// Package exchange writes parameters to files of other frameworks and reads them from
// there: safetensors, and the archives of arrays (.npz) of NumPy.
//
//	err := exchange.Safetensors.SaveFile("model.safetensors", params, nil)
//	err := exchange.Safetensors.LoadFile("model.safetensors", params, nil)
//
// Without settings every parameter is a tensor of its own name and shape. A function
// says where a parameter lies elsewhere, see Place: under another name, transposed, or
// as a part of a tensor.
//
// A file that is loaded is checked as a whole before any parameter changes. No size is
// believed that it declares: memory is in proportion to the bytes that are there, and to
// the parameters.
package exchange

import (
	"io"
	"os"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/atomicfile"
	"github.com/regnde/regnde/graph/internal/raw"
)

// A Format is a format of files of named tensors: Safetensors or Npz.
type Format struct {
	name  string
	write func(w io.Writer, tensors []written) error
	open  func(r io.ReaderAt, size int64) ([]stored, error)
}

// Settings say how parameters lie in a file. nil or a zero field means the default.
type Settings struct {
	// Place says where a parameter lies; in a tensor of its own name and shape if nil.
	Place func(p *graph.Param) Place
	// Convert loads entries of another floating-point type than that of the
	// parameters as well: of 16, 32 or 64 bits. Those of 64 bits are rounded to
	// float32, and it is an error if one is too large for that. All others keep their
	// value. If false, another type than that of the parameters is an error.
	Convert bool
	// Ignore reports whether a tensor of the file in which no parameter lies is passed
	// over; none if nil, and such a tensor is an error.
	Ignore func(tensor string) bool
}

// written is a tensor to be written, of entries in float32 or float64.
type written struct {
	name  string
	shape []int
	data  []byte // little-endian, row-major
	elem  element
}

// stored is a tensor of a file.
type stored struct {
	name  string
	shape []int
	elem  element
	// fortran says that entries are column-major.
	fortran bool
	// read returns the bytes of the entries.
	read func() ([]byte, error)
}

// Save writes the parameters in their element type, little-endian. The cause of the error
// is graph.ErrInUse while they are changed, or that of w.
func (f Format) Save(w io.Writer, p *graph.Params, settings *Settings) error {
	if w == nil || p == nil {
		return errors.Errorf("save %s: a writer or parameters that are nil, expected both", f.name)
	}
	return errors.Wrapf(f.save(w, p, settings), "save %s", f.name)
}

func (f Format) save(w io.Writer, p *graph.Params, settings *Settings) error {
	blocks, err := layout(p, settings)
	if err != nil {
		return err
	}
	if err := p.BeginRead(); err != nil {
		return err
	}
	defer p.EndRead()
	tensors := make([]written, len(blocks))
	for i, b := range blocks {
		tensors[i] = written{name: b.name, shape: b.shape}
		if p.Dtype() == tensor.Float32 {
			tensors[i].elem, tensors[i].data = float32s, encode(gather(b, raw.Elements[float32](p.Vector())))
		} else {
			tensors[i].elem, tensors[i].data = float64s, encode(gather(b, raw.Elements[float64](p.Vector())))
		}
	}
	return f.write(w, tensors)
}

// Load reads a file of size bytes into parameters that have been declared. Every
// parameter must be there with its shape and its element type, see Settings.Convert,
// and nothing else, see Settings.Ignore. On an error the parameters are as they were:
// its cause is graph.ErrCorrupt for a file that is not what its format says,
// graph.ErrMismatch for one of another model, graph.ErrInUse while a predictor without a
// snapshot reads the parameters or an optimizer changes them, or that of r.
func (f Format) Load(r io.ReaderAt, size int64, p *graph.Params, settings *Settings) error {
	if r == nil || p == nil {
		return errors.Errorf("load %s: a reader or parameters that are nil, expected both", f.name)
	}
	return errors.Wrapf(f.load(r, size, p, settings), "load %s", f.name)
}

func (f Format) load(r io.ReaderAt, size int64, p *graph.Params, settings *Settings) error {
	if settings == nil {
		settings = &Settings{}
	}
	blocks, err := layout(p, settings)
	if err != nil {
		return err
	}
	tensors, err := f.open(r, size)
	if err != nil {
		return err
	}
	if p.Dtype() == tensor.Float32 {
		return fill[float32](p, float32s, blocks, tensors, settings)
	}
	return fill[float64](p, float64s, blocks, tensors, settings)
}

// fill overwrites the parameters, of elements elem, if all blocks are among the tensors.
func fill[T float](p *graph.Params, elem element, blocks []*block, tensors []stored, settings *Settings) error {
	byName := make(map[string]stored, len(tensors))
	for _, t := range tensors {
		byName[t.name] = t
	}
	for _, b := range blocks {
		t, ok := byName[b.name]
		switch {
		case !ok:
			return errors.Wrapf(graph.ErrMismatch, "no tensor %q", b.name)
		case !slices.Equal(t.shape, b.shape):
			return errors.Wrapf(graph.ErrMismatch, "tensor %q has shape %v, expected %v", b.name, t.shape, b.shape)
		case t.elem.kind == other:
			return errors.Wrapf(graph.ErrMismatch, "tensor %q is of type %s, expected floating-point numbers", b.name, t.elem)
		case t.elem.kind != elem.kind && !settings.Convert:
			return errors.Wrapf(graph.ErrMismatch, "tensor %q is of type %s, expected %T or Settings.Convert", b.name, t.elem, T(0))
		}
		delete(byName, b.name)
	}
	for _, t := range tensors { // in the order of the file
		if _, left := byName[t.name]; left && (settings.Ignore == nil || !settings.Ignore(t.name)) {
			return errors.Wrapf(graph.ErrMismatch, "tensor %q is no parameter, expected %d tensors", t.name, len(blocks))
		}
	}
	vector := raw.Elements[T](p.Vector())
	next, err := read[T](len(vector), blocks, tensors)
	if err != nil {
		return err
	}
	if err := p.BeginChange(); err != nil {
		return err
	}
	defer p.EndChange()
	copy(vector, next)
	return nil
}

// read reads the blocks into a vector of n entries.
func read[T float](n int, blocks []*block, tensors []stored) ([]T, error) {
	byName := make(map[string]*block, len(blocks))
	for _, b := range blocks {
		byName[b.name] = b
	}
	next := make([]T, n)
	for _, t := range tensors {
		b := byName[t.name]
		if b == nil {
			continue
		}
		data, err := t.read()
		if err != nil {
			return nil, errors.Wrapf(err, "tensor %q", t.name)
		}
		x, err := decode[T](data, t.elem)
		if err != nil {
			return nil, errors.Wrapf(err, "tensor %q", t.name)
		}
		if t.fortran {
			x = rowMajor(x, t.shape)
		}
		scatter(b, next, x)
	}
	return next, nil
}

// SaveFile saves to a file, which is replaced whole or not at all.
func (f Format) SaveFile(path string, p *graph.Params, settings *Settings) error {
	return atomicfile.WriteSync(path, func(w io.Writer) error { return f.Save(w, p, settings) })
}

// LoadFile loads from a file.
func (f Format) LoadFile(path string, p *graph.Params, settings *Settings) error {
	file, err := os.Open(path)
	if err != nil {
		return errors.Wrapf(err, "load %s", f.name)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		err = f.Load(file, info.Size(), p, settings)
	}
	return errors.Wrap(err, path)
}

package exchange_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

var formats = map[string]exchange.Format{"safetensors": exchange.Safetensors, "npz": exchange.Npz}

// declared returns parameters w (2, 3), b (3) and "cube ü" (2, 1, 2) whose entries count
// up from start.
func declared(t testing.TB, dt tensor.Dtype, start float64) *graph.Params {
	t.Helper()
	p := graph.NewParams(dt)
	add(t, p, start, "w", 2, 3)
	add(t, p, start+6, "b", 3)
	add(t, p, start+9, "cube ü", 2, 1, 2)
	return p
}

func add(t testing.TB, p *graph.Params, start float64, name string, shape ...int) {
	t.Helper()
	_, err := p.Add(name, func(w []float64) {
		for i := range w {
			w[i] = start + float64(i)
		}
	}, shape...)
	if err != nil {
		t.Fatal(err)
	}
}

func saved(t testing.TB, f exchange.Format, p *graph.Params, set *exchange.Settings) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Save(&b, p, set); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(f exchange.Format, data []byte, p *graph.Params, set *exchange.Settings) error {
	return f.Load(bytes.NewReader(data), int64(len(data)), p, set)
}

// TestEveryBit: no value is special, a signaling NaN included.
func TestEveryBit(t *testing.T) {
	for name, f := range formats {
		single := declared(t, tensor.Float32, 1)
		x := single.Vector().Data().([]float32)
		copy(x, []float32{math.Float32frombits(0x7f800001), float32(math.Inf(-1)), float32(math.Copysign(0, -1)), 0x1p-149})
		into := declared(t, tensor.Float32, 100)
		if err := load(f, saved(t, f, single, nil), into, nil); err != nil {
			t.Fatal(err)
		}
		for i, v := range into.Vector().Data().([]float32) {
			if math.Float32bits(v) != math.Float32bits(x[i]) {
				t.Errorf("%s: entry %d is %x, expected %x", name, i, math.Float32bits(v), math.Float32bits(x[i]))
			}
		}

		double := declared(t, tensor.Float64, 1)
		y := double.Vector().Data().([]float64)
		copy(y, []float64{math.Float64frombits(0x7ff0000000000001), math.Inf(1), math.Copysign(0, -1), 0x1p-1074})
		into = declared(t, tensor.Float64, 100)
		vector := into.Vector()
		if err := load(f, saved(t, f, double, nil), into, nil); err != nil {
			t.Fatal(err)
		}
		for i, v := range vector.Data().([]float64) {
			if math.Float64bits(v) != math.Float64bits(y[i]) {
				t.Errorf("%s: entry %d is %x, expected %x", name, i, math.Float64bits(v), math.Float64bits(y[i]))
			}
		}
	}
}

// TestConvert: another type is an error unless it is asked for. Then what is narrower
// keeps its value, and what is wider is rounded, but not to an infinity.
func TestConvert(t *testing.T) {
	convert := &exchange.Settings{Convert: true}
	for name, f := range formats {
		for from, to := range map[tensor.Dtype]tensor.Dtype{tensor.Float32: tensor.Float64, tensor.Float64: tensor.Float32} {
			p, q := declared(t, from, 0.1), declared(t, to, 50)
			file, before := saved(t, f, p, nil), q.Float64s()
			err := load(f, file, q, nil)
			if !errors.Is(err, graph.ErrMismatch) || !strings.Contains(err.Error(), "Convert") || !slices.Equal(q.Float64s(), before) {
				t.Errorf("%s, %v into %v: error %v, expected one that names the setting", name, from, to, err)
			}
			if err := load(f, file, q, convert); err != nil {
				t.Fatal(err)
			}
			for i, v := range q.Float64s() {
				if want := float64(float32(p.Float64s()[i])); v != want {
					t.Errorf("%s, %v into %v: entry %d is %v, expected %v", name, from, to, i, v, want)
				}
			}
		}
		p, q := declared(t, tensor.Float64, 1), declared(t, tensor.Float32, 50)
		x, before := p.Float64s(), q.Float64s()
		for _, test := range []struct {
			value float64
			fine  bool
		}{{math.Inf(1), true}, {math.NaN(), true}, {math.MaxFloat32, true}, {-1e39, false}} {
			q.SetFloat64s(before)
			x[3] = test.value
			p.SetFloat64s(x)
			err := load(f, saved(t, f, p, nil), q, convert)
			if (err == nil) != test.fine || err != nil && !slices.Equal(q.Float64s(), before) {
				t.Errorf("%s: %v into float32: error %v", name, test.value, err)
			}
		}
	}
}

// TestMismatch: files of other models.
func TestMismatch(t *testing.T) {
	for name, f := range formats {
		file := saved(t, f, declared(t, tensor.Float64, 1), nil)
		for _, test := range []struct {
			what, want string
			declare    func(p *graph.Params)
			settings   *exchange.Settings
		}{
			{"a tensor that lacks", `no tensor "more"`, func(p *graph.Params) {
				add(t, p, 0, "w", 2, 3)
				add(t, p, 0, "more", 1)
			}, nil},
			{"another shape", `tensor "w" has shape [2 3], expected [3 2]`, func(p *graph.Params) {
				add(t, p, 0, "w", 3, 2)
				add(t, p, 0, "b", 3)
				add(t, p, 0, "cube ü", 2, 1, 2)
			}, nil},
			{"a tensor that is no parameter", `"cube ü" is no parameter`, func(p *graph.Params) {
				add(t, p, 0, "w", 2, 3)
				add(t, p, 0, "b", 3)
			}, nil},
			{"one that is ignored, and one that is not", `"cube ü" is no parameter`, func(p *graph.Params) {
				add(t, p, 0, "w", 2, 3)
			}, &exchange.Settings{Ignore: func(name string) bool { return name == "b" }}},
		} {
			p := graph.NewParams(tensor.Float64)
			test.declare(p)
			before := p.Float64s()
			err := load(f, file, p, test.settings)
			if !errors.Is(err, graph.ErrMismatch) || !strings.Contains(err.Error(), test.want) || !slices.Equal(p.Float64s(), before) {
				t.Errorf("%s, %s: error %v, expected %s", name, test.what, err, test.want)
			}
		}

		p := graph.NewParams(tensor.Float64)
		add(t, p, 50, "b", 3)
		ignore := &exchange.Settings{Ignore: func(name string) bool { return strings.ContainsAny(name, "wu") }}
		if err := load(f, file, p, ignore); err != nil || !slices.Equal(p.Float64s(), []float64{7, 8, 9}) {
			t.Errorf("%s: %v, error %v, expected the one parameter", name, p.Float64s(), err)
		}
	}
}

// TestFile: a file is whole or not there, and a folder, or none, is an error.
func TestFile(t *testing.T) {
	for name, f := range formats {
		dir := t.TempDir()
		path := filepath.Join(dir, "model")
		p, q := declared(t, tensor.Float64, 1), declared(t, tensor.Float64, 50)
		if err := f.SaveFile(path, p, nil); err != nil {
			t.Fatal(err)
		}
		if err := f.LoadFile(path, q, nil); err != nil || !slices.Equal(p.Float64s(), q.Float64s()) {
			t.Errorf("%s: %v, error %v, expected %v", name, q.Float64s(), err, p.Float64s())
		}
		broken := &exchange.Settings{Place: func(*graph.Param) exchange.Place { return exchange.Place{} }}
		if err := f.SaveFile(path, p, broken); err == nil {
			t.Errorf("%s: no error for places without a name", name)
		}
		entries, _ := os.ReadDir(dir)
		if err := f.LoadFile(path, q, nil); err != nil || len(entries) != 1 {
			t.Errorf("%s: error %v, %d files, expected the one from before", name, err, len(entries))
		}
		if err := f.LoadFile(filepath.Join(dir, "none"), q, nil); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: error %v, expected %v", name, err, os.ErrNotExist)
		}
		if err := f.LoadFile(dir, q, nil); err == nil {
			t.Errorf("%s: no error for a folder", name)
		}
	}
}

func TestNil(t *testing.T) {
	p := declared(t, tensor.Float64, 1)
	for name, f := range formats {
		if err := f.Save(nil, p, nil); err == nil {
			t.Errorf("%s: no error without a writer", name)
		}
		if err := f.Save(new(bytes.Buffer), nil, nil); err == nil {
			t.Errorf("%s: no error without parameters to save", name)
		}
		if err := f.Load(nil, 0, p, nil); err == nil {
			t.Errorf("%s: no error without a reader", name)
		}
		if err := f.Load(new(bytes.Reader), 0, nil, nil); err == nil {
			t.Errorf("%s: no error without parameters to load", name)
		}
	}
}

// TestFailingReader: an error of the reader is its own, and changes nothing.
func TestFailingReader(t *testing.T) {
	broken := errors.New("broken")
	for name, f := range formats {
		file := saved(t, f, declared(t, tensor.Float64, 1), nil)
		q := declared(t, tensor.Float64, 50)
		before := q.Float64s()
		for calls := 0; ; calls++ {
			err := f.Load(&failing{bytes.NewReader(file), calls, broken}, int64(len(file)), q, nil)
			if err == nil {
				break
			}
			if !errors.Is(err, broken) || !slices.Equal(q.Float64s(), before) {
				t.Fatalf("%s: error %v in call %d, expected %v", name, err, calls, broken)
			}
		}
	}
}

// failing reads a few times and then fails.
type failing struct {
	*bytes.Reader
	left int
	err  error
}

func (r *failing) ReadAt(b []byte, off int64) (int, error) {
	if r.left == 0 {
		return 0, r.err
	}
	r.left--
	return r.Reader.ReadAt(b, off)
}

// TestInUse: parameters that are read or changed by others are not loaded into.
func TestInUse(t *testing.T) {
	for name, f := range formats {
		file, p := saved(t, f, declared(t, tensor.Float64, 1), nil), declared(t, tensor.Float64, 50)
		before := p.Float64s()
		if err := p.BeginChange(); err != nil {
			t.Fatal(err)
		}
		if err := load(f, file, p, nil); !errors.Is(err, graph.ErrInUse) || !slices.Equal(p.Float64s(), before) {
			t.Errorf("%s: error %v, parameters %v, expected %v and no change", name, err, p.Float64s(), graph.ErrInUse)
		}
		p.EndChange()
		if err := load(f, file, p, nil); err != nil {
			t.Errorf("%s: error %v after the change", name, err)
		}
		if err := p.BeginChange(); err != nil {
			t.Errorf("%s: error %v after the load", name, err)
		}
	}
}

// TestSaveWhileChanged: parameters that are changed are not written, in any format.
func TestSaveWhileChanged(t *testing.T) {
	p := declared(t, tensor.Float64, 1)
	if err := p.BeginChange(); err != nil {
		t.Fatal(err)
	}
	all := map[string]func(io.Writer) error{"graph": p.Save}
	for name, f := range formats {
		all[name] = func(w io.Writer) error { return f.Save(w, p, nil) }
	}
	for name, save := range all {
		var b bytes.Buffer
		if err := save(&b); !errors.Is(err, graph.ErrInUse) || b.Len() > 0 {
			t.Errorf("%s: error %v after %d bytes, expected %v before the first", name, err, b.Len(), graph.ErrInUse)
		}
	}
	p.EndChange()
	for name, save := range all {
		if err := save(io.Discard); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
}

// TestFilesOfOtherFormats: a file that is no safetensors file is said to be what it is.
func TestFilesOfOtherFormats(t *testing.T) {
	p := graph.NewParams(tensor.Float64)
	if _, err := p.Add("w", nil, 2); err != nil {
		t.Fatal(err)
	}
	var own, npz bytes.Buffer
	if err := errors.Join(p.Save(&own), exchange.Npz.Save(&npz, p, nil)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file []byte
		want string
	}{
		{own.Bytes(), "Params.Save"},
		{npz.Bytes(), ".npz"},
		{[]byte("\x93NUMPY\x01\x00"), "NumPy"},
		{[]byte("\x89HDF\r\n\x1a\n"), "HDF5"},
	} {
		err := exchange.Safetensors.Load(bytes.NewReader(tt.file), int64(len(tt.file)), p, nil)
		if !errors.Is(err, graph.ErrCorrupt) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, expected a damaged file that is named %q", err, tt.want)
		}
	}
}

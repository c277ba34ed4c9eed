package graph_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
)

// declared returns parameters whose entries count up from start.
func declared(t testing.TB, dt tensor.Dtype, start float64, names ...string) *graph.Params {
	t.Helper()
	p := graph.NewParams(dt)
	for _, name := range names {
		_, err := p.Add(name, func(w []float64) {
			for i := range w {
				w[i] = start
				start += 0.5
			}
		}, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func saved(t testing.TB, p *graph.Params) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Save(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSaveLoad(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, names := range [][]string{nil, {"w"}, {"w", `b "ü"`}} {
			p := declared(t, dt, 1, names...)
			if len(names) > 0 { // no value is special
				x := p.Float64s()
				x[0], x[1], x[2], x[3] = math.NaN(), math.Inf(-1), math.Copysign(0, -1), 0x1p-149
				p.SetFloat64s(x)
			}
			q := declared(t, dt, 100, names...)
			vector := q.Vector()
			r := iotest.OneByteReader(bytes.NewReader(append(saved(t, p), "rest"...)))
			if err := q.Load(r); err != nil {
				t.Fatal(err)
			}
			a, b := p.Float64s(), q.Float64s()
			for i := range a {
				if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
					t.Errorf("%v: entry %d is %v, expected %v", dt, i, b[i], a[i])
				}
			}
			if q.Vector() != vector {
				t.Error("the vector has moved")
			}
			rest := make([]byte, 4)
			if r.Read(rest[:1]); rest[0] != 'r' {
				t.Error("read beyond the checksum")
			}
		}
	}
}

// TestSaveLayout reads a file by its description.
func TestSaveLayout(t *testing.T) {
	b := saved(t, declared(t, tensor.Float32, 1, "w"))
	const header = `{"version":1,"dtype":"float32","params":[{"name":"w","shape":[2,3]}]}`
	want := "RegNDE\r\n" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(header)))) + header
	for _, x := range []float32{1, 1.5, 2, 2.5, 3, 3.5} {
		want += string(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
	}
	if len(b) != len(want)+32 || string(b[:len(want)]) != want {
		t.Errorf("file is %q, expected %q and a checksum", b, want)
	}
}

func TestLoadMismatch(t *testing.T) {
	p := declared(t, tensor.Float64, 1, "a", "b")
	before := p.Float64s()
	reshaped := graph.NewParams(tensor.Float64)
	reshaped.Add("a", nil, 3, 2)
	reshaped.Add("b", nil, 2, 3)
	for name, other := range map[string]*graph.Params{
		"element type": declared(t, tensor.Float32, 1, "a", "b"),
		"name":         declared(t, tensor.Float64, 1, "a", "c"),
		"order":        declared(t, tensor.Float64, 1, "b", "a"),
		"too few":      declared(t, tensor.Float64, 1, "a"),
		"too many":     declared(t, tensor.Float64, 1, "a", "b", "c"),
		"none":         declared(t, tensor.Float64, 1),
		"shape":        reshaped,
	} {
		if err := p.Load(bytes.NewReader(saved(t, other))); !errors.Is(err, graph.ErrMismatch) {
			t.Errorf("%s: %v, expected ErrMismatch", name, err)
		}
	}
	if !slices.Equal(p.Float64s(), before) {
		t.Error("a file of another model changed the parameters")
	}
}

// TestLoadCorrupt changes and cuts a file at every byte.
func TestLoadCorrupt(t *testing.T) {
	p := declared(t, tensor.Float64, 1, "a", "b")
	before := p.Float64s()
	good := saved(t, declared(t, tensor.Float64, 7, "a", "b"))
	for i := range good {
		if err := p.Load(bytes.NewReader(good[:i])); !errors.Is(err, graph.ErrCorrupt) {
			t.Fatalf("cut to %d bytes: %v, expected ErrCorrupt", i, err)
		}
		for _, flip := range []byte{1, 0x20, 0x80} {
			bad := slices.Clone(good)
			bad[i] ^= flip
			if err := p.Load(bytes.NewReader(bad)); !errors.Is(err, graph.ErrCorrupt) {
				t.Fatalf("byte %d changed: %v, expected ErrCorrupt", i, err)
			}
		}
	}
	broken := errors.New("broken disk")
	for i := range good {
		if err := p.Load(&failing{good[:i], broken}); !errors.Is(err, broken) {
			t.Fatalf("read error at byte %d: %v", i, err)
		}
	}
	if !slices.Equal(p.Float64s(), before) {
		t.Error("a damaged file changed the parameters")
	}
}

type failing struct {
	b   []byte
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	if len(f.b) == 0 {
		return 0, f.err
	}
	n := copy(p, f.b)
	f.b = f.b[n:]
	return n, nil
}

func TestSaveFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model")
	p := declared(t, tensor.Float32, 1, "w")
	for range 2 { // the second replaces the first
		if err := p.SaveFile(path); err != nil {
			t.Fatal(err)
		}
	}
	q := declared(t, tensor.Float32, 9, "w")
	if err := q.LoadFile(path); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Float64s(), q.Float64s()) {
		t.Errorf("loaded %v, expected %v", q.Float64s(), p.Float64s())
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("%d files left, expected 1", len(files))
	}
	if err := os.WriteFile(path, append(saved(t, p), 0), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := q.LoadFile(path); !errors.Is(err, graph.ErrCorrupt) {
		t.Errorf("file with a byte too many: %v, expected ErrCorrupt", err)
	}
	if err := q.LoadFile(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v, expected os.ErrNotExist", err)
	}
	if err := p.SaveFile(filepath.Join(dir, "none", "model")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v, expected os.ErrNotExist", err)
	}
}

// TestLoadLargeFile loads files of gigabytes and more, most of which is not on the
// disk: what they hold is never read, since their sizes say enough.
func TestLoadLargeFile(t *testing.T) {
	p := declared(t, tensor.Float64, 1, "w")
	foreign := `{"version":1,"dtype":"float64","params":[{"name":"w","shape":[65536,1048576]}]}`
	foreign = "RegNDE\r\n" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(foreign)))) + foreign
	for _, tt := range []struct {
		name string
		head []byte
		size int64
		want error
	}{
		{"zeros", nil, 1 << 39, graph.ErrCorrupt},
		{"parameters and more", saved(t, p), 1 << 39, graph.ErrCorrupt},
		{"entries that are missing", []byte(foreign), 1 << 30, graph.ErrCorrupt},
		{"entries of another model", []byte(foreign), int64(len(foreign)) + 1<<39 + sha256.Size, graph.ErrMismatch},
	} {
		path := filepath.Join(t.TempDir(), "model")
		if err := os.WriteFile(path, tt.head, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, tt.size); err != nil {
			t.Skipf("no file of %d bytes: %v", tt.size, err)
		}
		if err := p.LoadFile(path); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, expected %v", tt.name, err, tt.want)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(saved(f, declared(f, tensor.Float32, 1, "w")))
	f.Add(saved(f, declared(f, tensor.Float64, 1, "w")))
	f.Add(saved(f, declared(f, tensor.Float32, 1, "w", "b"))[:40])
	f.Add([]byte("RegNDE\r\n\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := declared(t, tensor.Float32, 1, "w")
		before := p.Float64s()
		switch err := p.Load(bytes.NewReader(b)); {
		case err == nil:
			if n := sha256.Size; !bytes.Contains(b, saved(t, p)[len(saved(t, p))-n-24:][:24]) {
				t.Error("loaded entries that the file does not have")
			}
		case !errors.Is(err, graph.ErrCorrupt) && !errors.Is(err, graph.ErrMismatch):
			t.Errorf("untyped error: %v", err)
		case !slices.Equal(p.Float64s(), before):
			t.Error("an unreadable file changed the parameters")
		}
	})
}

// TestSaveAnyRank: parameters of one to four dimensions are saved and loaded, and
// a file tells shapes of one size apart.
func TestSaveAnyRank(t *testing.T) {
	declare := func(shapes ...[]int) *graph.Params {
		p := graph.NewParams(tensor.Float64)
		for i, s := range shapes {
			if _, err := p.Add(string(rune('a'+i)), nil, s...); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	p := declare([]int{3}, []int{2, 3}, []int{2, 1, 3}, []int{2, 1, 3, 3})
	x := make([]float64, 3+6+6+18)
	for i := range x {
		x[i] = float64(i)
	}
	p.SetFloat64s(x)
	q := declare([]int{3}, []int{2, 3}, []int{2, 1, 3}, []int{2, 1, 3, 3})
	if err := q.Load(bytes.NewReader(saved(t, p))); err != nil || !slices.Equal(q.Float64s(), x) {
		t.Errorf("loaded %v and error %v, expected %v", q.Float64s(), err, x)
	}
	other := declare([]int{3}, []int{2, 3}, []int{2, 1, 3}, []int{1, 2, 3, 3})
	if err := other.Load(bytes.NewReader(saved(t, p))); !errors.Is(err, graph.ErrMismatch) {
		t.Errorf("another shape of the same size: error %v, expected %v", err, graph.ErrMismatch)
	}
}

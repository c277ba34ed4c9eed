package exchange_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
)

// arrays returns the parameters that testdata/arrays.py writes, with other values.
func arrays(t testing.TB) *graph.Params {
	p := graph.NewParams(tensor.Float64)
	add(t, p, 50, "w", 2, 3)
	add(t, p, 60, "b", 3)
	add(t, p, 70, "cube", 2, 3, 4)
	add(t, p, 80, "aligned", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100)
	return p
}

// arrayValues are those that arrays.py writes.
func arrayValues() []float64 {
	x := []float64{0.5, 1.5, 2.5, 3.5, 4.5, 5.5, -1, math.Inf(1), 0.1}
	for i := range 24 {
		x = append(x, float64(i))
	}
	return append(x, make([]float64, 100)...)
}

// TestNpzOfNumPy loads what NumPy wrote, in every order and type.
func TestNpzOfNumPy(t *testing.T) {
	for _, test := range []struct {
		file    string
		convert bool
		round   func(float64) float64
	}{
		{"plain", false, nil}, {"compressed", false, nil}, {"columns", false, nil}, {"big-endian", false, nil},
		{"single", true, func(x float64) float64 { return float64(float32(x)) }},
		{"half", true, func(x float64) float64 {
			if x == 0.1 {
				return 0x1.998p-4
			}
			return x
		}},
	} {
		p, want := arrays(t), arrayValues()
		for i := range want {
			if test.round != nil {
				want[i] = test.round(want[i])
			}
		}
		err := exchange.Npz.LoadFile("testdata/"+test.file+".npz", p, &exchange.Settings{Convert: test.convert})
		if err != nil || !slices.Equal(p.Float64s(), want) {
			t.Errorf("%s: %v, error %v, expected %v", test.file, p.Float64s(), err, want)
		}
	}
	for _, file := range []string{"single", "half", "integers", "pickled", "structure"} {
		p := arrays(t)
		before := p.Float64s()
		err := exchange.Npz.LoadFile("testdata/"+file+".npz", p, nil)
		if !errors.Is(err, graph.ErrMismatch) || !strings.Contains(err.Error(), `"w" is of type`) || !slices.Equal(p.Float64s(), before) {
			t.Errorf("%s: error %v, expected one of the type", file, err)
		}
	}
}

// TestNpzLayout writes the arrays that NumPy wrote, byte for byte, in archives that have
// them uncompressed in the same order.
func TestNpzLayout(t *testing.T) {
	p := arrays(t)
	p.SetFloat64s(arrayValues())
	compareMembers(t, "testdata/plain.npz", saved(t, exchange.Npz, p, nil))

	single := graph.NewParams(tensor.Float32)
	for _, q := range p.List() {
		add(t, single, 0, q.Name, q.Shape...)
	}
	single.SetFloat64s(p.Float64s())
	compareMembers(t, "testdata/single.npz", saved(t, exchange.Npz, single, nil))
}

func compareMembers(t *testing.T, path string, file []byte) {
	t.Helper()
	numpy, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, got := members(t, numpy), members(t, file)
	if len(got) != len(want) {
		t.Fatalf("%d members, expected %d", len(got), len(want))
	}
	for i := range want {
		if got[i].name != want[i].name || got[i].method != zip.Store || !bytes.Equal(got[i].data, want[i].data) {
			t.Errorf("member %s\n%q\nexpected %s\n%q", got[i].name, got[i].data, want[i].name, want[i].data)
		}
	}
}

type member struct {
	name   string
	method uint16
	data   []byte
}

func members(t *testing.T, file []byte) []member {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var all []member
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, member{f.Name, f.Method, data})
	}
	return all
}

// npy returns an array by the description of the format, of version 1.
func npy(header string, numbers ...float64) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	b = append(b, header...)
	for _, x := range numbers {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// archive returns a zip archive of members, compressed or not.
func archive(t testing.TB, method uint16, all ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range all {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err == nil {
			_, err = f.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }\n"

// TestNpyHeaders: dictionaries that are written otherwise than NumPy does.
func TestNpyHeaders(t *testing.T) {
	for _, text := range []string{
		header,
		`{"shape":(1,2,),"fortran_order":True,"descr":"<f8"}`,
		"{ 'fortran_order' : False , 'descr' : '<f8' , 'shape' : ( 1L , 2L ) , } \n",
	} {
		p := graph.NewParams(tensor.Float64)
		add(t, p, 50, "w", 1, 2)
		file := archive(t, zip.Deflate, member{name: "w.npy", data: npy(text, 1, 2)})
		if err := load(exchange.Npz, file, p, nil); err != nil || !slices.Equal(p.Float64s(), []float64{1, 2}) {
			t.Errorf("%s: %v, error %v", text, p.Float64s(), err)
		}
	}
	for major := byte(2); major <= 3; major++ {
		array := append([]byte("\x93NUMPY"), major, 0)
		array = binary.LittleEndian.AppendUint32(array, uint32(len(header)))
		array = append(array, npy(header, 1, 2)[10:]...)
		p := graph.NewParams(tensor.Float64)
		add(t, p, 50, "w", 1, 2)
		if err := load(exchange.Npz, archive(t, zip.Store, member{name: "w.npy", data: array}), p, nil); err != nil || !slices.Equal(p.Float64s(), []float64{1, 2}) {
			t.Errorf("version %d: %v, error %v", major, p.Float64s(), err)
		}
	}
}

// TestNpzHostile: files that are not what the format says, and bombs.
func TestNpzHostile(t *testing.T) {
	cases := map[string][]byte{}
	for what, array := range map[string][]byte{
		"nothing":                   nil,
		"another magic":             append([]byte("NUMPY!"), npy(header, 1, 2)[6:]...),
		"version 4":                 append([]byte("\x93NUMPY\x04\x00"), npy(header, 1, 2)[8:]...),
		"a header beyond the end":   npy(header, 1, 2)[:40],
		"a header of 4 GiB":         append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), header...),
		"an empty header":           npy("", 1, 2),
		"no dictionary":             npy("1", 1, 2),
		"half a dictionary":         npy("{'descr': '<f8', 'fortran_order': False, ", 1, 2),
		"a key that lacks":          npy("{'descr': '<f8', 'fortran_order': False}", 1, 2),
		"a key twice":               npy("{'descr': '<f8', 'descr': '<f8', 'shape': (1, 2)}", 1, 2),
		"another key":               npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), 'more': True}", 1, 2),
		"more after the dictionary": npy(header+"1", 1, 2),
		"no commas":                 npy("{'descr': '<f8' 'fortran_order': False 'shape': (1, 2)}", 1, 2),
		"an order that is a number": npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1, 2)}", 1, 2),
		"an order that is a text":   npy("{'descr': '<f8', 'fortran_order': '', 'shape': (1, 2)}", 1, 2),
		"a type that is an order":   npy("{'descr': (1,), 'fortran_order': True, 'shape': '<f8'}", 1, 2),
		"a shape that is a number":  npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2)}", 1, 2),
		"a negative shape":          npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -2)}", 1, 2),
		"a shape out of range":      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 99999999999999999999)}", 1, 2),
		"a shape that overflows":    npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
		"a shape of a tebibyte":     npy("{'descr': '<f8', 'fortran_order': False, 'shape': (137438953471,)}"),
		"fewer bytes":               npy(header, 1),
		"more bytes":                npy(header, 1, 2, 3),
		"bytes of another type":     npy(strings.Replace(header, "f8", "f4", 1), 1, 2),
	} {
		cases[what] = archive(t, zip.Store, member{name: "w.npy", data: array})
		cases[what+", compressed"] = archive(t, zip.Deflate, member{name: "w.npy", data: array})
	}
	good := npy(header, 1, 2)
	cases["a member that is no array"] = archive(t, zip.Store, member{name: "w.npy", data: good}, member{name: "w.txt"})
	cases["a member twice"] = archive(t, zip.Store, member{name: "w.npy", data: good}, member{name: "w.npy", data: good})
	cases["a bomb"] = archive(t, zip.Deflate, member{name: "w.npy", data: append(slices.Clone(good), make([]byte, 1<<24)...)})

	stored, deflated := archive(t, zip.Store, member{name: "w.npy", data: good}), archive(t, zip.Deflate, member{name: "w.npy", data: good})
	for n := range len(stored) {
		cases[fmt.Sprintf("the first %d bytes", n)] = stored[:n]
	}
	for n := range len(deflated) {
		cases[fmt.Sprintf("the first %d bytes, compressed", n)] = deflated[:n]
	}
	cases["a number that has changed"] = bytes.Replace(stored, binary.LittleEndian.AppendUint64(nil, math.Float64bits(2)), make([]byte, 8), 1)
	directory := bytes.LastIndex(stored, []byte("PK\x01\x02"))
	for what, change := range map[string]func(entry []byte){
		"a method that is not known":          func(e []byte) { e[10] = 99 },
		"a size of 4 GiB":                     func(e []byte) { copy(e[20:], "\xfe\xff\xff\xff\xfe\xff\xff\xff") },
		"a size uncompressed of 4 GiB":        func(e []byte) { copy(e[24:], "\xfe\xff\xff\xff") },
		"stored bytes that lack":              func(e []byte) { e[20]--; e[24]-- },
		"a member that begins at another one": func(e []byte) { e[42] = 1 },
	} {
		file := slices.Clone(stored)
		change(file[directory:])
		cases[what] = file
	}
	// The number of bytes that the directory says of a compressed member is not that of
	// its content.
	bomb := archive(t, zip.Deflate, member{name: "w.npy", data: append(slices.Clone(good), make([]byte, 1<<24)...)})
	entry := bomb[bytes.LastIndex(bomb, []byte("PK\x01\x02")):]
	binary.LittleEndian.PutUint32(entry[24:], uint32(len(good)))
	cases["a bomb that says another size"] = bomb
	// Two members of the same bytes.
	pair := archive(t, zip.Store, member{name: "w.npy", data: good}, member{name: "v.npy", data: good})
	entry = pair[bytes.LastIndex(pair, []byte("PK\x01\x02")):]
	binary.LittleEndian.PutUint32(entry[42:], 0)
	cases["an overlap"] = pair
	hostile(t, exchange.Npz, cases)
}

// FuzzNpz: whatever a file holds, it is loaded or it is an error of the file, and what is
// loaded is what is written again.
func FuzzNpz(f *testing.F) {
	f.Add(saved(f, exchange.Npz, two(f), nil))
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		f.Add(archive(f, method, member{name: "w.npy", data: npy(header, 1, 2)},
			member{name: `b "<ü>.npy`, data: npy("{'descr': '>f2', 'fortran_order': True, 'shape': (1,), }")}))
	}
	f.Fuzz(func(t *testing.T, file []byte) { roundTrip(t, exchange.Npz, file) })
}

// FuzzNpy puts anything in place of an array, so that it is not the checksum alone that
// refuses it.
func FuzzNpy(f *testing.F) {
	rest := member{name: `b "<ü>.npy`, data: npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", 3)}
	f.Add(npy(header, 1, 2))
	f.Add(npy("{'shape':(1,2,),'fortran_order':True,'descr':'>f4'}", 1))
	f.Add(append([]byte("\x93NUMPY\x02\x00\x3c\x00\x00\x00"), npy(header, 1, 2)[10:]...))
	f.Fuzz(func(t *testing.T, array []byte) {
		roundTrip(t, exchange.Npz, archive(t, zip.Store, member{name: "w.npy", data: array}, rest))
	})
}

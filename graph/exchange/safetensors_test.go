package exchange_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/integrators"
)

// safetensors returns a file by the description of the format: the length of the header,
// the header and the numbers.
func safetensors(header string, numbers ...float64) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for _, x := range numbers {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	return b
}

// two returns parameters w (1, 2) and b (1).
func two(t testing.TB) *graph.Params {
	p := graph.NewParams(tensor.Float64)
	add(t, p, 1, "w", 1, 2)
	add(t, p, 3, `b "<ü>`, 1)
	return p
}

// TestSafetensorsLayout compares with bytes made by the description: names sorted, the
// header filled up with spaces to a multiple of eight, and the numbers after it.
func TestSafetensorsLayout(t *testing.T) {
	header := `{"b \"<ü>":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},` +
		`"w":{"dtype":"F64","shape":[1,2],"data_offsets":[8,24]}}`
	header += strings.Repeat(" ", 7-(len(header)+7)%8)
	want := safetensors(header, 3, 1, 2)
	if got := saved(t, exchange.Safetensors, two(t), nil); !bytes.Equal(got, want) {
		t.Errorf("bytes\n%q\nexpected\n%q", got, want)
	}
	if got := saved(t, exchange.Safetensors, graph.NewParams(tensor.Float32), nil); string(got) != "\x08\x00\x00\x00\x00\x00\x00\x00{}      " {
		t.Errorf("without parameters %q", got)
	}
	p := graph.NewParams(tensor.Float64)
	add(t, p, 1, "__metadata__", 1)
	if err := exchange.Safetensors.Save(new(bytes.Buffer), p, nil); err == nil {
		t.Error("no error for a parameter with the name of the metadata")
	}
}

// TestSafetensorsOfPyTorch writes the state_dict of a model in PyTorch as it was, but for
// its metadata.
func TestSafetensorsOfPyTorch(t *testing.T) {
	file, err := os.ReadFile("testdata/odenet.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	params, _ := odeNet(8, integrators.DP5, nil)
	set := odeNetSettings(params)
	if err := load(exchange.Safetensors, file, params, set); err != nil {
		t.Fatal(err)
	}
	const metadata = `"__metadata__":{"format":"pt"},`
	header, data, ok := bytes.Cut(file[8:], []byte("}}"))
	if !ok {
		t.Fatal("no end of the header")
	}
	text := strings.Replace(string(header), metadata, "", 1) + "}}"
	text += strings.Repeat(" ", 7-(len(text)+7)%8)
	want := append(safetensors(text), bytes.TrimLeft(data, " ")...)
	if got := saved(t, exchange.Safetensors, params, set); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, expected the %d of the file", len(got), len(want))
	}
}

// TestSafetensorsOfOthers loads files that other programs may write.
func TestSafetensorsOfOthers(t *testing.T) {
	const w, b = `"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}`, `"b \"<ü>":{"dtype":"F64","shape":[1],"data_offsets":[16,24]}`
	for what, file := range map[string][]byte{
		"in another order":            safetensors("{"+w+","+b+"}", 1, 2, 3),
		"escaped, with metadata":      safetensors("{"+w+`,"__metadata__":{"format":"pt","w":""},`+strings.Replace(b, "ü", `\u00fc`, 1)+"}   ", 1, 2, 3),
		"with spaces, and keys moved": safetensors(`{ "w" : { "data_offsets" : [ 0 , 16 ], "shape" : [1, 2], "dtype" : "F64" } , `+b+"}", 1, 2, 3),
	} {
		p := two(t)
		p.SetFloat64s([]float64{7, 8, 9})
		if err := load(exchange.Safetensors, file, p, nil); err != nil || !slices.Equal(p.Float64s(), []float64{1, 2, 3}) {
			t.Errorf("%s: %v, error %v", what, p.Float64s(), err)
		}
	}
	// Of other types, next to tensors without entries or dimensions, and integers.
	file := safetensors(`{"bf":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[2,2],"data_offsets":[8,16]},` +
		`"none":{"dtype":"I64","shape":[0],"data_offsets":[16,16]},"steps":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}`)
	for _, bits := range []uint16{0x3f80, 0xc0a0, 0x7f80, 0x0001, 0x3c00, 0xc500, 0xfc00, 0x8001} {
		file = binary.LittleEndian.AppendUint16(file, bits)
	}
	file = binary.LittleEndian.AppendUint64(file, 7)
	want := []float64{1, -5, math.Inf(1), 0x1p-133, 1, -5, math.Inf(-1), -0x1p-24}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		p := graph.NewParams(dt)
		add(t, p, 0, "bf", 4)
		add(t, p, 0, "h", 2, 2)
		set := &exchange.Settings{Convert: true, Ignore: func(name string) bool { return name == "none" || name == "steps" }}
		if err := load(exchange.Safetensors, file, p, set); err != nil || !slices.Equal(p.Float64s(), want) {
			t.Errorf("%v: %v, error %v, expected %v", dt, p.Float64s(), err, want)
		}
		set.Convert = false
		if err := load(exchange.Safetensors, file, p, set); !errors.Is(err, graph.ErrMismatch) {
			t.Errorf("%v: error %v, expected %v", dt, err, graph.ErrMismatch)
		}
	}
	p := graph.NewParams(tensor.Float64)
	add(t, p, 0, "steps", 1)
	set := &exchange.Settings{Convert: true, Ignore: func(string) bool { return true }, Place: func(p *graph.Param) exchange.Place {
		return exchange.Place{Tensor: p.Name, Shape: []int{}}
	}}
	for _, set.Convert = range []bool{true, false} {
		err := load(exchange.Safetensors, file, p, set)
		if !errors.Is(err, graph.ErrMismatch) || !strings.Contains(err.Error(), "I64, expected floating-point numbers") {
			t.Errorf("integers: error %v, expected one that names their type", err)
		}
	}
}

// TestSafetensorsHostile: files that are not what the format says.
func TestSafetensorsHostile(t *testing.T) {
	one := func(dtype, shape, offsets string) string {
		return fmt.Sprintf(`{"w":{"dtype":%s,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
	}
	pair := func(first, second string) string {
		return fmt.Sprintf(`{"w":{"dtype":"F64","shape":[1,2],"data_offsets":%s},"b":{"dtype":"F64","shape":[1],"data_offsets":%s}}`, first, second)
	}
	whole := safetensors(one(`"F64"`, "[1,2]", "[0,16]"), 1, 2)
	cases := map[string][]byte{
		"a header beyond the file":     append(binary.LittleEndian.AppendUint64(nil, 1<<20), '{', '}'),
		"a header of 2⁶⁴−1":            append(bytes.Repeat([]byte{0xff}, 8), '{', '}'),
		"no header":                    safetensors(""),
		"no object":                    safetensors("[]"),
		"space in front":               safetensors(" {}"),
		"no JSON":                      safetensors("{w}"),
		"half an object":               safetensors(`{"w":{"dtype":"F64"`),
		"no UTF-8":                     safetensors("{\"\xff\":{}}"),
		"more after the object":        safetensors("{}{}"),
		"a tensor twice":               safetensors(`{"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"w":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 1),
		"metadata twice":               safetensors(`{"__metadata__":{},"__metadata__":{}}`),
		"metadata that are no strings": safetensors(`{"__metadata__":{"a":1}}`),
		"metadata that are null":       safetensors(`{"__metadata__":{"a":null}}`),
		"metadata that are no object":  safetensors(`{"__metadata__":[]}`),
		"a tensor that is no object":   safetensors(`{"w":[]}`),
		"a key twice":                  safetensors(`{"w":{"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 1),
		"another key":                  safetensors(`{"w":{"Dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 1),
		"no type":                      safetensors(`{"w":{"shape":[1],"data_offsets":[0,8]}}`, 1),
		"no shape":                     safetensors(`{"w":{"dtype":"F64","data_offsets":[0,8]}}`, 1),
		"no offsets":                   safetensors(`{"w":{"dtype":"F64","shape":[1]}}`, 1),
		"another type":                 safetensors(one(`"F80"`, "[1]", "[0,8]"), 1),
		"a type that is a number":      safetensors(one("64", "[1]", "[0,8]"), 1),
		"a negative shape":             safetensors(one(`"F64"`, "[-1,-2]", "[0,16]"), 1, 2),
		"null in a shape":              safetensors(one(`"F64"`, "[null,2]", "[0,0]")),
		"null in offsets":              safetensors(one(`"F64"`, "[1,2]", "[null,16]"), 1, 2),
		"a fraction of a shape":        safetensors(one(`"F64"`, "[0.5,4]", "[0,16]"), 1, 2),
		"a shape that overflows":       safetensors(one(`"F64"`, "[4294967296,4294967296]", "[0,0]")),
		"a shape of a tebibyte":        safetensors(one(`"F64"`, "[137438953471]", "[0,1099511627768]")),
		"one offset":                   safetensors(one(`"F64"`, "[1]", "[8]"), 1),
		"three offsets":                safetensors(one(`"F64"`, "[1]", "[0,8,8]"), 1),
		"offsets the wrong way round":  safetensors(one(`"F64"`, "[1]", "[8,0]"), 1),
		"negative offsets":             safetensors(one(`"F64"`, "[1]", "[-8,0]"), 1),
		"offsets that overflow":        safetensors(one(`"U8"`, "[1]", "[9223372036854775807,-9223372036854775808]")),
		"fewer bytes than the shape":   safetensors(one(`"F64"`, "[1,2]", "[0,8]"), 1),
		"more bytes than the shape":    safetensors(one(`"F64"`, "[1,2]", "[0,24]"), 1, 2, 3),
		"bytes of another type":        safetensors(one(`"F32"`, "[1,2]", "[0,16]"), 1, 2),
		"a gap in front":               safetensors(one(`"F64"`, "[1,2]", "[8,24]"), 0, 1, 2),
		"a gap between":                safetensors(pair("[0,16]", "[24,32]"), 1, 2, 0, 3),
		"an overlap":                   safetensors(pair("[0,16]", "[8,16]"), 1, 2),
		"the same bytes":               safetensors(pair("[0,16]", "[0,8]"), 1, 2),
		"more after the tensors":       append(slices.Clone(whole), 0),
	}
	for n := range len(whole) {
		cases[fmt.Sprintf("the first %d bytes", n)] = whole[:n]
	}
	hostile(t, exchange.Safetensors, cases)
}

// hostile loads files, each of which must be a single error, leave the parameters alone,
// and take little memory.
func hostile(t *testing.T, f exchange.Format, cases map[string][]byte) {
	t.Helper()
	ignore := &exchange.Settings{Ignore: func(name string) bool { return name != "w" }}
	for what, file := range cases {
		p := graph.NewParams(tensor.Float64)
		add(t, p, 50, "w", 1, 2)
		before := p.Float64s()
		var start, end runtime.MemStats
		runtime.ReadMemStats(&start)
		err := load(f, file, p, ignore)
		runtime.ReadMemStats(&end)
		if !errors.Is(err, graph.ErrCorrupt) || !slices.Equal(p.Float64s(), before) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, parameters %v, expected %v", what, err, p.Float64s(), graph.ErrCorrupt)
		}
		if n := end.TotalAlloc - start.TotalAlloc; n > 1<<18 {
			t.Errorf("%s: %d bytes allocated for a file of %d", what, n, len(file))
		}
	}
}

// FuzzSafetensors: whatever a file holds, it is loaded or it is an error of the file, and
// what is loaded is what is written again.
func FuzzSafetensors(f *testing.F) {
	f.Add(saved(f, exchange.Safetensors, two(f), nil))
	f.Add(safetensors(`{"w":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]},"__metadata__":{"a":"b"},"b \"<ü>":{"dtype":"F16","shape":[1],"data_offsets":[16,18]}}`, 1, 2, 3))
	f.Add(safetensors(`{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"w":{"dtype":"F64","shape":[18446744073709551615],"data_offsets":[0,8]}}`, 1))
	f.Fuzz(func(t *testing.T, file []byte) { roundTrip(t, exchange.Safetensors, file) })
}

func roundTrip(t *testing.T, f exchange.Format, file []byte) {
	p := two(t)
	set := &exchange.Settings{Convert: true, Ignore: func(string) bool { return true }}
	before := p.Float64s()
	if err := load(f, file, p, set); err != nil {
		if !errors.Is(err, graph.ErrCorrupt) && !errors.Is(err, graph.ErrMismatch) || !slices.Equal(p.Float64s(), before) {
			t.Fatalf("error %v, parameters %v", err, p.Float64s())
		}
		return
	}
	q := two(t)
	if err := load(f, saved(t, f, p, nil), q, nil); err != nil {
		t.Fatal(err)
	}
	for i, x := range q.Float64s() {
		if math.Float64bits(x) != math.Float64bits(p.Float64s()[i]) {
			t.Fatalf("%v, expected %v", q.Float64s(), p.Float64s())
		}
	}
}

package tensorboard_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/regnde/regnde/experiments/internal/tensorboard"
)

// message is a protocol buffer as its fields by number: uint64 for numbers of any
// width, []byte for everything else.
type message map[protowire.Number][]any

func decode(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(b)
			v = uint64(u)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d of wire type %d, expected none in the messages", field, kind)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m[field] = append(m[field], v)
		b = b[n:]
	}
	return m
}

func (m message) double(f protowire.Number) float64 { return math.Float64frombits(m[f][0].(uint64)) }

func (m message) doubles(f protowire.Number) []float64 {
	var x []float64
	for b := m[f][0].([]byte); len(b) > 0; b = b[8:] {
		x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return x
}

// records checks both checksums of every record of a file, and returns the data.
func records(t *testing.T, path string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(part, sum []byte) {
		t.Helper()
		rotated := binary.LittleEndian.Uint32(sum) - 0xa282ead8
		if got, want := rotated>>17|rotated<<15, crc32.Checksum(part, crc32.MakeTable(crc32.Castagnoli)); got != want {
			t.Errorf("checksum %#x, expected %#x", got, want)
		}
	}
	var all [][]byte
	for len(b) > 0 {
		n := binary.LittleEndian.Uint64(b)
		check(b[:8], b[8:12])
		data := b[12 : 12+n]
		check(data, b[12+n:16+n])
		all = append(all, data)
		b = b[16+n:]
	}
	return all
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

func write(t *testing.T, dir string, from, step int64, values ...tensorboard.Value) {
	t.Helper()
	w, err := tensorboard.Create(dir, from)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(step, values...); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A file begins with its version and with the step from which it replaces others, and
// goes on with the values.
func TestEvents(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs", "ernode-seed1")
	before := float64(time.Now().UnixNano()) / 1e9
	write(t, dir, 41, 42, tensorboard.Scalar{Tag: "loss", Value: 0.1}, tensorboard.Scalar{Tag: "NFE", Value: 75})
	after := float64(time.Now().UnixNano()) / 1e9

	paths := files(t, dir)
	if len(paths) != 1 {
		t.Fatalf("files %v, expected one", paths)
	}
	var events []message
	for _, data := range records(t, paths[0]) {
		e := decode(t, data)
		if at := e.double(1); at < before || at > after {
			t.Errorf("event at %v, expected from %v to %v", at, before, after)
		}
		delete(e, 1)
		events = append(events, e)
	}
	if len(events) != 3 {
		t.Fatalf("%d events, expected 3", len(events))
	}
	if want := (message{3: {[]byte("brain.Event:2")}}); !reflect.DeepEqual(events[0], want) {
		t.Errorf("first event %v, expected %v", events[0], want)
	}
	if want := (message{2: {uint64(41)}, 7: {[]byte{1<<3 | 0, 1}}}); !reflect.DeepEqual(events[1], want) {
		t.Errorf("second event %v, expected a session that starts, %v", events[1], want)
	}
	if step := events[2][2]; !reflect.DeepEqual(step, []any{uint64(42)}) {
		t.Errorf("step %v, expected 42", step)
	}
	got := map[string]float32{}
	for _, v := range decode(t, events[2][5][0].([]byte))[1] {
		value := decode(t, v.([]byte))
		got[string(value[1][0].([]byte))] = math.Float32frombits(uint32(value[2][0].(uint64)))
	}
	if want := map[string]float32{"loss": 0.1, "NFE": 75}; !reflect.DeepEqual(got, want) {
		t.Errorf("values %v, expected %v", got, want)
	}
}

// The files of a run are read in the order in which they were made.
func TestFilesInOrder(t *testing.T) {
	dir := t.TempDir()
	for step := range int64(20) {
		write(t, dir, step, step, tensorboard.Scalar{Tag: "step", Value: float64(step)})
	}
	paths := files(t, dir)
	if len(paths) != 20 {
		t.Fatalf("%d files, expected 20", len(paths))
	}
	for i, path := range paths[1:] {
		if step := decode(t, records(t, path)[2])[2][0].(uint64); step != uint64(i+1) {
			t.Errorf("file %d is of step %d", i+1, step)
		}
	}
}

func TestHistogram(t *testing.T) {
	ramp := make([]float64, 61) // 0, 0.5, …, 30: two in a bin, and the last in the last
	for i := range ramp {
		ramp[i] = float64(i) / 2
	}
	twos := slices.Repeat([]float64{2}, 30)
	twos[29] = 3
	var limits []float64
	for i := range 30 {
		limits = append(limits, float64(i+1))
	}
	for name, test := range map[string]struct {
		values         []float64
		numbers        []float64 // least, greatest, number, sum, sum of squares
		limits, counts []float64
	}{
		"ramp":       {ramp, []float64{0, 30, 61, 915, 18452.5}, limits, twos},
		"one value":  {[]float64{2, 2, 2}, []float64{2, 2, 3, 6, 12}, []float64{2}, []float64{3}},
		"none":       {nil, []float64{0, 0, 0, 0, 0}, []float64{0}, []float64{0}},
		"not finite": {[]float64{math.NaN(), -2, math.Inf(1)}, []float64{-2, -2, 1, -2, 4}, []float64{-2}, []float64{1}},
	} {
		dir := t.TempDir()
		write(t, dir, 0, 1, tensorboard.Histogram{Tag: "h", Values: test.values})
		event := decode(t, records(t, files(t, dir)[0])[2])
		value := decode(t, decode(t, event[5][0].([]byte))[1][0].([]byte))
		if tag := string(value[1][0].([]byte)); tag != "h" {
			t.Errorf("%s: tag %q, expected h", name, tag)
		}
		h := decode(t, value[5][0].([]byte))
		var numbers []float64
		for f := protowire.Number(1); f <= 5; f++ {
			numbers = append(numbers, h.double(f))
		}
		for what, v := range map[string][2][]float64{
			"numbers": {numbers, test.numbers}, "limits": {h.doubles(6), test.limits}, "counts": {h.doubles(7), test.counts},
		} {
			if !reflect.DeepEqual(v[0], v[1]) {
				t.Errorf("%s: %s %v, expected %v", name, what, v[0], v[1])
			}
		}
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tensorboard.Create(filepath.Join(path, "run"), 0); err == nil {
		t.Error("no error")
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	w, err := tensorboard.Create(filepath.Join(dir, "first-run"), 0)
	if err != nil {
		panic(err)
	}
	for step := range int64(10) {
		if err := w.Write(step, tensorboard.Scalar{Tag: "loss", Value: 1 / float64(1+step)}); err != nil {
			panic(err)
		}
	}
	fmt.Println(w.Close()) // tensorboard --logdir DIR draws it
	// Output: <nil>
}

// Package tensorboardtest reads the event files that a test has written. It shares
// no code with what writes them.
package tensorboardtest

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Event is what an event file says of a step.
type Event struct {
	Time       float64 // seconds since 1970
	Step       int64
	Version    string // of the file, in its first event
	Start      bool   // whether events of earlier files from this step on are void
	Scalars    map[string]float32
	Histograms map[string]Histogram
}

// Histogram is how numbers are distributed. Counts[i] of them are at most Limits[i].
type Histogram struct {
	Min, Max, Number, Sum, SumSquares float64
	Limits, Counts                    []float64
}

// Run returns the events with values in the event files of a folder, without those
// that a later file makes void.
func Run(t *testing.T, dir string) []Event {
	t.Helper()
	var run []Event
	for _, path := range Files(t, dir) {
		for _, e := range File(t, path) {
			switch {
			case e.Start:
				run = slices.DeleteFunc(run, func(earlier Event) bool { return earlier.Step >= e.Step })
			case e.Version == "":
				run = append(run, e)
			}
		}
	}
	return run
}

// Files returns the paths of the event files of a folder in the order of their names.
func Files(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*tfevents*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// File returns all events of a file. The test fails if a checksum is wrong.
func File(t *testing.T, path string) []Event {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var events []Event
	for len(b) > 0 {
		n := binary.LittleEndian.Uint64(b)
		check(t, b[:8], b[8:12])
		check(t, b[12:12+n], b[12+n:16+n])
		events = append(events, event(t, b[12:12+n]))
		b = b[16+n:]
	}
	return events
}

// check compares a part of a record with its checksum.
func check(t *testing.T, part, sum []byte) {
	t.Helper()
	rotated := binary.LittleEndian.Uint32(sum) - 0xa282ead8
	if got, want := rotated>>17|rotated<<15, crc32.Checksum(part, crc32.MakeTable(crc32.Castagnoli)); got != want {
		t.Errorf("checksum %#x, expected %#x", got, want)
	}
}

func event(t *testing.T, b []byte) Event {
	t.Helper()
	e := Event{Scalars: map[string]float32{}, Histograms: map[string]Histogram{}}
	m := decode(t, b)
	e.Time = m.double(1)
	for _, v := range m[2] {
		e.Step = int64(v.(uint64))
	}
	for _, v := range m[3] {
		e.Version = string(v.([]byte))
	}
	for _, v := range m[7] {
		e.Start = decode(t, v.([]byte))[1][0].(uint64) == 1
	}
	for _, s := range m[5] {
		for _, v := range decode(t, s.([]byte))[1] {
			value := decode(t, v.([]byte))
			tag := string(value[1][0].([]byte))
			for _, x := range value[2] {
				e.Scalars[tag] = math.Float32frombits(uint32(x.(uint64)))
			}
			for _, x := range value[5] {
				h := decode(t, x.([]byte))
				e.Histograms[tag] = Histogram{
					Min: h.double(1), Max: h.double(2), Number: h.double(3), Sum: h.double(4), SumSquares: h.double(5),
					Limits: h.doubles(6), Counts: h.doubles(7),
				}
			}
		}
	}
	return e
}

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

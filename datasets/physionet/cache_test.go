package physionet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// mark replaces the rates in a cache file by 99, which tells a set that comes
// from there from one that comes from the text.
func mark(t *testing.T, name string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	source := fingerprint(data[len(cacheMagic):])
	records, err := decodeCache(data, source)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		r.Values[0] = 99
	}
	write(t, name, encodeCache(records, source))
}

// rates returns the heart rates of the patients in a folder.
func rates(t *testing.T, dir string) (rates []float64) {
	t.Helper()
	s, err := LoadUnchecked(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Records {
		rates = append(rates, r.Values[0])
	}
	return rates
}

var (
	fromText  = []float64{60, 80, 70}
	fromCache = []float64{99, 99, 99}
)

func TestSecondLoadReadsTheCache(t *testing.T) {
	for name, files := range map[string]map[string][]byte{"archives": archived(), "folders": foldered()} {
		dir := folder(t, files)
		cache := filepath.Join(dir, cacheName)
		if got := rates(t, dir); !slices.Equal(got, fromText) {
			t.Errorf("%s: first %v, want %v", name, got, fromText)
		}
		if got := rates(t, dir); !slices.Equal(got, fromText) {
			t.Errorf("%s: second %v, want %v", name, got, fromText)
		}
		mark(t, cache)
		if got := rates(t, dir); !slices.Equal(got, fromCache) {
			t.Errorf("%s: %v, want %v as in the cache", name, got, fromCache)
		}
		if err := os.Remove(cache); err != nil {
			t.Fatal(err)
		}
		if got := rates(t, dir); !slices.Equal(got, fromText) {
			t.Errorf("%s: without a cache %v, want %v", name, got, fromText)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

// A cache is not used, and is replaced, after anything it was made from changed.
func TestStaleCache(t *testing.T) {
	for _, test := range []struct {
		name   string
		files  map[string][]byte
		change func(t *testing.T, dir string)
		want   []float64
	}{
		{"archive replaced", archived(), func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "set-b.tar.gz"), archive(member{"set-b/10.txt", patient("10", "71")}))
		}, []float64{60, 80, 71}},
		{"record longer", foldered(), func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "set-b/10.txt"), []byte(patient("10", "71.5")))
		}, []float64{60, 80, 71.5}},
		{"record of the same length", foldered(), func(t *testing.T, dir string) {
			name := filepath.Join(dir, "set-b/10.txt")
			write(t, name, []byte(patient("10", "71")))
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(name, later, later); err != nil {
				t.Fatal(err)
			}
		}, []float64{60, 80, 71}},
		{"record added", foldered(), func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "set-b/11.txt"), []byte(patient("11", "50")))
		}, []float64{60, 80, 70, 50}},
		{"record removed", foldered(), func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "set-a/3.txt")); err != nil {
				t.Fatal(err)
			}
		}, []float64{80, 70}},
		{"archive beside the folder", foldered(), func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "set-b.tar.gz"), archive(member{"set-b/10.txt", patient("10", "71")}))
		}, []float64{60, 80, 71}},
	} {
		dir := folder(t, test.files)
		rates(t, dir)
		mark(t, filepath.Join(dir, cacheName))
		test.change(t, dir)
		for _, call := range []string{"first", "second"} {
			if got := rates(t, dir); !slices.Equal(got, test.want) {
				t.Errorf("%s: %s %v, want %v", test.name, call, got, test.want)
			}
		}
		data, err := os.ReadFile(filepath.Join(dir, cacheName))
		if err != nil {
			t.Fatal(err)
		}
		source, err := fingerprintOf(os.DirFS(dir), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeCache(data, source); err != nil {
			t.Errorf("%s: the cache was not replaced: %v", test.name, err)
		}
	}
}

// Where nothing can be written beside the data, the cache is the user's. That is
// brought about by a folder in the place of the file, as permissions are nothing
// to a superuser.
func TestUserCache(t *testing.T) {
	user := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", user)
	if got, err := os.UserCacheDir(); err != nil || got != user {
		t.Skipf("the user's cache directory is %q, error %v", got, err)
	}
	dir := folder(t, archived())
	write(t, filepath.Join(dir, cacheName, "file"), nil)
	rates(t, dir)
	caches, err := filepath.Glob(filepath.Join(user, "regnde", "*"+cacheName))
	if err != nil || len(caches) != 1 {
		t.Fatalf("caches %v, error %v, want one", caches, err)
	}
	mark(t, caches[0])
	if got := rates(t, dir); !slices.Equal(got, fromCache) {
		t.Errorf("%v, want %v as in the cache", got, fromCache)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// That there is no place for a cache is no error.
func TestNoPlaceForACache(t *testing.T) {
	dir := folder(t, archived())
	write(t, filepath.Join(dir, cacheName, "file"), nil)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "set-a.tar.gz")) // a file
	for range 2 {
		if got := rates(t, dir); !slices.Equal(got, fromText) {
			t.Errorf("%v, want %v", got, fromText)
		}
	}
}

// Whatever is wrong with a cache, the text is read instead, and the cache is
// right the next time.
func TestDamagedCache(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":        func(b []byte) []byte { return nil },
		"header only":  func(b []byte) []byte { return b[:cacheHeader] },
		"cut off":      func(b []byte) []byte { return b[:len(b)-1] },
		"appended":     func(b []byte) []byte { return append(b, 0) },
		"flipped":      func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"version":      func(b []byte) []byte { b[len(cacheMagic)-1]++; return b },
		"source":       func(b []byte) []byte { b[len(cacheMagic)] ^= 1; return b },
		"not a cache":  func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) },
		"all zero":     func(b []byte) []byte { return make([]byte, len(b)) },
		"of no bodies": func(b []byte) []byte { return resum(b[:cacheHeader]) },
	} {
		dir := folder(t, archived())
		rates(t, dir)
		cache := filepath.Join(dir, cacheName)
		whole, err := os.ReadFile(cache)
		if err != nil {
			t.Fatal(err)
		}
		write(t, cache, damage(slices.Clone(whole)))
		if got := rates(t, dir); !slices.Equal(got, fromText) {
			t.Errorf("%s: %v, want %v", name, got, fromText)
		}
		if again, err := os.ReadFile(cache); err != nil || !bytes.Equal(again, whole) {
			t.Errorf("%s: the cache is not as it was, error %v", name, err)
		}
	}
}

// resum makes the checksum of a cache that of its body.
func resum(b []byte) []byte {
	sum := sha256.Sum256(b[cacheHeader:])
	copy(b[cacheHeader-len(sum):], sum[:])
	return b
}

// A cache of a size that none can have is of no account, and is not read.
func TestHugeCache(t *testing.T) {
	dir := folder(t, archived())
	name := filepath.Join(dir, cacheName)
	write(t, name, []byte("x"))
	if err := os.Truncate(name, 1<<40); err != nil { // of which the disk holds a byte
		t.Skip(err)
	}
	if got := rates(t, dir); !slices.Equal(got, fromText) {
		t.Errorf("%v, expected %v", got, fromText)
	}
}

func TestCacheRoundTrip(t *testing.T) {
	want := embedded(t).Records
	source := fingerprint{1, 2, 3}
	got, err := decodeCache(encodeCache(want, source), source)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d records and error %v, want the %d encoded", len(got), err, len(want))
	}
}

func TestFullCacheRoundTrip(t *testing.T) {
	want := full(t).Records
	got, err := decodeCache(encodeCache(want, fingerprint{}), fingerprint{})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d records and error %v, want the %d encoded", len(got), err, len(want))
	}
}

// Records whose checksum is right still have to be records.
func TestDamagedCachedRecords(t *testing.T) {
	good := encodeCache([]Record{{ID: 7, Observed: [Times]uint64{5}, Values: []float64{1, 2}}}, fingerprint{})[cacheHeader:]
	if records, err := decodeRecords(good); err != nil || len(records) != 1 {
		t.Fatalf("%v, error %v", records, err)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut in the mask":    func(b []byte) []byte { return b[:100] },
		"cut in the values":  func(b []byte) []byte { return b[:len(b)-8] },
		"more than values":   func(b []byte) []byte { return append(b, 0) },
		"38 channels":        func(b []byte) []byte { b[4], b[4+4] = 1, 1<<5; return b },
		"more bits":          func(b []byte) []byte { b[4] = 255; return b },
		"nothing observed":   func(b []byte) []byte { b[4] = 0; return b[:recordSize] },
		"a value is NaN":     func(b []byte) []byte { return append(b[:len(b)-8], bits64(math.NaN())...) },
		"a value is too big": func(b []byte) []byte { return append(b[:len(b)-8], bits64(math.Inf(1))...) },
	} {
		if records, err := decodeRecords(damage(slices.Clone(good))); err == nil || records != nil {
			t.Errorf("%s: %v, want an error", name, records)
		}
	}
}

func bits64(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }

// Any bytes give an error, or records that are written back as the same bytes.
func FuzzDecodeCache(f *testing.F) {
	records := []Record{{ID: 7, Observed: [Times]uint64{5, 48: 1 << 36}, Values: []float64{1, -2, 3}}}
	b := encodeCache(records, fingerprint{})
	f.Add(b)
	f.Add(b[:cacheHeader])
	f.Add(b[:len(b)-8])
	f.Add(append(slices.Clone(b), b[cacheHeader:]...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) >= cacheHeader {
			data = slices.Clone(data)
			copy(data, cacheMagic+string(make([]byte, sha256.Size)))
			resum(data)
		}
		records, err := decodeCache(data, fingerprint{})
		if err == nil && !bytes.Equal(encodeCache(records, fingerprint{}), data) {
			t.Errorf("%d records from other bytes", len(records))
		}
	})
}

package physionet

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pkg/errors"
)

// member is a file in an archive; a name that ends in a slash is a folder's.
type member struct{ name, data string }

func archive(members ...member) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o644, Typeflag: tar.TypeReg}
		if strings.HasSuffix(m.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		w.WriteHeader(h)
		io.WriteString(w, m.data)
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

// patient returns a record with one heart rate.
func patient(id, rate string) string {
	return header + "\n00:00,RecordID," + id + "\n01:00,HR," + rate + "\n"
}

// archived is a data set of three patients in archives, foldered the same in folders.
func archived() map[string][]byte {
	return map[string][]byte{
		"set-a.tar.gz": archive(member{"set-a/20.txt", patient("20", "80")}, member{"set-a/3.txt", patient("3", "60")}),
		"set-b.tar.gz": archive(member{"set-b/10.txt", patient("10", "70")}),
	}
}

func foldered() map[string][]byte {
	return map[string][]byte{
		"set-a/20.txt": []byte(patient("20", "80")),
		"set-a/3.txt":  []byte(patient("3", "60")),
		"set-b/10.txt": []byte(patient("10", "70")),
	}
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, name), data)
	}
	return dir
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// ids returns the RecordIDs in the order of the set.
func ids(s *Set) (ids []int) {
	for _, r := range s.Records {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestLoadUnchecked(t *testing.T) {
	official := map[string][]byte{
		"set-a.tar.gz": archive(member{"./set-a/", ""}, member{"./set-a/._3.txt", "resource fork"}, member{"./set-a/3.txt", patient("3", "60")},
			member{"./set-a/index.html", "<html>"}, member{"./set-a/20.txt", patient("20", "80")}),
		"set-b.tar.gz": archive(member{"set-b/", ""}, member{"set-b/10.txt", patient("10", "70")}),
	}
	mixed := archived()
	delete(mixed, "set-a.tar.gz")
	mixed["set-a/20.txt"], mixed["set-a/3.txt"] = foldered()["set-a/20.txt"], foldered()["set-a/3.txt"]
	both := archived()
	both["set-a/20.txt"] = []byte("not read, as there is an archive")
	other := foldered()
	other["set-a/index.html"], other["set-a/.hidden.txt"], other["Outcomes-a.txt"] = nil, nil, nil
	plain, named := map[string][]byte{}, map[string][]byte{}
	for name, data := range archived() {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if plain[name], err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
		named[strings.TrimSuffix(name, ".gz")] = plain[name]
	}
	for name, files := range map[string]map[string][]byte{
		"archives without compression": plain, "and without .gz": named,
		"archives": archived(), "folders": foldered(), "an archive and a folder": mixed,
		"archives and folders": both, "with other members": official, "with other files": other,
	} {
		s, err := LoadUnchecked(folder(t, files))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := ids(s); !slices.Equal(got, []int{3, 20, 10}) {
			t.Errorf("%s: records %v, want set-a before set-b and each in order: 3 20 10", name, got)
			continue
		}
		for i, rate := range []float64{60, 80, 70} {
			if got := observationsOf(&s.Records[i]); !reflect.DeepEqual(got, observations{1: {"HR": rate}}) {
				t.Errorf("%s: patient %d has %v, want a rate of %v", name, s.Records[i].ID, got, rate)
			}
		}
		want := Range{}
		want.Min[15], want.Max[15] = 60, 80
		if s.Range != want {
			t.Errorf("%s: range %v", name, s.Range)
		}
	}
}

// Load wants everyone, so that a record that is missing does not go unnoticed.
func TestLoadWantsAllPatients(t *testing.T) {
	dir := folder(t, archived())
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "3 records") || !strings.Contains(err.Error(), "want 8000") {
		t.Errorf("error %v, want one about 3 records", err)
	}
}

func TestDamagedSets(t *testing.T) {
	whole := archived()["set-a.tar.gz"]
	flipped := slices.Clone(whole)
	flipped[len(flipped)-6] ^= 1 // in gzip's own checksum
	one := patient("3", "60")
	for _, test := range []struct {
		name  string
		files map[string][]byte // instead of those of archived(); nil to leave out
		text  string            // of the error
	}{
		{"no set-a", map[string][]byte{"set-a.tar.gz": nil}, "set-a, with .tar.gz"},
		{"no set-b", map[string][]byte{"set-b.tar.gz": nil}, "set-b, with .tar.gz"},
		{"no archive", map[string][]byte{"set-a.tar.gz": []byte(strings.Repeat(one, 20))}, "set-a.tar.gz: archive/tar: invalid tar header"},
		{"gzip's first bytes only", map[string][]byte{"set-a.tar.gz": []byte("\x1f\x8b")}, "set-a.tar.gz: unexpected EOF"},
		{"no bytes", map[string][]byte{"set-a.tar.gz": {}}, "set-a.tar.gz: no records"},
		{"cut off", map[string][]byte{"set-a.tar.gz": whole[:len(whole)/2]}, "unexpected EOF"},
		{"checksum", map[string][]byte{"set-a.tar.gz": flipped}, "set-a.tar.gz: gzip: invalid checksum"},
		{"no tar", map[string][]byte{"set-a.tar.gz": gz(strings.Repeat("x", 2000))}, "set-a.tar.gz: archive/tar"},
		{"no members", map[string][]byte{"set-a.tar.gz": archive()}, "set-a.tar.gz: no records"},
		{"no records", map[string][]byte{"set-b.tar.gz": archive(member{"set-b/index.html", ""})}, "set-b.tar.gz: no records"},
		{"empty folder", map[string][]byte{"set-b.tar.gz": nil, "set-b/index.html": {}}, "set-b: no records"},
		{"file instead of a folder", map[string][]byte{"set-b.tar.gz": nil, "set-b": {}}, "set-b"},
		{"malformed row", map[string][]byte{"set-a.tar.gz": archive(member{"set-a/3.txt", one + "02:00,Pulse,1\n"})},
			"set-a.tar.gz/set-a/3.txt:4: unknown parameter \"Pulse\""},
		{"malformed row in a folder", map[string][]byte{"set-a.tar.gz": nil, "set-a/3.txt": []byte(one + "02:00,Pulse,1\n")},
			"set-a/3.txt:4: unknown parameter \"Pulse\""},
		{"empty record", map[string][]byte{"set-a.tar.gz": nil, "set-a/3.txt": {}}, "set-a/3.txt:1: header"},
		{"other RecordID", map[string][]byte{"set-a.tar.gz": archive(member{"set-a/4.txt", one})}, "set-a/4.txt:2: RecordID 3, want 4"},
		{"no RecordID as name", map[string][]byte{"set-a.tar.gz": archive(member{"set-a/x.txt", one})}, "set-a/x.txt: want a RecordID"},
		{"a patient twice", map[string][]byte{"set-a.tar.gz": archive(member{"set-a/3.txt", one}, member{"set-a/3.txt", one})}, "set-a: record 3 for the second time"},
		{"a patient in both sets", map[string][]byte{"set-b.tar.gz": archive(member{"set-b/3.txt", one})}, "set-b: record 3 for the second time"},
		{"endless record", map[string][]byte{"set-a.tar.gz": archive(member{"set-a/3.txt", one + strings.Repeat("01:00,HR,80\n", 1<<17)})}, "set-a/3.txt: longer than"},
	} {
		files := archived()
		for name, data := range test.files {
			files[name] = data
			if data == nil {
				delete(files, name)
			}
		}
		dir := folder(t, files)
		s, err := LoadUnchecked(dir)
		if err == nil || s != nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: error %q, want %q", test.name, err, test.text)
		}
		var e *FormatError
		if missing := strings.HasPrefix(test.name, "no set-"); missing != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %v, cause fs.ErrNotExist %v", test.name, err, !missing)
		} else if !missing && test.name != "file instead of a folder" && !errors.As(err, &e) {
			t.Errorf("%s: error %v, want a *FormatError", test.name, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "physionet2012*")); len(left) > 0 {
			t.Errorf("%s: left %v", test.name, left)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: error %v, want cause %v", err, fs.ErrNotExist)
	}
	if _, err := Load(""); err == nil {
		t.Error("no error without the name of a folder")
	}
}

func gz(data string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, data)
	z.Close()
	return b.Bytes()
}

// eachText calls f with the records of a set in the order of their names.
func eachText(t *testing.T, dir, set string, f func(file string, data []byte)) {
	t.Helper()
	fsys := os.DirFS(dir)
	name, archive, err := find(fsys, dir, set)
	if err != nil {
		t.Fatal(err)
	}
	each := eachFile
	if archive {
		each = eachMember
	}
	texts := make(map[string][]byte)
	var files []string
	err = each(fsys, dir, name, func(file string, r io.Reader) error {
		data, err := io.ReadAll(r)
		texts[file] = data
		files = append(files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for _, file := range files {
		f(file, texts[file])
	}
}

// The records are those that the reference values were found with.
func TestFullChecksums(t *testing.T) {
	dir := os.Getenv("PHYSIONET_DIR")
	if dir == "" {
		t.Skip("PHYSIONET_DIR is not set")
	}
	for set, want := range map[string]string{
		"set-a": "998cdda0813ade746f87a52bf195dea3e045de92a008fe921db65578f6df2848",
		"set-b": "e7f4e45555f1fe514799915a40f9f3feae0c7cc84bf57713cd582be88ae67fc8",
	} {
		hash := sha256.New()
		eachText(t, dir, set, func(_ string, data []byte) { hash.Write(data) })
		if got := hex.EncodeToString(hash.Sum(nil)); got != want {
			t.Errorf("%s: SHA-256 of all records %s, want %s", set, got, want)
		}
	}
}

// Any archive gives its records or an error that names it.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(archived()["set-a.tar.gz"])
	f.Add(archived()["set-a.tar.gz"][:100])
	f.Add(archive(member{"set-a/", ""}, member{"x.txt", "x"}))
	f.Add(gz(strings.Repeat("\x00", 2000)))
	b := archived()["set-b.tar.gz"]
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := load(fstest.MapFS{"set-a.tar.gz": {Data: data}, "set-b.tar.gz": {Data: b}}, "fuzz")
		if err == nil {
			if len(records) < 2 || records[len(records)-1].ID != 10 {
				t.Errorf("%d records, want at least one before that of set-b", len(records))
			}
			return
		}
		var e *FormatError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), "fuzz") {
			t.Errorf("error %v, want a *FormatError that names the archive", err)
		}
	})
}

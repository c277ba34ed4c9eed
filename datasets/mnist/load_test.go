package mnist

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pkg/errors"
)

// small is a database of three training images and one test image.
func small() map[string][]byte {
	return map[string][]byte{
		"train-images-idx3-ubyte.gz": gz(images(3)),
		"train-labels-idx1-ubyte.gz": gz(labels(5, 0, 4)),
		"t10k-images-idx3-ubyte.gz":  gz(images(1)),
		"t10k-labels-idx1-ubyte.gz":  gz(labels(7)),
	}
}

func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// plain is small without compression, under names changed by rename.
func plain(rename func(string) string) map[string][]byte {
	files := map[string][]byte{}
	for name, data := range map[string][]byte{
		"train-images-idx3-ubyte": images(3),
		"train-labels-idx1-ubyte": labels(5, 0, 4),
		"t10k-images-idx3-ubyte":  images(1),
		"t10k-labels-idx1-ubyte":  labels(7),
	} {
		files[rename(name)] = data
	}
	return files
}

// TestLoadUnchecked: compressed or not, under all the names that people have.
func TestLoadUnchecked(t *testing.T) {
	withoutSuffix := map[string][]byte{}
	for name, data := range small() {
		withoutSuffix[strings.TrimSuffix(name, ".gz")] = data
	}
	mixed := small()
	mixed["t10k-labels-idx1-ubyte.gz"] = labels(7)
	for name, files := range map[string]map[string][]byte{
		"compressed":         small(),
		"plain":              plain(func(name string) string { return name }),
		"plain, with .gz":    plain(func(name string) string { return name + ".gz" }),
		"dotted":             plain(func(name string) string { return strings.Replace(name, "-idx", ".idx", 1) }),
		"in folders":         plain(func(name string) string { return name + "/" + name }),
		"compressed, no .gz": withoutSuffix,
		"mixed":              mixed,
	} {
		train, test, err := LoadUnchecked(folder(t, files))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(train.Labels, []byte{5, 0, 4}) || !bytes.Equal(test.Labels, []byte{7}) {
			t.Errorf("%s: labels %v and %v, want 5 0 4 and 7", name, train.Labels, test.Labels)
		}
		if !bytes.Equal(train.Images, images(3)[16:]) || !bytes.Equal(test.Images, images(1)[16:]) {
			t.Errorf("%s: wrong pixels", name)
		}
	}
}

// TestEMNIST: files of EMNIST are read where there are none of MNIST, with the
// images upright. Its letters are more than ten classes.
func TestEMNIST(t *testing.T) {
	emnist := func(split string) map[string][]byte {
		return plain(func(name string) string { return "emnist-" + split + "-" + strings.Replace(name, "t10k", "test", 1) })
	}
	for _, split := range []string{"digits", "mnist"} {
		dir := folder(t, emnist(split))
		train, test, err := LoadUnchecked(dir)
		if err != nil {
			t.Errorf("%s: %v", split, err)
			continue
		}
		if !bytes.Equal(train.Labels, []byte{5, 0, 4}) || !bytes.Equal(test.Labels, []byte{7}) {
			t.Errorf("%s: labels %v and %v, want 5 0 4 and 7", split, train.Labels, test.Labels)
		}
		stored := images(3)[16:]
		for k, p := range train.Images {
			i, row, col := k/Pixels, k%Pixels/Cols, k%Cols
			if want := stored[i*Pixels+col*Cols+row]; p != want {
				t.Fatalf("%s: image %d has %d in row %d and column %d, want %d", split, i, p, row, col, want)
			}
		}
		if _, _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Load returns %v, want cause %v", split, err, fs.ErrNotExist)
		}
	}
	letters := emnist("digits")
	letters["emnist-digits-train-labels-idx1-ubyte"] = labels(1, 26, 3)
	if _, _, err := LoadUnchecked(folder(t, letters)); err == nil || !strings.Contains(err.Error(), "label 26, want one of ten classes") {
		t.Errorf("letters: error %v, want one about label 26", err)
	}
	both := emnist("digits")
	for name, data := range small() {
		both[name] = data
	}
	if train, _, err := LoadUnchecked(folder(t, both)); err != nil || !bytes.Equal(train.Images, images(3)[16:]) {
		t.Errorf("beside MNIST: error %v, want the files of MNIST", err)
	}
}

// Load takes the originals only, and says which file is not.
func TestChecksum(t *testing.T) {
	files := small()
	dir := folder(t, files)
	_, _, err := Load(dir)
	var sum *ChecksumError
	if !errors.As(err, &sum) {
		t.Fatalf("error %v, want a *ChecksumError", err)
	}
	name := "train-images-idx3-ubyte.gz"
	hash := sha256.Sum256(files[name])
	want := ChecksumError{
		File: filepath.Join(dir, name),
		Got:  hex.EncodeToString(hash[:]),
		Want: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
	}
	if *sum != want {
		t.Errorf("%+v, want %+v", *sum, want)
	}
	for _, part := range []string{want.File, want.Got, want.Want, "LoadUnchecked"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not name %q", err, part)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	flipped := gz(images(3))
	flipped[len(flipped)-6] ^= 1 // in gzip's own checksum
	for _, test := range []struct {
		name, file string
		data       []byte // nil to leave the file out
		text       string
	}{
		{"missing", "t10k-labels-idx1-ubyte.gz", nil, "t10k-labels-idx1-ubyte, with or without .gz"},
		{"neither gzip nor IDX", "train-labels-idx1-ubyte.gz", []byte("<html>"), "train-labels-idx1-ubyte.gz: at byte 0: magic number"},
		{"gzip's first bytes only", "train-labels-idx1-ubyte.gz", []byte("\x1f\x8b"), "train-labels-idx1-ubyte.gz: at byte 0"},
		{"empty", "train-labels-idx1-ubyte.gz", []byte{}, "train-labels-idx1-ubyte.gz: at byte 0"},
		{"truncated", "train-images-idx3-ubyte.gz", gz(images(3))[:200], "train-images-idx3-ubyte.gz: at byte"},
		{"gzip checksum", "train-images-idx3-ubyte.gz", flipped, "train-images-idx3-ubyte.gz: at byte 2368: 2352 of 2352 bytes read: gzip: invalid checksum"},
		{"appended", "t10k-images-idx3-ubyte.gz", append(gz(images(1)), 1, 2, 3), "t10k-images-idx3-ubyte.gz: at byte 800"},
		{"trailing", "t10k-images-idx3-ubyte.gz", gz(append(images(1), 0)), "t10k-images-idx3-ubyte.gz: at byte 800: data go on"},
		{"counts", "train-labels-idx1-ubyte.gz", gz(labels(5, 0)), "3 images in train-images-idx3-ubyte, but 2 labels in train-labels-idx1-ubyte"},
	} {
		files := small()
		files[test.file] = test.data
		if test.data == nil {
			delete(files, test.file)
		}
		dir := folder(t, files)
		train, testSet, err := LoadUnchecked(dir)
		if err == nil || train != nil || testSet != nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: error %q, want %q in %s", test.name, err, test.text, dir)
		}
		if test.data == nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %v, want cause %v", test.name, err, fs.ErrNotExist)
		}
	}
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "none")} {
		if _, _, err := Load(dir); err == nil {
			t.Errorf("no error for folder %q", dir)
		}
	}
}

// Any compressed file gives either its items or a *FormatError.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(gz(labels(5, 0, 4)))
	f.Add(gz(labels(5, 0, 4))[:20])
	f.Add(append(gz(labels(5, 0)), gz([]byte{4})...))
	f.Add(labels(5, 0, 4))
	others := fstest.MapFS{}
	for name, data := range small() {
		others[name] = &fstest.MapFile{Data: data}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		files := maps.Clone(others)
		files["train-labels-idx1-ubyte.gz"] = &fstest.MapFile{Data: data}
		train, _, err := load(files, "fuzz", false)
		if err == nil {
			if train.Len() != 3 || len(train.Images) != 3*784 {
				t.Errorf("%d labels, %d pixels", train.Len(), len(train.Images))
			}
			return
		}
		var e *FormatError
		if !errors.As(err, &e) && !strings.Contains(err.Error(), "3 images") {
			t.Errorf("error %v, want a *FormatError", err)
		}
	})
}

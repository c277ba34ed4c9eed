package mnist

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pkg/errors"
)

// originals are the names of the four files with the SHA-256 of the original, as
// it was distributed, compressed, and of what is in it. The MD5 sums of the
// compressed files, which are quoted more often, are
//
//	f68b3c2dcbeaaa9fbdd348bbdeb94873  train-images-idx3-ubyte.gz
//	d53e105ee54ea40749a09fcbcd1e9432  train-labels-idx1-ubyte.gz
//	9fb629c4189551a2d022fa330f9573f3  t10k-images-idx3-ubyte.gz
//	ec29112dd5afa0611ce80d1b7f02629c  t10k-labels-idx1-ubyte.gz
var originals = map[string]struct{ compressed, plain string }{
	"train-images-idx3-ubyte": {
		"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
		"ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
	"train-labels-idx1-ubyte": {
		"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
		"65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
	"t10k-images-idx3-ubyte": {
		"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
		"0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
	"t10k-labels-idx1-ubyte": {
		"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
		"ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
}

// ChecksumError tells that a well-formed file is not the original one.
type ChecksumError struct {
	File      string // its path
	Got, Want string // SHA-256 of the file, hexadecimal
}

// Error names the file and both checksums.
func (e *ChecksumError) Error() string {
	return fmt.Sprintf("mnist: %s: SHA-256 is %s, want %s", e.File, e.Got, e.Want)
}

// Load reads the database from the four original files in a folder,
//
//	train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz
//	t10k-images-idx3-ubyte.gz   t10k-labels-idx1-ubyte.gz
//
// each compressed or, if there is no such file, uncompressed and without ".gz".
// The error is a *FormatError if a file is damaged, a *ChecksumError if it is
// not the original one, and has the cause fs.ErrNotExist if it is missing.
func Load(dir string) (train, test *Set, err error) {
	return load(os.DirFS(dir), dir, true)
}

// LoadUnchecked is Load for data of the same format and file names other than
// the original: compressed anew, a part of it, or Fashion-MNIST. It does not
// compare checksums.
func LoadUnchecked(dir string) (train, test *Set, err error) {
	return load(os.DirFS(dir), dir, false)
}

// load reads from a file system that errors call dir.
func load(fsys fs.FS, dir string, check bool) (train, test *Set, err error) {
	if train, err = loadSet(fsys, dir, "train", check); err != nil {
		return nil, nil, err
	}
	if test, err = loadSet(fsys, dir, "t10k", check); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

func loadSet(fsys fs.FS, dir, prefix string, check bool) (*Set, error) {
	imageFile, labelFile := prefix+"-images-idx3-ubyte", prefix+"-labels-idx1-ubyte"
	images, err := loadFile(fsys, dir, imageFile, check, readImages)
	if err != nil {
		return nil, err
	}
	labels, err := loadFile(fsys, dir, labelFile, check, readLabels)
	if err != nil {
		return nil, err
	}
	if n := len(images) / Pixels; n != len(labels) {
		return nil, errors.Errorf("mnist: %s: %d images in %s, but %d labels in %s", dir, n, imageFile, len(labels), labelFile)
	}
	return &Set{Images: images, Labels: labels}, nil
}

// loadFile reads a file with one of the IDX readers, which read to its end.
func loadFile(fsys fs.FS, dir, name string, check bool, read func(io.Reader, string) ([]uint8, error)) ([]uint8, error) {
	original := originals[name]
	want, compressed := original.compressed, true
	f, err := fsys.Open(name + ".gz")
	if errors.Is(err, fs.ErrNotExist) {
		want, compressed = original.plain, false
		f, err = fsys.Open(name)
	}
	if err != nil {
		return nil, errors.Wrapf(err, "mnist: %s, with or without .gz", filepath.Join(dir, name))
	}
	defer f.Close()
	path := filepath.Join(dir, name)
	if compressed {
		path += ".gz"
	}

	hash := sha256.New()
	var r io.Reader = io.TeeReader(f, hash)
	if compressed {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, &FormatError{path, 0, err}
		}
	}
	data, err := read(r, path)
	if err != nil {
		return nil, err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); check && got != want {
		return nil, &ChecksumError{File: path, Got: got, Want: want}
	}
	return data, nil
}

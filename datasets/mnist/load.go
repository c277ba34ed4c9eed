package mnist

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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

// Error names the file, both checksums and what takes other data.
func (e *ChecksumError) Error() string {
	return fmt.Sprintf("mnist: %s is not the original file of MNIST: SHA-256 is %s, want %s; LoadUnchecked takes other data of the format", e.File, e.Got, e.Want)
}

// Load reads the database from the four original files in a folder,
//
//	train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz
//	t10k-images-idx3-ubyte.gz   t10k-labels-idx1-ubyte.gz
//
// each compressed or not, with ".gz" or without, with "-idx" or ".idx" in the name,
// or in a folder of its own name. The error is a *FormatError if a file is damaged, a *ChecksumError if it
// is not the original one, and has the cause fs.ErrNotExist if it is missing.
func Load(dir string) (train, test *Set, err error) {
	return load(os.DirFS(dir), dir, true)
}

// LoadUnchecked is Load without checksums, for data of the same format: MNIST
// compressed anew or a part of it, Fashion-MNIST and KMNIST, whose files have the
// same names, and the ten digits of EMNIST, emnist-digits-train-images-idx3-ubyte
// and so on or else emnist-mnist-…, whose images are transposed in the files and
// upright in the sets. Without files of MNIST's names in the folder it looks for
// those. It is an error if there are more than ten classes, as in other parts of
// EMNIST.
func LoadUnchecked(dir string) (train, test *Set, err error) {
	return load(os.DirFS(dir), dir, false)
}

// OtherSetError is the error of Load for a folder that has no images of MNIST, but of
// a data set that LoadUnchecked takes. It wraps fs.ErrNotExist.
type OtherSetError struct{ Dir, File string }

// Error names the folder and a file in it.
func (e *OtherSetError) Error() string {
	return "mnist: " + e.Dir + " holds " + e.File + ", of another data set, expected the files of MNIST (LoadUnchecked takes others)"
}

// Unwrap returns fs.ErrNotExist.
func (e *OtherSetError) Unwrap() error { return fs.ErrNotExist }

// family says what the files of a data set are called: PREFIX-images-idx3-ubyte
// and so on.
type family struct {
	train, test string
	transposed  bool // rows of an image are its columns
}

// families are those that are known, MNIST first.
var families = []family{
	{train: "train", test: "t10k"},
	{train: "emnist-digits-train", test: "emnist-digits-test", transposed: true},
	{train: "emnist-mnist-train", test: "emnist-mnist-test", transposed: true},
}

// load reads from a file system that errors call dir.
func load(fsys fs.FS, dir string, check bool) (train, test *Set, err error) {
	f := families[0]
	for _, other := range families {
		name := other.train + "-images-idx3-ubyte"
		file, _, err := open(fsys, name)
		if err != nil {
			continue
		}
		file.Close()
		if check && other != f {
			return nil, nil, &OtherSetError{Dir: dir, File: name}
		}
		f = other
		break
	}
	if train, err = loadSet(fsys, dir, f.train, check); err != nil {
		return nil, nil, err
	}
	if test, err = loadSet(fsys, dir, f.test, check); err != nil {
		return nil, nil, err
	}
	if f.transposed {
		transpose(train.Images)
		transpose(test.Images)
	}
	return train, test, nil
}

// transpose exchanges the rows and columns of every image.
func transpose(images []uint8) {
	for ; len(images) > 0; images = images[Pixels:] {
		for i := range Rows {
			for j := range i {
				images[i*Cols+j], images[j*Cols+i] = images[j*Cols+i], images[i*Cols+j]
			}
		}
	}
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

// open opens a file under one of the names that it goes by, and returns which.
func open(fsys fs.FS, name string) (f fs.File, found string, err error) {
	dotted := strings.Replace(name, "-idx", ".idx", 1)
	for _, n := range []string{name + ".gz", name, dotted + ".gz", dotted, name + "/" + name} {
		if f, err = fsys.Open(n); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		// Some archives are unpacked to a folder of the name with the file in it.
		if info, err := f.Stat(); err != nil || !info.IsDir() {
			return f, n, err
		}
		f.Close()
	}
	return nil, "", fs.ErrNotExist
}

// loadFile reads a file with one of the IDX readers, which read to its end. It is
// compressed if it begins as gzip's files do, whatever its name.
func loadFile(fsys fs.FS, dir, name string, check bool, read func(io.Reader, string) ([]uint8, error)) ([]uint8, error) {
	f, found, err := open(fsys, name)
	if err != nil {
		return nil, errors.Wrapf(err, "mnist: %s, with or without .gz", filepath.Join(dir, name))
	}
	defer f.Close()
	path := filepath.Join(dir, found)

	hash := sha256.New()
	buffered := bufio.NewReader(io.TeeReader(f, hash))
	var r io.Reader = buffered
	want := originals[name].plain
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		want = originals[name].compressed
		if r, err = gzip.NewReader(buffered); err != nil {
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

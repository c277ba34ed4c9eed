package physionet

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

const (
	patients      = 8000    // of the two sets together
	maxRecordSize = 1 << 20 // bytes; the longest is 22 kB
)

// sets are the names of the two sets that the literature uses, in its order.
var sets = [...]string{"set-a", "set-b"}

// Load reads all 8000 patients from a folder that has set-a.tar.gz and
// set-b.tar.gz, as distributed, or the same uncompressed, set-a.tar and set-b.tar,
// or else what is in them, the folders set-a and set-b with a file for every
// patient, 132539.txt and so on. The patients are
// those of set-a and then those of set-b, each in the order of their RecordIDs.
//
// The result is also kept in a file, so that the next call need not go through
// the text again: in physionet2012.cache in the folder or, if that cannot be
// written, in the user's cache directory. The file is of no account if it is
// damaged or if archives or records have changed since, and may be deleted.
//
// The error is a *FormatError if a record or an archive is malformed, and has
// the cause fs.ErrNotExist if a set is missing. It is an error as well if it
// is not 8000 patients.
func Load(dir string) (*Set, error) {
	s, err := LoadUnchecked(dir)
	if err == nil && s.Len() != patients {
		return nil, errors.Errorf("physionet: %s: %d records in %s and %s together, want %d", dir, s.Len(), sets[0], sets[1], patients)
	}
	return s, err
}

// LoadUnchecked is Load for any number of patients. What it normalises with is
// the range of those it finds.
func LoadUnchecked(dir string) (*Set, error) {
	records, err := loadCached(dir)
	if err != nil {
		return nil, err
	}
	return &Set{Records: records, Range: rangeOf(records)}, nil
}

// load reads both sets from a file system that errors call dir.
func load(fsys fs.FS, dir string) ([]Record, error) {
	var all []Record
	seen := make(map[int]bool)
	for _, set := range sets {
		records, err := loadSet(fsys, dir, set)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(records, func(a, b Record) int { return a.ID - b.ID })
		for _, r := range records {
			if seen[r.ID] {
				return nil, &FormatError{filepath.Join(dir, set), 0, errors.Errorf("record %d for the second time", r.ID)}
			}
			seen[r.ID] = true
		}
		all = append(all, records...)
	}
	return all, nil
}

// loadSet reads the records of a set in any order, from the archive if there is one.
func loadSet(fsys fs.FS, dir, set string) (records []Record, err error) {
	name, archive, err := find(fsys, dir, set)
	if err != nil {
		return nil, err
	}
	each := eachFile
	if archive {
		each = eachMember
	}
	err = each(fsys, dir, name, func(file string, r io.Reader) error {
		record, err := loadRecord(file, r)
		records = append(records, record)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, &FormatError{filepath.Join(dir, name), 0, errors.New("no records, that is files RECORDID.txt")}
	}
	return records, nil
}

// find returns the name of a set's archive, or else of its folder.
func find(fsys fs.FS, dir, set string) (name string, archive bool, err error) {
	for _, suffix := range []string{".tar.gz", ".tar", ""} {
		name = set + suffix
		if _, err = fs.Stat(fsys, name); err == nil {
			return name, suffix != "", nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", false, errors.Wrapf(err, "physionet: in %s", dir)
		}
	}
	return "", false, errors.Wrapf(err, "physionet: %s, with .tar.gz, with .tar or as a folder", filepath.Join(dir, set))
}

// eachMember calls f with the records of an archive, which is compressed if it
// begins as gzip's files do.
func eachMember(fsys fs.FS, dir, name string, f func(file string, r io.Reader) error) error {
	file, err := fsys.Open(name)
	if err != nil {
		return errors.Wrapf(err, "physionet: in %s", dir)
	}
	defer file.Close()
	archive := filepath.Join(dir, name)
	buffered := bufio.NewReader(file)
	var z io.Reader = buffered
	if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
		if z, err = gzip.NewReader(buffered); err != nil {
			return &FormatError{archive, 0, err}
		}
	}
	t := tar.NewReader(z)
	for {
		member, err := t.Next()
		if err == io.EOF {
			// What is left is padding, but gzip's checksum is at its end.
			if _, err = io.Copy(io.Discard, z); err == nil {
				return nil
			}
		}
		if err != nil {
			return &FormatError{archive, 0, err}
		}
		if member.Typeflag != tar.TypeReg || !isRecord(path.Base(member.Name)) {
			continue
		}
		if err := f(filepath.Join(archive, member.Name), t); err != nil {
			return err
		}
	}
}

// eachFile calls f with the records in a folder.
func eachFile(fsys fs.FS, dir, set string, f func(file string, r io.Reader) error) error {
	entries, err := fs.ReadDir(fsys, set)
	if err != nil {
		return errors.Wrapf(err, "physionet: in %s", dir)
	}
	for _, e := range entries {
		if !isRecord(e.Name()) {
			continue
		}
		file, err := fsys.Open(path.Join(set, e.Name()))
		if err != nil {
			return errors.Wrapf(err, "physionet: in %s", dir)
		}
		err = f(filepath.Join(dir, set, e.Name()), file)
		file.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// isRecord tells a record from whatever else there may be, by its name.
func isRecord(name string) bool {
	return strings.HasSuffix(name, ".txt") && !strings.HasPrefix(name, ".")
}

// loadRecord reads the record of the patient that its file is named after.
func loadRecord(file string, r io.Reader) (Record, error) {
	name := strings.TrimSuffix(filepath.Base(file), ".txt")
	id, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		return Record{}, &FormatError{file, 0, errors.New("want a RecordID as the file's name")}
	}
	data, err := io.ReadAll(io.LimitReader(r, maxRecordSize+1))
	if err != nil {
		return Record{}, &FormatError{file, 0, err}
	}
	if len(data) > maxRecordSize {
		return Record{}, &FormatError{file, 0, errors.Errorf("longer than %d bytes", maxRecordSize)}
	}
	return readRecord(file, int(id), data)
}

package exchange

import (
	"archive/zip"
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/extent"
)

// Npz is the format of NumPy's savez and savez_compressed, a zip archive of arrays: a
// tensor is the member of its name with the extension .npy. Arrays are written as
// NumPy writes them, byte for byte, and not compressed. In either order, of rows or of
// columns, and of bytes, they are read; pickled objects are not.
var Npz = Format{name: "npz", write: writeNpz, open: openNpz}

const npyExt = ".npy"

// epoch is the first time that the format of archives knows, which NumPy writes.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func writeNpz(w io.Writer, tensors []written) error {
	archive := zip.NewWriter(w)
	for _, t := range tensors {
		member, err := archive.CreateHeader(&zip.FileHeader{Name: t.name + npyExt, Method: zip.Store, Modified: epoch})
		if err != nil {
			return err
		}
		if _, err := member.Write(npyHeader(t)); err != nil {
			return err
		}
		if _, err := member.Write(t.data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// openNpz reads the directory of an archive of size bytes and the headers of its
// arrays. The entries of an array are decompressed when they are read.
func openNpz(r io.ReaderAt, size int64) ([]stored, error) {
	archive, err := zip.NewReader(io.NewSectionReader(r, 0, size), size) // no byte outside of it is asked for
	if err != nil {
		return nil, archiveError(err)
	}
	if err := apart(archive.File, size); err != nil {
		return nil, err
	}
	tensors := make([]stored, 0, len(archive.File))
	seen := map[string]bool{}
	for _, f := range archive.File {
		if seen[f.Name] {
			return nil, errors.Wrapf(graph.ErrCorrupt, "member %q twice, expected once", f.Name)
		}
		seen[f.Name] = true
		t, err := openMember(f)
		if err != nil {
			return nil, errors.Wrapf(err, "member %q", f.Name)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// apart returns an error unless the members lie in the file, each in bytes of its own,
// and those that are not compressed have the size that is said.
func apart(members []*zip.File, size int64) error {
	type span struct{ begin, end int64 }
	var spans []span
	for _, f := range members {
		begin, err := f.DataOffset()
		if err != nil {
			return archiveError(err)
		}
		if begin > size || f.CompressedSize64 > uint64(size-begin) || f.Method == zip.Store && f.UncompressedSize64 != f.CompressedSize64 {
			return errors.Wrapf(graph.ErrCorrupt, "member %q of %d bytes, %d in the file, expected them within its %d", f.Name, f.UncompressedSize64, f.CompressedSize64, size)
		}
		spans = append(spans, span{begin, begin + int64(f.CompressedSize64)})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.begin, b.begin) })
	for i := 1; i < len(spans); i++ {
		if spans[i].begin < spans[i-1].end {
			return errors.Wrapf(graph.ErrCorrupt, "members overlap at byte %d, expected each in bytes of its own", spans[i].begin)
		}
	}
	return nil
}

// openMember reads the header of an array.
func openMember(f *zip.File) (stored, error) {
	name, ok := strings.CutSuffix(f.Name, npyExt)
	if !ok {
		return stored{}, errors.Wrapf(graph.ErrCorrupt, "no extension %s, expected an array", npyExt)
	}
	r, err := f.Open()
	if err != nil {
		return stored{}, archiveError(err)
	}
	defer r.Close()
	t, header, err := readNpy(r)
	if err != nil {
		return stored{}, archiveError(err)
	}
	t.name = name
	n, err := extent.Of(t.shape...)
	size := int64(n) * int64(t.elem.bytes)
	if err != nil || t.elem.kind != other && f.UncompressedSize64 != uint64(header+size) {
		return stored{}, errors.Wrapf(graph.ErrCorrupt, "array %s %v in %d bytes after a header of %d, expected its size", t.elem, t.shape, int64(f.UncompressedSize64)-header, header)
	}
	t.read = func() ([]byte, error) { return readMember(f, header, size) }
	return t, nil
}

// readMember returns the size bytes of a member that follow its header, and checks its
// checksum.
func readMember(f *zip.File, header, size int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, archiveError(err)
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, header); err != nil {
		return nil, archiveError(err)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, archiveError(err)
	}
	switch _, err := io.ReadFull(r, make([]byte, 1)); err { // the checksum comes with the end
	case io.EOF:
		return b, nil
	case nil:
		return nil, errors.Wrap(graph.ErrCorrupt, "more bytes than are said, expected the end")
	default:
		return nil, archiveError(err)
	}
}

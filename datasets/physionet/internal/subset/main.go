// Command subset chooses the part of the records that package physionet embeds:
// every 25th of each set, in the order of their names. It copies them, unchanged,
// to two archives of the original names.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"log"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "folder of set-a.tar.gz and set-b.tar.gz")
	to := flag.String("to", "subset", "folder to write to")
	every := flag.Int("every", 25, "take one record in so many")
	flag.Parse()

	if *every < 1 {
		log.Fatalf("-every %d, want at least 1", *every)
	}
	for _, name := range []string{"set-a.tar.gz", "set-b.tar.gz"} {
		records, err := read(filepath.Join(*from, name))
		if err != nil {
			log.Fatal(err)
		}
		var chosen []record
		for i := 0; i < len(records); i += *every {
			chosen = append(chosen, records[i])
		}
		if err := write(filepath.Join(*to, name), chosen); err != nil {
			log.Fatal(err)
		}
	}
}

type record struct {
	name string // as SET/RECORDID.txt
	data []byte
}

// read returns the records of an archive in the order of their names.
func read(name string) ([]record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, errors.WithStack(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Wrap(err, name)
	}
	var records []record
	for t := tar.NewReader(z); ; {
		member, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Wrap(err, name)
		}
		if member.Typeflag != tar.TypeReg || path.Ext(member.Name) != ".txt" {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return nil, errors.Wrap(err, name)
		}
		records = append(records, record{path.Clean(member.Name), data})
	}
	slices.SortFunc(records, func(a, b record) int { return strings.Compare(a.name, b.name) })
	return records, nil
}

// write writes an archive that depends on the records alone. It appears under its
// name only when it is complete.
func write(name string, records []record) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return errors.WithStack(err)
	}
	t := tar.NewWriter(z)
	for _, r := range records {
		h := &tar.Header{Name: r.name, Mode: 0o644, Size: int64(len(r.data)), Format: tar.FormatUSTAR}
		if err := t.WriteHeader(h); err != nil {
			return errors.Wrap(err, name)
		}
		if _, err := t.Write(r.data); err != nil {
			return errors.Wrap(err, name)
		}
	}
	if err := t.Close(); err != nil {
		return errors.Wrap(err, name)
	}
	if err := z.Close(); err != nil {
		return errors.Wrap(err, name)
	}
	if err := os.WriteFile(name+".tmp", b.Bytes(), 0o644); err != nil {
		return errors.WithStack(err)
	}
	return errors.WithStack(os.Rename(name+".tmp", name))
}

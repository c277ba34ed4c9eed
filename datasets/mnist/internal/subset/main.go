// Command subset chooses the part of MNIST that package mnist embeds: the first
// images of every class, in the order of the original files. It writes four
// compressed IDX files under the original names.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"log"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/mnist"
)

func main() {
	log.SetFlags(0)
	from := flag.String("from", "", "folder of the four original files")
	to := flag.String("to", "subset", "folder to write to")
	nTrain := flag.Int("train", 200, "training images per class")
	nTest := flag.Int("test", 50, "test images per class")
	flag.Parse()

	train, test, err := mnist.Load(*from)
	if err != nil {
		log.Fatal(err)
	}
	if err := write(*to, "train", firstOfEachClass(train, *nTrain)); err != nil {
		log.Fatal(err)
	}
	if err := write(*to, "t10k", firstOfEachClass(test, *nTest)); err != nil {
		log.Fatal(err)
	}
}

func firstOfEachClass(s *mnist.Set, n int) *mnist.Set {
	var taken [mnist.Classes]int
	out := new(mnist.Set)
	for i, class := range s.Labels {
		if taken[class] == n {
			continue
		}
		taken[class]++
		out.Labels = append(out.Labels, class)
		out.Images = append(out.Images, s.Images[i*mnist.Pixels:(i+1)*mnist.Pixels]...)
	}
	return out
}

func write(dir, prefix string, s *mnist.Set) error {
	n := uint32(s.Len())
	if err := writeIDX(filepath.Join(dir, prefix+"-images-idx3-ubyte.gz"), s.Images, 0x803, n, mnist.Rows, mnist.Cols); err != nil {
		return err
	}
	return writeIDX(filepath.Join(dir, prefix+"-labels-idx1-ubyte.gz"), s.Labels, 0x801, n)
}

// writeIDX writes the header's numbers and the data. The file appears under its
// name only when it is complete.
func writeIDX(name string, data []uint8, header ...uint32) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return errors.WithStack(err)
	}
	for _, part := range []any{header, data} {
		if err := binary.Write(z, binary.BigEndian, part); err != nil {
			return errors.Wrap(err, name)
		}
	}
	if err := z.Close(); err != nil {
		return errors.Wrap(err, name)
	}
	if err := os.WriteFile(name+".tmp", b.Bytes(), 0o644); err != nil {
		return errors.WithStack(err)
	}
	return errors.WithStack(os.Rename(name+".tmp", name))
}

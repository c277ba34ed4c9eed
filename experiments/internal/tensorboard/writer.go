// Package tensorboard writes event files, the logs of a training that TensorBoard
// and the programs like it draw while it runs.
//
// An event file holds the events of one run, which is what its folder is called in
// the tool: runs in neighbouring folders are drawn over each other. It is a sequence
// of records,
//
//	length    of the data in bytes, uint64, little-endian
//	checksum  masked CRC-32C of the length, uint32
//	data      an Event, as a protocol buffer
//	checksum  masked CRC-32C of the data, uint32
//
// where the masked checksum of c is the rotation of c to the right by 15 bits plus
// 0xa282ead8. Messages and formats are those of event.proto and summary.proto in
// TensorBoard, and of record_writer.cc in TensorFlow.
package tensorboard

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"
)

// Writer appends events to a file.
type Writer struct {
	file *os.File
	buf  *bufio.Writer
	err  error // the first of all, after which nothing is written
}

// Create begins an event file in the folder of a run, which it makes if need be. A
// run may have several, of which the later ones go on from the earlier: events that
// those have from a step on, say as the program was killed after its last checkpoint,
// are void, and are dropped where they are read.
func Create(dir string, from int64) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errors.Wrap(err, "cannot make the folder of an event file")
	}
	now := time.Now()
	// The files of a run are read in the order of their names.
	name := fmt.Sprintf("events.out.tfevents.%010d.%09d", now.Unix(), now.Nanosecond())
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, errors.Wrap(err, "cannot make an event file")
	}
	w := &Writer{file: f, buf: bufio.NewWriter(f)}
	w.record(begin(now))
	w.record(restart(now, from))
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

// Write appends an event with values that belong to a step. No two events of a run may
// have the same step and the same tag.
func (w *Writer) Write(step int64, values ...Value) error {
	w.record(summary(time.Now(), step, values))
	return errors.Wrap(w.err, "cannot write an event")
}

// Flush hands everything written to the operating system, where others can read it.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	return errors.Wrap(w.err, "cannot write an event file")
}

// Close flushes and closes the file.
func (w *Writer) Close() error {
	err := w.Flush()
	if cerr := w.file.Close(); err == nil {
		err = errors.Wrap(cerr, "cannot close an event file")
	}
	return err
}

// record appends a record.
func (w *Writer) record(data []byte) {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	for _, part := range [][]byte{length, checksum(length), data, checksum(data)} {
		if w.err == nil {
			_, w.err = w.buf.Write(part)
		}
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the masked checksum of a part of a record.
func checksum(part []byte) []byte {
	c := crc32.Checksum(part, castagnoli)
	return binary.LittleEndian.AppendUint32(nil, (c>>15|c<<17)+0xa282ead8)
}

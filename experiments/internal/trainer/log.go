package trainer

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// logColumns are those of log.csv: what identifies an iteration, and what it found.
// On several ranks there is the mean of their evaluations as well.
func logColumns(ranks int) []string {
	columns := []string{"variant", "seed", "epoch", "iteration", "loss", "nfe"}
	if ranks > 1 {
		columns = append(columns, "nfe_mean")
	}
	return slices.Concat(columns, []string{"accepted", "rejected"}, regularizerKeys(), []string{"seconds"})
}

// runID names a run in the log and among checkpoints.
type runID struct {
	variant Variant
	seed    uint64
}

func (id runID) String() string { return fmt.Sprintf("%s, seed %d", id.variant, id.seed) }

// fileName names the run in the folder of results.
func (id runID) fileName() string { return fmt.Sprintf("%s-seed%d", id.variant, id.seed) }

// iterationLog is log.csv, open to append lines.
type iterationLog struct {
	path  string
	means bool // there is a column for the mean of the evaluations
	file  *os.File
	buf   *bufio.Writer
	size  int64 // bytes of the file, with those in the buffer

	missing int // iterations done before this session that the file lacks
}

// openLog opens the log at path, of such columns, and keeps the lines of the iterations
// 1, …, done[id] of every run in it, so that a run resumed there does not log an
// iteration twice.
func openLog(path string, columns []string, done map[runID]int) (*iterationLog, error) {
	var size int64
	var kept int
	err := atomicfile.Write(path, func(w io.Writer) (err error) {
		old, err := os.Open(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			size, _, err = keepLines(w, strings.NewReader(""), columns, done)
		case err == nil:
			size, kept, err = keepLines(w, old, columns, done)
			old.Close()
		}
		return errors.Wrap(err, "cannot read the log")
	})
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, errors.Wrap(err, "cannot open the log")
	}
	l := &iterationLog{path: path, means: slices.Contains(columns, "nfe_mean"), file: f, buf: bufio.NewWriter(f), size: size, missing: -kept}
	for _, n := range done {
		l.missing += n
	}
	return l, nil
}

// longestLine bounds the bytes of a line of the log.
const longestLine = 4096

// keepLines copies the header and the whole lines of iterations that are done, and
// returns the size of the copy and the number of the lines. The log may have any
// size, and anything in it. Columns that an older log lacks stay empty.
func keepLines(w io.Writer, log io.Reader, wanted []string, done map[runID]int) (size int64, lines int, err error) {
	n, err := io.WriteString(w, strings.Join(wanted, ",")+"\n")
	size = int64(n)
	in := bufio.NewReaderSize(log, longestLine)
	columns := wanted
	for whole := true; err == nil; {
		var line []byte
		line, err = in.ReadSlice('\n')
		text, complete := strings.CutSuffix(string(line), "\n")
		fields := strings.Split(text, ",")
		ours := rearrange(fields, columns, wanted)
		id, iteration, ok := parseFields(ours)
		kept := strings.Join(ours, ",") + "\n"
		switch {
		case !whole || !complete || len(kept) > longestLine:
		case slices.Equal(fields[:min(4, len(fields))], wanted[:4]):
			columns = fields
		case ok && iteration <= done[id]:
			n, err = io.WriteString(w, kept)
			size += int64(n)
			lines++
			continue
		}
		whole = err == nil // else it is the first part of a line that is too long
		if err == bufio.ErrBufferFull {
			err = nil
		}
	}
	if err == io.EOF {
		err = nil
	}
	return size, lines, err
}

// rearrange returns the fields of a line of a log with some columns in the order of
// those wanted, nil if they are not as many as the former.
func rearrange(fields, columns, wanted []string) []string {
	if len(fields) != len(columns) {
		return nil
	}
	ours := make([]string, len(wanted))
	for i, name := range wanted {
		if j := slices.Index(columns, name); j >= 0 {
			ours[i] = fields[j]
		}
	}
	return ours
}

// parseFields returns what identifies a line. It is not ok if the line is damaged,
// say as the program was killed in the middle of it.
func parseFields(fields []string) (id runID, iteration int, ok bool) {
	if fields == nil {
		return
	}
	seed, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return
	}
	iteration, err = strconv.Atoi(fields[3])
	return runID{Variant(fields[0]), seed}, iteration, err == nil && iteration > 0
}

// append adds the line of an iteration.
func (l *iterationLog) append(id runID, it Iteration, r Result, d time.Duration) error {
	fields := []string{string(id.variant), fmt.Sprint(id.seed), fmt.Sprint(it.Epoch), fmt.Sprint(it.Number), float(r.Loss), fmt.Sprint(r.NFE)}
	if l.means {
		fields = append(fields, float(r.MeanNFE))
	}
	fields = append(fields, fmt.Sprint(r.Accepted), fmt.Sprint(r.Rejected))
	for _, q := range r.quantities() {
		fields = append(fields, float(q.value))
	}
	n, err := fmt.Fprintf(l.buf, "%s,%.6f\n", strings.Join(fields, ","), d.Seconds())
	l.size += int64(n)
	return errors.Wrap(err, "cannot write the log")
}

// float is x with all its digits.
func float(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// check returns an error, after a flush, if the file is gone or is not as it was
// written.
func (l *iterationLog) check() error {
	now, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Errorf("%s was removed during the run, and the lines in it are lost", l.path)
	}
	if err != nil {
		return errors.Wrap(err, "cannot look at the log")
	}
	written, err := l.file.Stat()
	if err != nil {
		return errors.Wrap(err, "cannot look at the log")
	}
	if !os.SameFile(now, written) || now.Size() != l.size {
		return errors.Errorf("%s was replaced or changed during the run, so lines of it may be lost", l.path)
	}
	return nil
}

func (l *iterationLog) flush() error {
	return errors.Wrap(l.buf.Flush(), "cannot write the log")
}

func (l *iterationLog) close() error {
	if err := l.flush(); err != nil {
		l.file.Close()
		return err
	}
	return errors.Wrap(l.file.Close(), "cannot write the log")
}

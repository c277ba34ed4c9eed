package physionet

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/pkg/errors"
)

// A record is text:
//
//	Time,Parameter,Value
//	00:00,RecordID,132539
//	00:07,HR,73
//
// with a line for every observation, in the order of time. Lines end in LF or
// CRLF, the last one may have no end, or empty lines after it, and a byte order
// mark may come first. So a file that was cut off in the middle of its last value
// cannot be told from a whole one; in an archive it cannot happen unnoticed.
const (
	header     = "Time,Parameter,Value"
	lastMinute = 48 * 60
	maxValue   = 1e12 // far above any real value, far below what overflows a mean
)

// What a parameter is if it is not the number of a channel.
const (
	recordID   = -1 // names the patient
	descriptor = -2 // is not used
)

// parameters are all that occur.
var parameters = func() map[string]int {
	m := map[string]int{
		"RecordID": recordID,
		"Age":      descriptor, "Gender": descriptor, "Height": descriptor, "ICUType": descriptor,
	}
	for c, name := range Variables {
		m[name] = c
	}
	return m
}()

// FormatError tells where data are not what they should be.
type FormatError struct {
	File string // a record in an archive is ARCHIVE/MEMBER
	Line int    // from 1; 0 if the file as a whole is meant
	Err  error  // what is wrong
}

// Error names the file and the place in it.
func (e *FormatError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("physionet: %s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("physionet: %s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

// row is a line of a record.
type row struct {
	minute    int // since admission, 0, …, 2880
	parameter int // a channel, recordID or descriptor
	value     float64
}

// hour rounds the time of the row, half an hour to the even hour.
func (r row) hour() int {
	h, m := r.minute/60, r.minute%60
	if m > 30 || m == 30 && h%2 == 1 {
		h++
	}
	return h
}

// readRecord reads the record of patient id. It is a *FormatError if a line is
// malformed, if its time is before that of the line above, if the RecordID is
// missing, repeated or another one, or if no channel is observed at all.
func readRecord(file string, id int, data []byte) (Record, error) {
	var (
		mean    [Times][Channels]float64
		count   [Times][Channels]int
		found   bool
		minute  int
		total   int
		scanner = newScanner(file, data)
	)
	for scanner.next() {
		r := scanner.row
		if r.minute < minute {
			scanner.fail("time %s is before %s of the line above", clock(r.minute), clock(minute))
			break
		}
		minute = r.minute
		switch r.parameter {
		case descriptor:
		case recordID:
			if found {
				scanner.fail("RecordID for the second time")
			} else if r.value != float64(id) {
				scanner.fail("RecordID %v, want %d as in the file's name", r.value, id)
			}
			found = true
		default:
			// The literature's running mean, to the last bit.
			m, n := &mean[r.hour()][r.parameter], &count[r.hour()][r.parameter]
			*m = (*m*float64(*n) + r.value) / float64(*n+1)
			if *n++; *n == 1 {
				total++
			}
		}
	}
	switch {
	case scanner.err != nil:
		return Record{}, scanner.err
	case !found:
		return Record{}, &FormatError{file, 0, errors.New("no RecordID")}
	case total == 0:
		return Record{}, &FormatError{file, 0, errors.New("no value of any of the 37 variables")}
	}
	record := Record{ID: id, Values: make([]float64, 0, total)}
	for h := range Times {
		for c := range Channels {
			if count[h][c] > 0 {
				record.Observed[h] |= 1 << c
				record.Values = append(record.Values, mean[h][c])
			}
		}
	}
	return record, nil
}

// scanner goes through the lines of a record up to the first error.
type scanner struct {
	file string
	line int
	rest []byte
	row  row
	err  error
}

// newScanner returns a scanner that has read the header.
func newScanner(file string, data []byte) *scanner {
	s := &scanner{file: file, rest: bytes.TrimRight(bytes.TrimPrefix(data, []byte("\ufeff")), "\r\n")}
	if line, ok := s.text(); s.err == nil && (!ok || string(line) != header) {
		s.line = 1
		s.fail("header %q, want %q", shorten(line), header)
	}
	return s
}

// next reads a line to row. It returns false at the end and after an error.
func (s *scanner) next() bool {
	line, ok := s.text()
	if !ok {
		return false
	}
	time, line, ok1 := bytes.Cut(line, []byte(","))
	name, value, ok2 := bytes.Cut(line, []byte(","))
	if !ok1 || !ok2 {
		return s.fail("want Time,Parameter,Value")
	}
	if s.row.minute, ok = parseTime(time); !ok {
		return s.fail("time %q, want HH:MM from 00:00 to 48:00", shorten(time))
	}
	if s.row.parameter, ok = parameters[string(name)]; !ok {
		return s.fail("unknown parameter %q", shorten(name))
	}
	if s.row.value, ok = parseValue(value); !ok {
		return s.fail("value %q of %s, want a decimal number of at most %g", shorten(value), name, maxValue)
	}
	return true
}

// text returns the next line without its end, LF or CRLF.
func (s *scanner) text() (line []byte, ok bool) {
	if s.err != nil || len(s.rest) == 0 {
		return nil, false
	}
	s.line++
	line, s.rest, _ = bytes.Cut(s.rest, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), true
}

// fail keeps an error about the current line and returns false.
func (s *scanner) fail(format string, args ...any) bool {
	s.err = &FormatError{s.file, s.line, errors.Errorf(format, args...)}
	return false
}

// parseTime returns the minutes of HH:MM.
func parseTime(b []byte) (minute int, ok bool) {
	if len(b) != 5 || b[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if b[i] < '0' || b[i] > '9' {
			return 0, false
		}
	}
	h, m := 10*int(b[0]-'0')+int(b[1]-'0'), 10*int(b[3]-'0')+int(b[4]-'0')
	return 60*h + m, m < 60 && 60*h+m <= lastMinute
}

// parseValue reads a decimal number, with or without exponent. It does not take
// the other forms that strconv knows, hexadecimal numbers, infinities and NaN.
func parseValue(b []byte) (v float64, ok bool) {
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(b), 64)
	return v, err == nil && math.Abs(v) <= maxValue
}

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// shorten keeps a message readable if what it quotes is not text.
func shorten(b []byte) []byte { return b[:min(len(b), 40)] }

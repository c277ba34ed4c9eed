package spiralsde

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

//go:embed moments/moments.csv
var embedded []byte

// Moments are means and variances of u₁ and u₂ at the save times, (30, 2)
// row-major.
type Moments struct {
	Mean, Variance []float64
}

// Load returns the moments that the paper's authors fit to, float32 numbers from
// RegNeuralDE.jl by Avik Pal, under the MIT licence (moments/LICENSE.md). They
// are newly allocated.
func Load() (*Moments, error) { return Read(bytes.NewReader(embedded)) }

// FormatError tells where moments are not what they should be.
type FormatError struct {
	Line int   // counted from 1
	Err  error // what is wrong
}

// Error names the line.
func (e *FormatError) Error() string { return fmt.Sprintf("spiralsde: line %d: %v", e.Line, e.Err) }

// Unwrap returns Err.
func (e *FormatError) Unwrap() error { return e.Err }

const header = "t,mean1,mean2,var1,var2"

// Read reads moments as comma-separated text: the header
//
//	t,mean1,mean2,var1,var2
//
// and one line for each of the 30 save times, up to float32 rounding and in
// their order. A byte order mark before it and empty lines after it do no harm.
// Numbers are finite and in the range of float32, to which they are
// rounded; variances are not negative. Anything else, and a failing reader, is a
// *FormatError; its cause is io.ErrUnexpectedEOF if lines are missing.
func Read(r io.Reader) (*Moments, error) {
	if r == nil {
		return nil, errors.New("spiralsde: reader is nil")
	}
	var m Moments
	lines := bufio.NewScanner(r)
	line := 1
	for ; lines.Scan(); line++ {
		text := lines.Text()
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if err := m.add(line, text); err != nil {
			return nil, &FormatError{line, err}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, &FormatError{line, err}
	}
	if line <= Points+1 {
		return nil, &FormatError{line, errors.Wrapf(io.ErrUnexpectedEOF, "%d lines, expected a header and %d", line-1, Points)}
	}
	return &m, nil
}

// add takes in a line, the first of which is the header.
func (m *Moments) add(line int, text string) error {
	switch {
	case line == 1 && text != header:
		return errors.Errorf("header %.40q, expected %q", text, header)
	case line == 1:
		return nil
	case line > Points+1 && text == "":
		return nil
	case line > Points+1:
		return errors.Errorf("text goes on after %d save times", Points)
	}
	x, err := numbers(text)
	if err != nil {
		return err
	}
	// The times were computed in float32: half a unit in the last place of 1.
	if want := End * float64(line-2) / (Points - 1); math.Abs(x[0]-want) > 6e-8 {
		return errors.Errorf("time %v, expected %v", x[0], want)
	}
	for j, v := range x[3:] {
		if v < 0 {
			return errors.Errorf("var%d is %v, expected no negative number", j+1, v)
		}
	}
	m.Mean = append(m.Mean, x[1], x[2])
	m.Variance = append(m.Variance, x[3], x[4])
	return nil
}

// numbers returns the five numbers of a line.
func numbers(text string) (x [5]float64, err error) {
	fields := strings.Split(text, ",")
	if len(fields) != len(x) {
		return x, errors.Errorf("%d numbers, expected %d", len(fields), len(x))
	}
	names := strings.Split(header, ",")
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 32)
		if err != nil {
			return x, errors.Wrap(err, names[i])
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return x, errors.Errorf("%s is %v, expected a finite number", names[i], v)
		}
		x[i] = v
	}
	return x, nil
}

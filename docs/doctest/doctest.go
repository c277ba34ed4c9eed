// Package doctest keeps the numbers that the documentation quotes equal to what the
// code gives. A passage that a test knows stands between two lines,
//
//	<!-- graph size: go test ./layers -run TestGraphSize -update -->
//	A called step is 14 nodes.
//	<!-- end -->
//
// the first of which has its name and the command that writes it anew.
package doctest

import (
	"flag"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

var update = flag.Bool("update", false, "write the numbers into the documentation")

// Check compares a passage of a file with the text that it should be, and with the
// flag -update writes it. Numbers may differ by a fraction of themselves, where
// processors round differently; all else must be the same.
func Check(t *testing.T, file, name, text string, fraction float64) {
	t.Helper()
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, passage, after, err := find(string(doc), name)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if alike(passage, text, fraction) {
		return
	}
	if !*update {
		t.Errorf("%s has\n%s\nof %s, expected\n%s\n(-update writes it)", file, passage, name, text)
		return
	}
	if err := os.WriteFile(file, []byte(before+text+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// find cuts a document around a passage.
func find(doc, name string) (before, passage, after string, err error) {
	const end = "\n<!-- end -->"
	_, rest, ok := strings.Cut(doc, "<!-- "+name+": ")
	if !ok {
		return "", "", "", errors.Errorf("no passage %q", name)
	}
	_, rest, ok = strings.Cut(rest, "-->\n")
	if !ok {
		return "", "", "", errors.Errorf("the line of passage %q has no end", name)
	}
	before = doc[:len(doc)-len(rest)]
	passage, _, ok = strings.Cut(rest, end)
	if !ok {
		return "", "", "", errors.Errorf("passage %q has no end", name)
	}
	return before, passage, rest[len(passage):], nil
}

var number = regexp.MustCompile(`\d+(\.\d+)?`)

// alike compares texts but for differences of numbers.
func alike(a, b string, fraction float64) bool {
	if number.ReplaceAllString(a, "0") != number.ReplaceAllString(b, "0") {
		return false
	}
	x, y := number.FindAllString(a, -1), number.FindAllString(b, -1)
	for i := range x {
		u, _ := strconv.ParseFloat(x[i], 64) // as they match
		v, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(u-v) > fraction*v {
			return false
		}
	}
	return true
}

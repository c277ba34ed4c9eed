package trainer

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClip(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		want string
	}{
		{"", 5, ""}, {"short", 5, "short"}, {"λλλλλ", 5, "λλλλλ"},
		{"0123456789", 7, "01 … 89"}, {"λλλλλλλλμμ", 8, "λλλ … μμ"},
	} {
		if got := Clip(test.text, test.n); got != test.want {
			t.Errorf("%q in %d: %q, expected %q", test.text, test.n, got, test.want)
		}
	}
}

// What was typed in is never echoed at length, whichever flag it is the value of.
func TestMessagesAreShort(t *testing.T) {
	long := strings.Repeat("x", 2_000_000)
	for _, args := range [][]string{
		{"-preset", long}, {"-variants", long}, {"-variants", "ernode+" + long}, {"-seeds", long}, {"-seeds", "1," + long},
		{"-epochs", long}, {"-tol", long}, {"-method", long}, {"-dtype", long}, {"-memory", long}, {"-mode", long}, {"-estimate", long},
		{"-bench", long}, {"-bench", "1", "-data", long}, {"-out", long}, {"-" + long}, {long}, {"-resume=" + long},
		{"-lr", strings.Repeat("9", 300), "-out", filepath.Join(t.TempDir(), "out")},
	} {
		o := runToy(t.Context(), nil, args...)
		if n := utf8.RuneCountInString(o.stderr); o.status == exitOK || n == 0 || n > MaxMessage+100 {
			t.Errorf("%.40s: status %d, %d characters on standard error: %.200s", args, o.status, n, o.stderr)
		}
	}
}

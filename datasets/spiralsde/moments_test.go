package spiralsde

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pkg/errors"
)

func TestLoad(t *testing.T) {
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Mean) != 60 || len(m.Variance) != 60 {
		t.Fatalf("%d means and %d variances, want 60", len(m.Mean), len(m.Variance))
	}
	for _, test := range []struct {
		k              int
		mean, variance [2]float32
	}{ // The authors' numbers.
		{0, [2]float32{2, 0}, [2]float32{0, 0}},
		{1, [2]float32{1.9709005, 0.5415114}, [2]float32{0.005145155, 0.0013174136}},
		{10, [2]float32{-1.0990779, 1.6344041}, [2]float32{0.24513257, 0.03096139}},
		{29, [2]float32{0.58377326, -0.98506075}, [2]float32{0.918453, 0.6309437}},
	} {
		for j := range 2 {
			if got, want := m.Mean[2*test.k+j], float64(test.mean[j]); got != want {
				t.Errorf("mean%d at %d/29 is %v, want %v", j+1, test.k, got, want)
			}
			if got, want := m.Variance[2*test.k+j], float64(test.variance[j]); got != want {
				t.Errorf("var%d at %d/29 is %v, want %v", j+1, test.k, got, want)
			}
		}
	}
	if s := Start(); m.Mean[0] != s[0] || m.Mean[1] != s[1] {
		t.Errorf("the first means are %v, want the start %v", m.Mean[:2], s)
	}
	m.Mean[5], m.Variance[5] = 42, 42
	if again, err := Load(); err != nil || again.Mean[5] == 42 || again.Variance[5] == 42 {
		t.Error("changing the moments changes the next call's")
	}
}

// The file as it was taken over.
func TestEmbedded(t *testing.T) {
	if got := fmt.Sprintf("%x", sha256.Sum256(embedded)); got != "7579cb0277490e53e8b9521d042220aba1fc3e23e3a2b896df6ee4b21d26ca6b" {
		t.Errorf("SHA-256 of the embedded file is %s", got)
	}
}

// edit returns the embedded text with another line, counted from 1.
func edit(line int, text string) string {
	lines := strings.Split(string(embedded), "\n")
	lines[line-1] = text
	return strings.Join(lines, "\n")
}

func TestDamaged(t *testing.T) {
	lines := strings.SplitAfter(string(embedded), "\n")
	for _, test := range []struct {
		name, text string
		line       int
		says       string
	}{
		{"empty", "", 1, "0 lines"},
		{"another header", edit(1, "t,mean1,var1,mean2,var2"), 1, `"t,mean1,var1,mean2,var2"`},
		{"no header", strings.Join(lines[1:], ""), 1, "header"},
		{"header only", lines[0], 2, "1 lines"},
		{"cut between lines", strings.Join(lines[:20], ""), 21, "20 lines"},
		{"cut in a line", strings.Join(lines[:20], "") + "0.655", 21, "1 numbers, expected 5"},
		{"a line too many", string(embedded) + lines[30], 32, "goes on after 30"},
		{"a line after an empty one", string(embedded) + "\n" + lines[30], 33, "goes on"},
		{"two byte order marks", "\ufeff\ufeff" + string(embedded), 1, "header"},
		{"an empty line between", edit(5, ""), 5, "1 numbers"},
		{"four numbers", edit(3, "0.03448276,1,2,3"), 3, "4 numbers"},
		{"six numbers", edit(3, "0.03448276,1,2,3,4,5"), 3, "6 numbers"},
		{"a word", edit(3, "0.03448276,1,two,3,4"), 3, `mean2: strconv.ParseFloat: parsing "two"`},
		{"a missing number", edit(3, "0.03448276,1,2,,4"), 3, "var1"},
		{"space", edit(3, "0.03448276, 1,2,3,4"), 3, "mean1"},
		{"NaN", edit(31, "1,NaN,2,3,4"), 31, "mean1 is NaN, expected a finite"},
		{"infinite", edit(31, "1,1,-Inf,3,4"), 31, "mean2 is -Inf"},
		{"beyond float32", edit(31, "1,1,2,3,1e39"), 31, "var2"},
		{"negative variance", edit(31, "1,1,2,3,-0.5"), 31, "var2 is -0.5"},
		{"another time", edit(2, "0.5,1,2,3,4"), 2, "time 0.5, expected 0"},
		{"time off by two units", edit(31, "0.9999999,1,2,3,4"), 31, "expected 1"},
		{"lines in another order", edit(3, strings.TrimSpace(lines[3])), 3, "time 0.068"},
		{"an endless line", edit(4, strings.Repeat("1", 1<<17)), 4, "too long"},
	} {
		_, err := Read(strings.NewReader(test.text))
		var f *FormatError
		if !errors.As(err, &f) {
			t.Errorf("%s: error %v, want a *FormatError", test.name, err)
			continue
		}
		if f.Line != test.line || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", test.line)) {
			t.Errorf("%s: error %q, want line %d and %q", test.name, err, test.line, test.says)
		}
		if short := strings.Contains(test.says, " lines"); short != errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: cause is io.ErrUnexpectedEOF: %v, want %v", test.name, !short, short)
		}
	}
}

func TestReadSpelling(t *testing.T) {
	for name, text := range map[string]string{
		"no last line end": strings.TrimSpace(string(embedded)),
		"CRLF":             strings.ReplaceAll(string(embedded), "\n", "\r\n"),
		"byte order mark":  "\ufeff" + string(embedded),
		"empty lines":      string(embedded) + "\n\r\n",
		"exponents":        edit(31, "1e0,5.8377326e-1,-9850.6075E-4,+0.918453,.6309437"),
	} {
		m, err := Read(strings.NewReader(text))
		want, _ := Load()
		if err != nil || fmt.Sprint(m) != fmt.Sprint(want) {
			t.Errorf("%s: %v and error %v, want what is embedded", name, m, err)
		}
	}
}

func TestFailingReader(t *testing.T) {
	if _, err := Read(nil); err == nil || !strings.Contains(err.Error(), "reader is nil") {
		t.Errorf("error %v without a reader", err)
	}
	broken := errors.New("broken")
	_, err := Read(io.MultiReader(strings.NewReader(header+"\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v, want broken at line 2", err)
	}
}

// What is read without an error is 60 finite means and 60 variances, every error
// names a line of the text or the one after it.
func FuzzRead(f *testing.F) {
	f.Add(string(embedded))
	f.Add("")
	f.Add(header + "\n0,2,0,0,0\n")
	f.Add(edit(31, "1,NaN,0x1p-3,1e39,-1"))
	f.Add(string(embedded) + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Read(strings.NewReader(text))
		if err != nil {
			var e *FormatError
			if m != nil || !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(text, "\n")+2 {
				t.Errorf("%v and error %v", m, err)
			}
			return
		}
		if len(m.Mean) != 60 || len(m.Variance) != 60 {
			t.Fatalf("%d means and %d variances", len(m.Mean), len(m.Variance))
		}
		for i, v := range m.Variance {
			if !(v >= 0) || v > math.MaxFloat32 || !(math.Abs(m.Mean[i]) <= math.MaxFloat32) {
				t.Errorf("mean %v and variance %v", m.Mean[i], v)
			}
		}
	})
}

func ExampleLoad() {
	m, err := Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for k, t := range Times()[:3] {
		fmt.Printf("t = %.4f: means %.4f, variances %.4f\n", t, m.Mean[2*k:2*k+2], m.Variance[2*k:2*k+2])
	}
	// Output:
	// t = 0.0000: means [2.0000 0.0000], variances [0.0000 0.0000]
	// t = 0.0345: means [1.9709 0.5415], variances [0.0051 0.0013]
	// t = 0.0690: means [1.9082 1.0502], variances [0.0086 0.0093]
}

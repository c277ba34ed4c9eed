package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

var update = flag.Bool("update", false, "write the golden files")

// inFolders writes the results of two machines, with a seed each, and of another
// configuration, into folders of the working directory, which it makes anew.
func inFolders(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	write(t, "one/vanilla", fixture(list{"vanilla"}, []uint64{1, 2}))
	write(t, "one/ernode", fixture(list{"ernode"}, []uint64{1}))
	r := fixture(list{"ernode"}, []uint64{2})
	r.Machine.CPUs = 64
	write(t, "two/ernode", r)
	r = fixture(list{"ernode"}, []uint64{1})
	r.Flags = []string{"-epochs", "2", "-lambda-error", "50"}
	r.Config.PerVariant = map[trainer.Variant]trainer.Weights{"ernode": {LambdaError: 50, LambdaErrorDecay: 0.1}}
	write(t, "two/other", r)
	r = fixture(list{"vanilla"}, []uint64{1})
	r.Experiment = "mine"
	write(t, "two/mine", r)
}

func mustReport(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	if status := execute(args, &out, &errs); status != 0 {
		t.Fatalf("%q: status %d: %s", args, status, errs.String())
	}
	return out.String()
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGolden compares a whole report, as Markdown, with one that was read by eye.
func TestGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata/report.md")
	if err != nil {
		t.Fatal(err)
	}
	inFolders(t)
	if out := mustReport(t, "-out", "report", "one", "two"); !strings.HasPrefix(out, "5 files of results, ") {
		t.Errorf("standard output %q", out)
	}
	got := readFile(t, "report/report.md")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readFile(t, golden); got != want {
		t.Errorf("report.md is not testdata/report.md (go test -update writes it):\n%s", got)
	}
}

// TestNumbers checks cells by hand, in the page: NFE of seeds 1 and 2 are 122 and
// 124, and half of that; training takes 72 s and 36 s.
func TestNumbers(t *testing.T) {
	inFolders(t)
	mustReport(t, "-out", "report", "one", "two")
	page := readFile(t, "report/report.html")
	row := func(label string) string {
		i := strings.Index(page, "<td>"+label+"</td>")
		if i < 0 {
			t.Fatalf("no row of %s", label)
		}
		return page[i : i+strings.Index(page[i:], "</tr>")]
	}
	for label, want := range map[string][]string{
		"vanilla":                       {"<td>1, 2</td>", "92.00 ± 0.00", "83.50 ± 0.71", "0.0200 ± 0.0000", ">0.98 ± 0.03<", "123.0 ± 1.4", ">253.0 ± 3.46<"},
		"ernode (tsit5, λ_E 100 to 10)": {"<td>1, 2</td>", "61.5 ± 0.7", ">177.0 ± 0.00<"},
		"ernode (tsit5, λ_E 50 to 5)":   {"<td>1</td>", "<td>61.0<"},
		"taynode":                       {"<td>–</td>", "<td>–<span class=\"paper\">80.3 ± 0.43<"},
	} {
		for _, w := range want {
			if !strings.Contains(row(label), w) {
				t.Errorf("%s: %s\nlacks %s", label, row(label), w)
			}
		}
	}
	if !strings.Contains(page, `<td>ernode (tsit5, λ_E 100 to 10)</td><td>2.00<span class="paper">1.20</span></td><td>2.00<span class="paper">1.57</span></td><td>2.00<span class="paper">1.43</span></td>`) {
		t.Error("no row of speedups of 2")
	}
}

// TestPageIsComplete: one page, well-formed, that loads nothing and runs nothing.
func TestPageIsComplete(t *testing.T) {
	inFolders(t)
	mustReport(t, "-out", "report", ".")
	page := readFile(t, "report/report.html")
	for _, forbidden := range []string{"<script", "http://", "https://", "url(", "ZgotmplZ"} {
		if strings.Contains(strings.ToLower(page), strings.ToLower(forbidden)) {
			t.Errorf("the page has %s", forbidden)
		}
	}
	for _, src := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		src[1] = html.UnescapeString(src[1])
		if !strings.HasPrefix(src[1], "data:image/svg+xml;base64,") && !strings.HasPrefix(src[1], "#") {
			t.Errorf("the page refers to %.60s", src[1])
		}
		if id, ok := strings.CutPrefix(src[1], "#"); ok && !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("a link goes to %s, which is not there", id)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
	}
	// Every figure of the Markdown is beside it.
	for _, m := range regexp.MustCompile(`\]\((\S+)\)`).FindAllStringSubmatch(readFile(t, "report/report.md"), -1) {
		if _, err := os.Stat(filepath.Join("report", m[1])); err != nil {
			t.Error(err)
		}
	}
}

func TestReportIsDeterministic(t *testing.T) {
	inFolders(t)
	mustReport(t, "-out", "a", "one", "two")
	mustReport(t, "-out", "b", "one", "two")
	entries, err := os.ReadDir("a")
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d files, error %v", len(entries), err)
	}
	for _, e := range entries {
		if readFile(t, filepath.Join("a", e.Name())) != readFile(t, filepath.Join("b", e.Name())) {
			t.Errorf("%s differs", e.Name())
		}
	}
}

// TestForeignText: names of folders and errors of runs are text, not markup.
func TestForeignText(t *testing.T) {
	t.Chdir(t.TempDir())
	r := fixture(list{"vanilla"}, []uint64{1})
	r.Runs[0] = trainer.Run{Variant: "vanilla", Seed: 1, Epochs: []trainer.Epoch{}, Error: `<img src=x onerror="alert(1)"> | *bold* [x](y)`}
	r.Flags = []string{"-data", "<b>\n\n<script>&amp;"}
	write(t, "<i>|folder`", r)
	mustReport(t, "-out", "report", ".")
	page, md := readFile(t, "report/report.html"), readFile(t, "report/report.md")
	for _, bad := range []string{"<img src=x", "<b>", "<i>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, bad := range []string{"<img src", "<b>", "<i>", "<script", "&amp;'"} {
		if strings.Contains(md, bad) {
			t.Errorf("the Markdown has %s:\n%s", bad, md)
		}
	}
	if want := "<pre>go run ./experiments/mnist_node -preset quick -data &#39;&lt;b&gt;  &lt;script&gt;&amp;amp;&#39; "; !strings.Contains(md, want) {
		t.Errorf("the Markdown lacks %s:\n%s", want, md)
	}
	if want := `&lt;img src=x onerror="alert(1)"&gt; \| \*bold\* \[x\](y)`; !strings.Contains(md, want) {
		t.Errorf("the Markdown lacks %s:\n%s", want, md)
	}
}

// TestFitsAndTraces: what runs have left is part of the report.
func TestFitsAndTraces(t *testing.T) {
	t.Chdir(t.TempDir())
	r := fixture(list{"vanilla"}, []uint64{1})
	r.Experiment = "spiral_node"
	write(t, "one", r)
	r = fixture(list{"ernode"}, []uint64{1})
	r.Experiment = "spiral_node"
	write(t, "two", r)
	mustReport(t, "-out", "report", ".")
	if md := readFile(t, "report/report.md"); !strings.Contains(md, "Figure 2 is not there") || strings.Contains(md, "-trace.svg") {
		t.Errorf("without fits and traces:\n%s", md)
	}
	for dir, v := range map[string]string{"one": "vanilla", "two": "ernode"} {
		writeText(t, dir, "fit.json", `[{"variant":"`+v+`","seed":1,"panels":[{"title":"`+v+`, NFE 9","x_label":"x","y_label":"y","series":[{"name":"`+v+`","x":[0,1],"y":[0,1]}]}]}]`)
	}
	header := "variant,seed,when,attempt,t,h,error,stiffness,accepted\n"
	writeText(t, "one", "trace.csv", header+"vanilla,1,before,1,0,1,0.5,2,true\nvanilla,1,after,1,0,0.5,0.5,2,true\nvanilla,1,after,2,0.5,0.5,0.5,2,true\n")
	writeText(t, "two", "trace.csv", header+"ernode,1,after,1,0,1,0.5,2,true\n")
	mustReport(t, "-out", "report", "one", "two")
	for _, want := range []string{">vanilla, NFE 9<", ">ernode, NFE 9<"} {
		if !strings.Contains(readFile(t, "report/spiral_node-1-fit.svg"), want) {
			t.Errorf("the figure of fits lacks %s", want)
		}
	}
	for _, want := range []string{">vanilla: 2 steps<", ">ernode: 1 step<", ">before training: 1 step<"} {
		if !strings.Contains(readFile(t, "report/spiral_node-1-trace.svg"), want) {
			t.Errorf("the figure of traces lacks %s", want)
		}
	}
	writeText(t, "two", "trace.csv", header+"ernode\n")
	fails(t, 1, filepath.Join("two", "trace.csv"), "-out", "bad", "one", "two")
	writeText(t, "one", "fit.json", "{}")
	fails(t, 1, filepath.Join("one", "fit.json"), "-out", "bad", "one", "two")
}

// fails wants a status, a message that has the text, and no file.
func fails(t *testing.T, status int, text string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	if got := execute(args, &out, &errs); got != status || !strings.Contains(errs.String(), text) || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("%q: status %d, message %q, expected %d and %q on one line", args, got, errs.String(), status, text)
	}
	if out.Len() > 0 {
		t.Errorf("%q: standard output %q", args, out.String())
	}
	if _, err := os.Stat("bad"); err == nil {
		t.Errorf("%q: wrote a report", args)
	}
}

func TestBadInput(t *testing.T) {
	inFolders(t)
	fails(t, 2, "-out is missing", "one")
	fails(t, 2, "no folder", "-out", "bad")
	fails(t, 2, "-no-such-flag", "-no-such-flag")
	fails(t, 1, "none", "-out", "bad", "none")
	writeText(t, "damaged", resultsFile, `{"experiment":"mnist_node"`)
	fails(t, 1, filepath.Join("damaged", resultsFile), "-out", "bad", "one", "damaged")
	fails(t, 1, "one/vanilla/results.json", "-out", "one/vanilla/results.json", "one")
	if out := mustReport(t, "-help"); !strings.Contains(out, "-out") {
		t.Errorf("help %q", out)
	}
}

package trainer

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var logHeader = strings.Join(logColumns(1), ",")

func TestLogLines(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, nil, "-out", dir, "-variants", "steer+ernode,vanilla", "-seeds", "3,4")
	lines := readLog(t, dir)
	if lines[0]+",seconds" != logHeader {
		t.Errorf("header %q, expected %q", lines[0], logHeader)
	}
	var got []string
	for _, line := range lines[1:] {
		fields := strings.Split(line, ",")
		got = append(got, strings.Join(fields[:4], ","))
	}
	var want []string
	for _, run := range []string{"steer+ernode,3", "vanilla,3", "steer+ernode,4", "vanilla,4"} {
		for _, it := range []string{"1,1", "1,2", "1,3", "2,4", "2,5", "2,6"} {
			want = append(want, run+","+it)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("lines\n%q, expected\n%q", got, want)
	}
}

func TestKeepLines(t *testing.T) {
	line := func(start string) string { return logLine(start) + "\n" }
	log := logHeader + "\n" +
		line("vanilla,1,1,1") + line("vanilla,1,1,2") + line("vanilla,1,2,3") +
		line("ernode,1,1,1") + line("ernode,1,1,2") + line("steer,1,1,1") + line("vanilla,2,1,1") +
		"damaged,1,1\n" + line("vanilla,x,1,1") + line("vanilla,1,1,-1") + logLine("vanilla,1,1,1")
	done := map[runID]int{{"vanilla", 1}: 2, {"ernode", 1}: 5, {"steer", 1}: 0}
	want := logHeader + "\n" + line("vanilla,1,1,1") + line("vanilla,1,1,2") + line("ernode,1,1,1") + line("ernode,1,1,2")
	if got := kept(t, log, done); got != want {
		t.Errorf("kept\n%s\nexpected\n%s", got, want)
	}
	if got := kept(t, "", done); got != logHeader+"\n" {
		t.Errorf("kept %q of no log, expected the header", got)
	}
}

// olderHeader is that of logs from before there was R_K.
const olderHeader = "variant,seed,epoch,iteration,loss,nfe,accepted,rejected,reg_error,reg_stiff,seconds"

// A log with fewer columns is gone on with, and says nothing in those that it lacks.
func TestKeepLinesOfAnOlderLog(t *testing.T) {
	log := olderHeader + "\nvanilla,1,1,1,0.5,69,9,2,0.1,0.2,0.003\n" + logLine("vanilla,1,1,2") + "\n"
	lacking := strings.Repeat(",", strings.Count(logHeader, ",")-strings.Count(olderHeader, ","))
	want := logHeader + "\nvanilla,1,1,1,0.5,69,9,2,0.1,0.2" + lacking + ",0.003\n"
	if got := kept(t, log, map[runID]int{{"vanilla", 1}: 2}); got != want {
		t.Errorf("kept\n%s\nexpected\n%s", got, want)
	}
}

// logLine is a whole line of the log that begins so.
func logLine(start string) string { return start + strings.Repeat(",0.5", len(logColumns(1))-4) }

// kept returns what keepLines keeps, after checking what it counts.
func kept(t *testing.T, log string, done map[runID]int) string {
	t.Helper()
	var out strings.Builder
	size, lines, err := keepLines(&out, strings.NewReader(log), logColumns(1), done)
	if err != nil || size != int64(out.Len()) || lines != strings.Count(out.String(), "\n")-1 {
		t.Errorf("%d bytes and %d lines, error %v, of %q", size, lines, err, out.String())
	}
	return out.String()
}

// A line of any length, or none at all, takes no memory.
func TestKeepLinesOfAnySize(t *testing.T) {
	good := logLine("vanilla,1,1,1") + "\n"
	zeros := strings.Repeat("\x00", 10*longestLine)
	done := map[runID]int{{"vanilla", 1}: 2}
	for _, log := range []string{zeros + good + good, zeros + "\n" + good, good + zeros} {
		if got := kept(t, log, done); got != logHeader+"\n"+good {
			t.Errorf("kept %q", got)
		}
	}
}

func TestLogThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir() // a folder is no file
	if _, err := openLog(dir, logColumns(1), nil); err == nil {
		t.Error("no error for a folder")
	}
	if _, err := openLog(filepath.Join(dir, "missing", "log.csv"), logColumns(1), nil); err == nil {
		t.Error("no error for a missing folder")
	}
}

func FuzzKeepLines(f *testing.F) {
	f.Add([]byte(logHeader + "\n" + logLine("vanilla,1,1,1") + "\n"))
	f.Add([]byte(olderHeader + "\nvanilla,1,1,1,0.5,69,9,2,0.1,0.2,0.003\n"))
	f.Add([]byte("vanilla,1,1,1" + strings.Repeat(",", len(logColumns(1))-4) + "\n" + strings.Repeat(",", len(logColumns(1))-1) + "\n"))
	f.Add([]byte("\n\n\r\n"))
	done := map[runID]int{{"vanilla", 1}: 2}
	f.Fuzz(func(t *testing.T, log []byte) {
		once := kept(t, string(log), done)
		if kept(t, once, done) != once {
			t.Errorf("keeping the kept lines of %q changes them", log)
		}
		body := strings.TrimPrefix(once, logHeader+"\n")
		for line := range strings.Lines(body) {
			if id, it, ok := parseFields(strings.Split(line, ",")); !ok || it > done[id] {
				t.Errorf("kept %q of %q", line, log)
			}
		}
	})
}

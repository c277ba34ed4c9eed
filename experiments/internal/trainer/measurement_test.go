package trainer

import (
	"strings"
	"testing"
)

// TestMeasurements: what an experiment measures of its own is in the record of the
// epoch, in the line that is printed of it and in the table, as mean and standard
// deviation over the runs that have it.
func TestMeasurements(t *testing.T) {
	dir := t.TempDir()
	h := &hooks{evaluate: func(id runID, epoch int, m *Metrics) error {
		m.Measurements = []Measurement{{"k₁ (1/s)", float64(epoch)}}
		if id.variant == "steer" {
			m.Measurements = append(m.Measurements, Measurement{"reach", 2 * float64(id.seed)})
		}
		return nil
	}}
	o := mustRun(t, h, args(dir, "-seeds", "1,2")...)
	if !strings.Contains(o.stderr, "k₁ (1/s) 1, reach 4, R_E") {
		t.Errorf("printed\n%s, expected the measurements", o.stderr)
	}
	res := readResults(t, dir)
	last := float64(res.Config.Epochs)
	for _, r := range res.Runs {
		if k, ok := r.Final.measured("k₁ (1/s)"); !ok || k != last {
			t.Errorf("%s: measured %v, expected %v", r.Variant, k, last)
		}
	}
	e := toy(nil)
	table := summary(&e, res)
	if head := table[0][len(table[0])-2:]; head[0] != "k₁ (1/s)" || head[1] != "reach" {
		t.Errorf("columns %q", head)
	}
	for _, row := range table[1:] {
		want := "–"
		if row[0] == "steer" {
			want = "3.000 ± 1.414"
		}
		if got := row[len(row)-1]; got != want {
			t.Errorf("%s: %s, expected %s", row[0], got, want)
		}
	}
}

func TestMeasurementNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"k₁ (1/s)": true, "NFE of tsit5": true, "σ": true,
		"": false, "<b>": false, "a|b": false, "a\nb": false, strings.Repeat("a", 61): false,
	} {
		err := Epoch{Measurements: []Measurement{{Name: name}}}.validate()
		if (err == nil) != ok {
			t.Errorf("%q: error %v", name, err)
		}
	}
}

package paper

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// TestTables: every row has a number in every column, or no row has any, and there is
// a vanilla row, which is the first, to compare with.
func TestTables(t *testing.T) {
	for _, table := range Tables() {
		if table.Rows[0].Variant != "vanilla" {
			t.Errorf("%s begins with %s", table.Name, table.Rows[0].Variant)
		}
		for _, r := range table.Rows {
			if want := len(table.Columns); len(r.Cells) != want && (table.Published() || len(r.Cells) > 0) {
				t.Errorf("%s, %s: %d cells, expected %d", table.Name, r.Variant, len(r.Cells), want)
			}
			for _, c := range r.Cells {
				if mean, sd, err := c.MeanSD(); err != nil || mean <= 0 || sd < 0 {
					t.Errorf("%s, %s: %q is %v ± %v, error %v", table.Name, r.Variant, c, mean, sd, err)
				}
			}
		}
		ref := table.Reference()
		if !table.Published() {
			if _, ok := table.Mean("vanilla", NFE); ok || ref != nil {
				t.Errorf("%s: reference %+v, expected none", table.Name, ref)
			}
			continue
		}
		if !strings.Contains(ref.Title, table.Name) || len(ref.Rows) != len(table.Rows) || len(ref.Columns) != len(table.Columns)+1 {
			t.Errorf("%s: reference %+v", table.Name, ref)
		}
	}
}

// TestCaptions compares with what the text of the paper says of the tables: the
// reductions of time in their captions, and in the abstract of Figure 2.
func TestCaptions(t *testing.T) {
	for _, tt := range []struct {
		table   *Table
		variant trainer.Variant
		q       Quantity
		percent float64 // less than vanilla
		within  float64
	}{
		{&Table1, "ernode", TrainTime, 16.33, 0.01},
		{&Table1, "srnode+ernode", PredictionTime, 14.44, 1}, // 13.8 by the rounded numbers
		{&Table2, "srnode", TrainTime, 50, 0.5},
		{&Table2, "srnode+ernode", TrainTime, 36, 0.5},
		{&Table2, "taynode", TrainTime, -600, 5}, // seven times as long
		{&Table3, "srnsde", TrainTime, 7, 0.1},
		{&Table3, "srnsde", PredictionTime, 4, 0.1},
		{&Table4, "ernsde", TrainTime, 33.7, 0.05},
		{&Table4, "ernsde", PredictionTime, 52.02, 0.05},
	} {
		base, ok := tt.table.Mean("vanilla", tt.q)
		x, ok2 := tt.table.Mean(tt.variant, tt.q)
		if got := 100 * (1 - x/base); !ok || !ok2 || math.Abs(got-tt.percent) > tt.within {
			t.Errorf("%s, %s: %.2f %% less than vanilla, expected %v", tt.table.Name, tt.variant, got, tt.percent)
		}
	}
	if _, ok := Table1.Mean("ernsde", NFE); ok {
		t.Error("Table 1 has a neural SDE")
	}
	if _, ok := Figure2.Mean("vanilla", TrainTime); ok {
		t.Error("Figure 2 has a training time")
	}
}

func TestUnits(t *testing.T) {
	if s, ok := Table1.Mean("vanilla", TrainTime); !ok || s != 0.98*3600 {
		t.Errorf("training of Table 1 takes %v s", s)
	}
	acc := 97.5
	e := trainer.Epoch{TrainLoss: 1, TestLoss: 2, TestAccuracy: &acc, NFE: 253, TrainSeconds: 3, PredictSeconds: 4}
	for q, want := range map[Quantity]float64{TrainLoss: 1, TestLoss: 2, TestAccuracy: 97.5, NFE: 253, TrainTime: 3, PredictionTime: 4} {
		if x, ok := q.Of(e); !ok || x != want {
			t.Errorf("quantity %d is %v, expected %v", q, x, want)
		}
	}
	if _, ok := TrainAccuracy.Of(e); ok {
		t.Error("an accuracy that was not measured")
	}
}

// TestCellIsStrict: what is no number is an error.
func TestCellIsStrict(t *testing.T) {
	for _, c := range []Cell{"", "–", "1 ±", "1 ± x", "1±2"} {
		if _, _, err := c.MeanSD(); err == nil {
			t.Errorf("%q is read as a number", c)
		}
	}
	if m, sd, err := Cell("0.25").MeanSD(); m != 0.25 || sd != 0 || err != nil {
		t.Errorf("0.25 is read as %v ± %v, error %v", m, sd, err)
	}
	if !slices.Contains(Tables(), &Table4) {
		t.Error("Table 4 is not listed")
	}
}

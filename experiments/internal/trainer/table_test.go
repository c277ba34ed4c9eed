package trainer

import (
	"strings"
	"testing"
)

func tableResults() Results {
	run := func(v Variant, seed uint64, acc float64, nfe int, train, predict float64, epochs int) Run {
		f := Epoch{Epoch: epochs, TrainAccuracy: &acc, TestAccuracy: &acc, TrainLoss: acc / 1e4, TestLoss: acc / 1e3,
			NFE: nfe, TrainSeconds: train, PredictSeconds: predict, PredictMin: 0.9 * predict, PredictMax: 1.2 * predict}
		return Run{Variant: v, Seed: seed, Final: &f, Epochs: make([]Epoch, epochs)}
	}
	return Results{
		Experiment: "toy", Preset: "quick",
		Config: Config{Variants: []Variant{"vanilla", "ernode", "steer", "srnode"}, Epochs: 10},
		Runs: []Run{
			run("vanilla", 1, 97, 250, 100, 0.1, 10), run("ernode", 1, 96, 177, 80, 0.05, 10),
			run("vanilla", 2, 98, 256, 110, 0.1, 10), run("ernode", 2, 97.5, 177, 90, 0.07, 10),
			run("steer", 1, 99.123, 265, 0.00001, 12345.6, 4),
			{Variant: "srnode", Seed: 1, Error: "epoch 1, iteration 1: loss is NaN: expected a finite number"},
		},
	}
}

func TestPlainTable(t *testing.T) {
	e := toy(nil)
	const want = `variant  seeds   epochs  train accuracy (%)  test accuracy (%)          NFE  training (s)   prediction (s)  NFE / vanilla  prediction / vanilla
vanilla      2       10        97.50 ± 0.71       97.50 ± 0.71  253.0 ± 4.2       105 ± 7    0.100 ± 0.000           1.00                  1.00
ernode       2       10        96.75 ± 1.06       96.75 ± 1.06  177.0 ± 0.0    85.0 ± 7.1  0.0600 ± 0.0141           0.70                  0.60
steer        1  4 of 10               99.12              99.12        265.0         1e-05            12346           1.05             123456.00
`
	if got := summary(&e, tableResults()).plain(); got != want {
		t.Errorf("table\n%s\nexpected\n%s", got, want)
	}
}

// There is no quotient of times that the spread of either covers.
func TestPredictionRatio(t *testing.T) {
	times := func(low, middle, high float64) Epoch {
		return Epoch{PredictMin: low, PredictSeconds: middle, PredictMax: high}
	}
	base := []Epoch{times(8, 10, 12), times(10, 12, 14)} // from 9 to 13
	for _, test := range []struct {
		runs []Epoch
		x    float64
		why  string
	}{
		{[]Epoch{times(5, 5.5, 6)}, 0.5, ""},
		{[]Epoch{times(20, 22, 30)}, 2, ""},
		{[]Epoch{times(8, 8.5, 9)}, 0, InSpread}, // they touch
		{[]Epoch{times(5, 7, 30)}, 0, InSpread},
		{[]Epoch{times(10, 11, 12)}, 0, InSpread},
		{[]Epoch{times(8.5, 8.6, 8.8), times(9.3, 9.4, 9.6)}, 0, InSpread}, // on average
		{[]Epoch{times(5, 5.5, 6), {PredictSeconds: 5.5}}, 0, OneSample},
	} {
		x, why := PredictionRatio(test.runs, base)
		if x != test.x || why != test.why {
			t.Errorf("%v: %v, %q, expected %v, %q", test.runs, x, why, test.x, test.why)
		}
	}
}

func TestTableExplainsWhatIsNoRatio(t *testing.T) {
	e, res := toy(nil), tableResults()
	if text := plainTables(&e, res); strings.Contains(text, InSpread) || strings.Contains(text, OneSample) {
		t.Errorf("notes in\n%s", text)
	}
	for i := range res.Runs {
		switch f := res.Runs[i].Final; res.Runs[i].Variant {
		case "ernode":
			f.PredictMax = 1
		case "steer":
			f.PredictMax = 0
		}
	}
	text := plainTables(&e, res)
	for _, want := range []string{"0.70             in spread\n", "1.05            one sample\n", "\nin spread: ", " one sample: "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestTableOfLosses(t *testing.T) {
	e := toy(nil)
	e.Classes = false
	got := summary(&e, tableResults())[1]
	if got[3] != "0.009750 ± 0.000071" || got[4] != "0.09750 ± 0.00071" {
		t.Errorf("losses %q and %q", got[3], got[4])
	}
}

func TestTableWithoutBaseline(t *testing.T) {
	res := tableResults()
	res.Config.Variants = res.Config.Variants[1:2]
	res.Runs = res.Runs[1:2]
	e := toy(nil)
	row := summary(&e, res)[1]
	if row[len(row)-1] != "–" || row[len(row)-2] != "–" {
		t.Errorf("ratios %q, expected dashes", row[len(row)-2:])
	}
}

func TestMarkdownTable(t *testing.T) {
	got := table{{"variant", "NFE"}, {"vanilla", "253 ± 3"}}.markdown()
	const want = `| variant |     NFE |
|---------|--------:|
| vanilla | 253 ± 3 |
`
	if got != want {
		t.Errorf("table\n%s\nexpected\n%s", got, want)
	}
}

func TestEpochsDone(t *testing.T) {
	for want, at := range map[string][]int{"10": {10, 10}, "3 of 10": {3}, "3–10 of 10": {10, 3, 7}} {
		var f []Epoch
		for _, e := range at {
			f = append(f, Epoch{Epoch: e})
		}
		if got := epochsDone(f, 10); got != want {
			t.Errorf("%v: %q, expected %q", at, got, want)
		}
	}
}

func TestSignificant(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 0.0217: "0.0217", 178.95: "179", 12345: "12345", 0.00012345: "0.000123", 1.5e7: "1.5e+07", -2: "-2.00", 99.99: "100.0"} {
		if got := Significant(3)(x); got != want {
			t.Errorf("%v: %q, expected %q", x, got, want)
		}
	}
}

func TestReferenceIsShown(t *testing.T) {
	e := toy(nil)
	text := plainTables(&e, tableResults())
	if !strings.Contains(text, "Reported for ten points\n\nvariant  test accuracy (%)           NFE\n") {
		t.Errorf("no reference in\n%s", text)
	}
}

package trainer

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func figureResults() Results {
	epochs := func(nfe ...int) (e []Epoch) {
		for i, n := range nfe {
			acc := float64(90 + i)
			e = append(e, Epoch{Epoch: i + 1, NFE: n, TrainLoss: 1 / float64(n), TestLoss: 2 / float64(n), TrainAccuracy: &acc, TestAccuracy: &acc})
		}
		return e
	}
	return Results{
		Config: Config{Variants: []Variant{"vanilla", "ernode", "steer"}, Seeds: []uint64{1, 2}, Epochs: 4},
		Runs: []Run{
			{Variant: "vanilla", Seed: 1, Epochs: epochs(10, 20, 30)},
			{Variant: "ernode", Seed: 1, Epochs: epochs(7)},
			{Variant: "vanilla", Seed: 2, Epochs: epochs(14, 18)},
		},
	}
}

func TestEpochPanel(t *testing.T) {
	p := nfeFigure(figureResults()).Panels[0]
	if len(p.Series) != 2 || p.Series[0].Name != "vanilla" || p.Series[1].Name != "ernode" {
		t.Fatalf("series %+v, expected vanilla and ernode", p.Series)
	}
	s := p.Series[0]
	for _, q := range []struct {
		what      string
		got, want []float64
	}{
		{"epochs", s.X, []float64{1, 2, 3}}, {"means", s.Y, []float64{12, 19, 30}},
		{"minima", s.Low, []float64{10, 18, 30}}, {"maxima", s.High, []float64{14, 20, 30}},
	} {
		if !slices.Equal(q.got, q.want) {
			t.Errorf("%s %v, expected %v", q.what, q.got, q.want)
		}
	}
	one := figureResults()
	one.Config.Seeds = one.Config.Seeds[:1]
	one.Runs = one.Runs[:2]
	if s := nfeFigure(one).Panels[0].Series[0]; s.Low != nil || s.High != nil {
		t.Errorf("one seed has a band: %+v", s)
	}
	if c := nfeFigure(one).Caption; c != "" {
		t.Errorf("one seed has the caption %q", c)
	}
}

// TestCaption: a variant with fewer seeds than another is not said to have as
// many, and one that ended no epoch, of which no line is drawn, counts as none.
func TestCaption(t *testing.T) {
	e := []Epoch{{Epoch: 1}}
	for _, q := range []struct {
		name string
		runs []Run
		want string
	}{
		{"no runs", nil, ""},
		{"one seed", []Run{{Variant: "vanilla", Seed: 1, Epochs: e}, {Variant: "ernode", Seed: 1, Epochs: e}}, ""},
		{"two of each", []Run{{Variant: "vanilla", Seed: 1, Epochs: e}, {Variant: "vanilla", Seed: 2, Epochs: e}}, "Lines: mean over 2 seeds; bands: their range."},
		{"two and one", []Run{{Variant: "vanilla", Seed: 1, Epochs: e}, {Variant: "ernode", Seed: 1, Epochs: e}, {Variant: "vanilla", Seed: 2, Epochs: e}}, "Lines: mean over seeds, 1 to 2 a variant; bands: their range."},
		{"no epoch", []Run{{Variant: "vanilla", Seed: 1, Epochs: e}, {Variant: "vanilla", Seed: 2}}, ""},
	} {
		t.Run(q.name, func(t *testing.T) {
			res := Results{Config: Config{Variants: []Variant{"vanilla", "ernode", "steer"}, Seeds: []uint64{1, 2}}, Runs: q.runs}
			if got := Caption(res); got != q.want {
				t.Errorf("caption %q, expected %q", got, q.want)
			}
		})
	}
}

func TestLossIsLogarithmicOverDecades(t *testing.T) {
	e := toy(nil)
	res := figureResults()
	if lossFigure(&e, res).Panels[0].LogY {
		t.Error("a factor of 8 is on a logarithmic axis")
	}
	res.Runs[0].Epochs[2].TrainLoss = 1e-4
	for _, p := range lossFigure(&e, res).Panels {
		if !p.LogY {
			t.Errorf("three decades are on a linear axis in panel %q", p.Title)
		}
	}
}

// TestFloor: what losses do not get below is a line beside them, and alone no figure.
func TestFloor(t *testing.T) {
	e := toy(nil)
	e.Floor = func(Config) (string, float64) { return "entropy", 0.25 }
	res := figureResults()
	for _, p := range lossFigure(&e, res).Panels {
		if last := p.Series[len(p.Series)-1]; last.Name != "entropy" || last.Y[0] != 0.25 || last.X[1] != float64(res.Config.Epochs) {
			t.Errorf("panel %q ends with %+v, expected the floor", p.Title, last)
		}
	}
	res.Runs = nil
	for _, p := range lossFigure(&e, res).Panels {
		if len(p.Series) > 0 {
			t.Errorf("panel %q has %d series without a run", p.Title, len(p.Series))
		}
	}
}

func TestFitShowsTheTrainedModels(t *testing.T) {
	dir := t.TempDir()
	o := experimentRun(t.Context(), toy(nil), "-out", dir, "-variants", "vanilla,steer")
	if o.status != exitOK {
		t.Fatal(o.stderr)
	}
	svg, err := os.ReadFile(filepath.Join(dir, "fit.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readResults(t, dir).Runs {
		title := string(r.Variant) + ", NFE " + strconv.Itoa(r.Final.NFE)
		if !strings.Contains(string(svg), title) {
			t.Errorf("figure lacks the title %q", title)
		}
	}

	// What the file holds draws the same figure.
	fits, err := ReadFits(filepath.Join(dir, fitFile))
	if err != nil || len(fits) != 2 || fits[1].Variant != "steer" || fits[1].Seed != 1 {
		t.Fatalf("fits %+v, error %v, expected those of vanilla and steer", fits, err)
	}
	again, err := FitFigure(fits).SVG()
	if err != nil || string(again) != string(svg) {
		t.Errorf("the figure of the fits that were read differs, error %v", err)
	}
}

func TestDamagedFits(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "EOF"}, {"{}", "cannot unmarshal"}, {"[] []", "more after the end"}, {`[{"title":"x"}]`, "unknown field"},
		{`[{"variant":"v","seed":3,"panels":[{"series":[{"name":"s","x":[1,2],"y":[1]}]}]}]`, `"v", seed 3`},
	} {
		path := filepath.Join(t.TempDir(), fitFile)
		if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFits(path); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: error %v, expected one that names the file and has %q", tt.text, err, tt.want)
		}
	}
}

func FuzzParseFits(f *testing.F) {
	f.Add([]byte(`[{"variant":"v","seed":3,"panels":[{"x_label":"x","series":[{"name":"s","x":[1,2],"y":[1,3],"low":[0,0],"high":[4,4]}]}]}]`))
	f.Add([]byte(`[{"panels":[{"log_y":true,"series":[{"points":true,"x":[1],"y":[1e300]},{"marks":9,"light":true,"x":[1],"y":[0]}]},{}]}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		fits, err := parseFits(text)
		if err != nil || len(text) > 300 {
			return
		}
		FitFigure(fits).SVG() // must not panic
	})
}

func TestFiguresOfNothing(t *testing.T) {
	dir := t.TempDir()
	h := &hooks{iterate: func(runID, Iteration, *Result) error { return os.ErrInvalid }}
	if o := experimentRun(t.Context(), toy(h), "-out", dir); o.status != exitFailed {
		t.Errorf("status %d, expected %d", o.status, exitFailed)
	}
	if got, want := names(t, dir), []string{"log.csv", "results.json", "table.md"}; !reflect.DeepEqual(got, want) {
		t.Errorf("folder holds %q, expected %q", got, want)
	}
}

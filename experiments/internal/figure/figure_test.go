package figure

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func twoPanels() Figure {
	line := Series{Name: "vanilla", X: []float64{1, 2, 3}, Y: []float64{253, 259, 265},
		Low: []float64{250, 255, 262}, High: []float64{256, 263, 268}}
	return Figure{
		Panels: []Panel{
			{Title: "vanilla, NFE 265", XLabel: "epoch", YLabel: "NFE", IntegerX: true, Series: []Series{
				{Name: "data", X: []float64{1, 3}, Y: []float64{251, 260}, Points: true}, line}},
			{Title: "ernode, NFE 177", XLabel: "epoch", YLabel: "NFE", IntegerX: true, Series: []Series{
				{Name: "ernode", X: []float64{1, 2}, Y: []float64{200, 177}}}},
		},
		Caption: "Lines: mean over 3 seeds.",
	}
}

func TestSaveWritesBitmapAndVector(t *testing.T) {
	base := filepath.Join(t.TempDir(), "nfe")
	if err := twoPanels().Save(base); err != nil {
		t.Fatal(err)
	}

	f, err := os.Open(base + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	// Two panels of 4.2 by 3.2 inches with the caption below and the legend
	// right of them, at 192 dots an inch.
	if size := img.Bounds().Size(); size.X <= 84*dpi/10 || size.Y <= 32*dpi/10 {
		t.Errorf("bitmap of %v, expected more than %v by %v", size, 84*dpi/10, 32*dpi/10)
	}

	svg, err := os.ReadFile(base + ".svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"vanilla, NFE 265", "ernode, NFE 177", ">epoch<", ">NFE<", ">data<", ">vanilla<", ">ernode<", "mean over 3 seeds"} {
		if !strings.Contains(string(svg), text) {
			t.Errorf("vector figure lacks %q", text)
		}
	}
	if n := strings.Count(string(svg), ">vanilla<"); n != 1 {
		t.Errorf("vanilla is %d times in the legend, expected once", n)
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("vector figure is no XML: %v", err)
		}
	}
}

func TestSaveIsDeterministic(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := twoPanels().Save(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, ext := range []string{".png", ".svg"} {
		a, _ := os.ReadFile(filepath.Join(dir, "a"+ext))
		b, _ := os.ReadFile(filepath.Join(dir, "b"+ext))
		if len(a) == 0 || string(a) != string(b) {
			t.Errorf("two %s of the same figure differ", ext)
		}
	}
}

func TestGrid(t *testing.T) {
	for n, want := range map[int][2]int{1: {1, 1}, 2: {1, 2}, 3: {1, 3}, 4: {2, 2}, 5: {2, 3}, 6: {2, 3}, 8: {3, 3}} {
		if rows, cols := grid(n, 0); rows != want[0] || cols != want[1] {
			t.Errorf("%d panels in %d rows of %d, expected %d of %d", n, rows, cols, want[0], want[1])
		}
		if n == 5 || n == 8 { // a row that is not full
			f := Figure{Panels: make([]Panel, n)}
			f.Panels[n-1] = twoPanels().Panels[0]
			if err := f.Save(filepath.Join(t.TempDir(), "f")); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	for _, tt := range []struct{ n, columns, rows, cols int }{{3, 1, 3, 1}, {4, 4, 1, 4}, {2, 5, 1, 2}, {5, 2, 3, 2}} {
		if rows, cols := grid(tt.n, tt.columns); rows != tt.rows || cols != tt.cols {
			t.Errorf("%d panels, %d in a row: %d by %d, expected %d by %d", tt.n, tt.columns, rows, cols, tt.rows, tt.cols)
		}
	}
}

// TestStyleOfAnother: a series can look like another, in a light tone, without
// dashes, or grey.
func TestStyleOfAnother(t *testing.T) {
	styles := map[string]int{}
	_, first := Series{Name: "vanilla"}.style(styles)
	i, second := Series{Name: "ernode"}.style(styles)
	if i != 1 || len(second.Dashes) == 0 || first.Color == second.Color {
		t.Errorf("style %d is %+v, expected one unlike the first, with dashes", i, second)
	}
	j, same := Series{Name: "ernode, paper", Like: "ernode", Solid: true}.style(styles)
	if j != i || same.Color != second.Color || same.Dashes != nil {
		t.Errorf("style %d is %+v, expected %d without dashes", j, same, i)
	}
	_, pale := Series{Like: "ernode", Light: true}.style(styles)
	_, grey := Series{Name: "before", Light: true}.style(styles)
	if pale.Color == second.Color || grey.Color != shade || len(styles) != 2 {
		t.Errorf("light %v, grey %v, %d styles, expected 2", pale.Color, grey.Color, len(styles))
	}

	f := twoPanels()
	for _, m := range []Mark{Dots, Crosses, Discs, Rings} {
		f.Panels[0].Series = append(f.Panels[0].Series, Series{Name: "marks", X: []float64{1}, Y: []float64{255}, Marks: m, Light: m == Rings})
	}
	if err := f.Save(filepath.Join(t.TempDir(), "marks")); err != nil {
		t.Error(err)
	}
}

func TestSameAxes(t *testing.T) {
	f := twoPanels()
	f.SameAxes = true
	f, err := f.clean()
	if err != nil {
		t.Fatal(err)
	}
	d, err := layout(f)
	if err != nil {
		t.Fatal(err)
	}
	a, b := d.plots[0], d.plots[1]
	if a.X.Min != b.X.Min || a.X.Max != b.X.Max || a.Y.Min != b.Y.Min || a.Y.Max != b.Y.Max {
		t.Errorf("ranges [%v,%v]×[%v,%v] and [%v,%v]×[%v,%v] differ", a.X.Min, a.X.Max, a.Y.Min, a.Y.Max, b.X.Min, b.X.Max, b.Y.Min, b.Y.Max)
	}
	if a.Y.Min > 177 || a.Y.Max < 268 {
		t.Errorf("ordinates in [%v,%v], expected to hold 177 and 268", a.Y.Min, a.Y.Max)
	}
}

// Panels of other quantities keep their own ranges.
func TestSameAxesByLabel(t *testing.T) {
	panel := func(label string, y ...float64) Panel {
		return Panel{XLabel: "x", YLabel: label, Series: []Series{{Name: "a", X: []float64{0, 1}, Y: y}}}
	}
	f, err := Figure{SameAxes: true, Panels: []Panel{panel("u", 0, 1), panel("v", 100, 200), panel("u", 3, 4)}}.clean()
	if err != nil {
		t.Fatal(err)
	}
	d, err := layout(f)
	if err != nil {
		t.Fatal(err)
	}
	u, v, w := d.plots[0].Y, d.plots[1].Y, d.plots[2].Y
	if u.Min != w.Min || u.Max != w.Max || u.Min > 0 || u.Max < 4 {
		t.Errorf("ranges [%v,%v] and [%v,%v] of one quantity, expected the same around [0,4]", u.Min, u.Max, w.Min, w.Max)
	}
	if v.Min < 90 || u.Max > 10 {
		t.Errorf("ranges [%v,%v] and [%v,%v] of two quantities are not apart", u.Min, u.Max, v.Min, v.Max)
	}
}

// Data that cannot be drawn as it is must neither fail nor panic.
func TestAwkwardData(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := map[string]Panel{
		"one point":            {Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{0}}}, IntegerX: true},
		"one point, log":       {Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{3}}}, LogY: true},
		"constant":             {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{7, 7}}}},
		"not finite":           {Series: []Series{{Name: "a", X: []float64{1, 2, 3}, Y: []float64{nan, inf, 7}}}},
		"zero on log":          {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{0, 7}}}, LogY: true},
		"huge":                 {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1e200, 1e300}}}},
		"tiny":                 {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1e-300, 2e-300}}}},
		"far from zero":        {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1e17, 1e17 + 64}}}},
		"whole range":          {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{-math.MaxFloat64, math.MaxFloat64}}}},
		"log of both":          {Series: []Series{{Name: "a", X: []float64{1e-5, 1e5}, Y: []float64{1e-12, 1e12}}}, LogX: true, LogY: true},
		"one point, log of x":  {Series: []Series{{Name: "a", X: []float64{1}, Y: []float64{-3}}}, LogX: true},
		"time zero on log":     {Series: []Series{{Name: "a", X: []float64{0, 2}, Y: []float64{1, 7}}}, LogX: true},
		"many decades":         {Series: []Series{{Name: "a", X: []float64{1, 2}, Y: []float64{1e-12, 1e12}}}, LogY: true},
		"no name":              {Series: []Series{{X: []float64{1, 2}, Y: []float64{1, 2}}}},
		"beside an empty part": {Series: []Series{{Name: "none"}, {Name: "a", X: []float64{1}, Y: []float64{1}}}},
	}
	for name, panel := range tests {
		t.Run(name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "f")
			if err := (Figure{Panels: []Panel{panel, {Title: "empty"}}}).Save(base); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFigureErrors(t *testing.T) {
	one := []float64{1}
	two := []float64{1, 2}
	bad := map[string]Figure{
		"lengths":   {Panels: []Panel{{Series: []Series{{Name: "a", X: one, Y: two}}}}},
		"half band": {Panels: []Panel{{Series: []Series{{Name: "a", X: one, Y: one, Low: one}}}}},
		"long band": {Panels: []Panel{{Series: []Series{{Name: "a", X: one, Y: one, Low: two, High: two}}}}},
		"size":      {Width: -1, Panels: []Panel{{Series: []Series{{Name: "a", X: one, Y: one}}}}},
	}
	for name, f := range bad {
		if err := f.Save(filepath.Join(t.TempDir(), "f")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	dir := t.TempDir()
	if err := (Figure{Panels: []Panel{{}}}).Save(filepath.Join(dir, "f")); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty figure: error %v, expected %v", err, ErrEmpty)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("empty figure left %v", entries)
	}
	if err := twoPanels().Save(filepath.Join(dir, "missing", "f")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: error %v, expected %v", err, os.ErrNotExist)
	}
}

func TestTicks(t *testing.T) {
	labels := func(ticks plot.Ticker, lo, hi float64) string {
		var s []string
		for _, t := range ticks.Ticks(lo, hi) {
			if t.Label != "" {
				s = append(s, t.Label)
			}
		}
		return strings.Join(s, " ")
	}
	tests := []struct {
		ticks  plot.Ticker
		lo, hi float64
		want   string
	}{
		{linearTicks{integer: true}, 0.5, 1.5, "1"},
		{linearTicks{integer: true}, 0.9, 3.1, "1 2 3"},
		{linearTicks{integer: true}, 0.1, 30.9, "5 10 15 20 25 30"},
		{linearTicks{}, -1.8, 2.1, "-1.5 -1.0 -0.5 0.0 0.5 1.0 1.5 2.0"},
		{linearTicks{}, -2.2, 2.2, "-2 -1 0 1 2"},
		{linearTicks{}, 140, 277, "140 160 180 200 220 240 260"},
		{linearTicks{}, 0, 0.035, "0.000 0.005 0.010 0.015 0.020 0.025 0.030 0.035"},
		{logTicks{}, math.Log10(0.0009), math.Log10(1.2), "0.001 0.01 0.1 1"},
		{logTicks{}, math.Log10(0.15), math.Log10(3), "0.2 0.5 1 2"},
		{logTicks{}, -3, 2, "0.001 0.01 0.1 1 10 100"},
	}
	for _, test := range tests {
		if got := labels(test.ticks, test.lo, test.hi); got != test.want {
			t.Errorf("%T in [%v, %v]: %q, expected %q", test.ticks, test.lo, test.hi, got, test.want)
		}
	}
}

// The bars of points are drawn, and the axis holds them.
func TestBarsOfPoints(t *testing.T) {
	s := Series{Name: "data", X: []float64{1, 2}, Y: []float64{0, 1}, Low: []float64{-5, 1}, High: []float64{1, 9}, Points: true}
	f, err := Figure{Panels: []Panel{{Series: []Series{s}}}}.clean()
	if err != nil {
		t.Fatal(err)
	}
	d, err := layout(f)
	if err != nil {
		t.Fatal(err)
	}
	if y := d.plots[0].Y; !(y.Min <= -5 && y.Max >= 9) {
		t.Errorf("ordinates in [%v, %v], expected to hold -5 and 9", y.Min, y.Max)
	}
	var l layers
	if _, err := l.add(s, map[string]int{}); err != nil || len(l.points) != 2 || len(l.bands) != 0 {
		t.Errorf("%d bands and %d layers of points, error %v, expected bars and points", len(l.bands), len(l.points), err)
	}
}

// No two names have one colour, in lines, bands and marks alike.
func TestColoursDiffer(t *testing.T) {
	seen := map[any]int{}
	for i := range 48 {
		for _, c := range []any{hue(i), light(i)} {
			if j, ok := seen[c]; ok {
				t.Errorf("names %d and %d have the same colour %v", j, i, c)
			}
			seen[c] = i
		}
	}
}

func TestMarksDifferInColour(t *testing.T) {
	var p Panel
	for i := range 12 {
		p.Series = append(p.Series, Series{Name: string(rune('a' + i)), X: []float64{1}, Y: []float64{float64(i)}, Marks: Discs})
	}
	svg, err := Figure{Panels: []Panel{p}}.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Series {
		c := hue(i)
		if want := fmt.Sprintf("fill:#%02X%02X%02X", c.R, c.G, c.B); strings.Count(string(svg), want) != 2 { // in the panel and the legend
			t.Errorf("name %d: no two marks %s", i, want)
		}
	}
}

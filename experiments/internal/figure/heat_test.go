package figure

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ramp is a panel with a map of 3 columns and 2 rows, from 0 to 5.
func ramp() Panel {
	return Panel{XLabel: "x", YLabel: "y", Window: Window{-3, 3, 0, 1}, Heat: &Heat{Columns: 3, Values: []float64{0, 1, 2, 3, 4, 5}, Label: "density"}}
}

// document returns the figure as SVG, and the images in it.
func document(t *testing.T, f Figure) (string, []image.Image) {
	t.Helper()
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	var images []image.Image
	for _, m := range regexp.MustCompile(`<image preserveAspectRatio="none" [^>]*"data:image/png;base64,([^"]*)"`).FindAllSubmatch(svg, -1) {
		data, err := base64.StdEncoding.DecodeString(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, img)
	}
	return string(svg), images
}

func sameColor(a, b color.Color) bool {
	return color.NRGBAModel.Convert(a) == color.NRGBAModel.Convert(b)
}

// The first value is that of the cell at the lower left, the next right of it.
func TestHeatIsUpright(t *testing.T) {
	svg, images := document(t, Figure{Panels: []Panel{ramp()}})
	if len(images) != 2 || images[0].Bounds() != image.Rect(0, 0, 3, 2) {
		t.Fatalf("%d images, expected a map of 3 by 2 and the scale", len(images))
	}
	for k := range 6 {
		if got, want := images[0].At(k%3, 1-k/3), heatColor(float64(k)/5); !sameColor(got, want) {
			t.Errorf("cell %d is %v, expected %v", k, got, want)
		}
	}
	bar := images[1]
	if b := bar.Bounds(); !sameColor(bar.At(0, b.Max.Y-1), heatColor(0)) || !sameColor(bar.At(0, 0), heatColor(1)) {
		t.Errorf("the scale goes from %v up to %v", bar.At(0, b.Max.Y-1), bar.At(0, 0))
	}
	if !strings.Contains(svg, ">density<") {
		t.Error("the scale has no label")
	}
}

// The points of a panel are drawn over its map, in the bitmap as well.
func TestHeatIsBehindSeries(t *testing.T) {
	p := ramp()
	p.Series = []Series{{Name: "data", X: []float64{2.5}, Y: []float64{0.75}, Points: true}}
	svg, _ := document(t, Figure{Panels: []Panel{p}})
	if i, j := strings.Index(svg, "<image"), strings.Index(svg, "A2,2"); i < 0 || j < i { // a disc of radius 2
		t.Errorf("map at byte %d and point at %d, expected the point behind it", i, j)
	}
}

// Maps of a figure share their colours, up to the largest value or the largest Max.
func TestScale(t *testing.T) {
	other := Panel{Window: Square(1), Heat: &Heat{Columns: 1, Values: []float64{0, 10}}}
	_, images := document(t, Figure{Panels: []Panel{ramp(), other}})
	if len(images) != 3 || !sameColor(images[0].At(2, 0), heatColor(0.5)) || !sameColor(images[1].At(0, 0), heatColor(1)) {
		t.Errorf("%d images, of which 5 of at most 10 is %v", len(images), images[0].At(2, 0))
	}
	other.Heat.Max = 2
	_, images = document(t, Figure{Panels: []Panel{ramp(), other}})
	if !sameColor(images[0].At(2, 0), heatColor(1)) || !sameColor(images[1].At(0, 0), heatColor(1)) {
		t.Errorf("5 is %v and what is beyond Max %v, expected the darkest", images[0].At(2, 0), images[1].At(0, 0))
	}
	below := Panel{Window: Square(1), Heat: &Heat{Columns: 2, Values: []float64{-5, 5}}}
	if s := scaleOf([]Panel{ramp(), below}); *s != (scale{-5, 5, "density"}) {
		t.Errorf("scale %+v, expected from -5 to 5", *s)
	}
	if s := scaleOf(twoPanels().Panels); s != nil {
		t.Errorf("scale %+v without a map", *s)
	}
}

// In print, and to eyes that see no colours, more is darker.
func TestHeatColorsDarken(t *testing.T) {
	if heatColor(0) != (color.NRGBA{255, 255, 255, 255}) || heatColor(-1) != heatColor(0) || heatColor(2) != heatColor(1) {
		t.Error("the scale does not begin with white, or goes on beyond its ends")
	}
	last := 256.
	for i := range 101 {
		c := heatColor(float64(i) / 100)
		luminance := 0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B)
		if luminance >= last {
			t.Errorf("at %d %% the luminance is %v after %v", i, luminance, last)
		}
		last = luminance
	}
}

func TestCells(t *testing.T) {
	x, y := Window{0, 4, 10, 12}.Cells(2, 2)
	if !slices.Equal(x, []float64{1, 3, 1, 3}) || !slices.Equal(y, []float64{10.5, 10.5, 11.5, 11.5}) {
		t.Errorf("centres %v and %v", x, y)
	}
	if s := Square(2); s != (Window{-2, 2, -2, 2}) {
		t.Errorf("square %+v", s)
	}
}

// A panel with a window shows that and no more, whatever is in it and beside it.
func TestWindow(t *testing.T) {
	far := []Series{{Name: "a", X: []float64{-50, 50}, Y: []float64{-50, 50}}}
	f, err := Figure{SameAxes: true, Panels: []Panel{
		{XLabel: "x", YLabel: "y", Window: Square(2), Series: far}, {XLabel: "x", YLabel: "y", Series: far}, ramp(),
	}}.clean()
	if err != nil {
		t.Fatal(err)
	}
	d, err := layout(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range []Window{Square(2), Square(53), {-3, 3, 0, 1}} {
		if p := d.plots[i]; p.X.Min != w.XMin || p.X.Max != w.XMax || p.Y.Min != w.YMin || p.Y.Max != w.YMax {
			t.Errorf("panel %d shows [%v, %v] × [%v, %v], expected %+v", i, p.X.Min, p.X.Max, p.Y.Min, p.Y.Max, w)
		}
	}
}

// Panels as they are written in files: without what they do not have, and with a map
// of numbers that JSON knows.
func TestPanelJSON(t *testing.T) {
	text, err := json.Marshal(twoPanels().Panels[0])
	if err != nil || strings.Contains(string(text), "window") || strings.Contains(string(text), "heat") {
		t.Errorf("%s and error %v, expected no window and no map", text, err)
	}
	p := ramp()
	p.Heat.Values = []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1. / 3, -2, 5}
	clean, err := p.Clean()
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{0, 5, -2, 0.3333, -2, 5}; !slices.Equal(clean.Heat.Values, want) {
		t.Errorf("values %v, expected %v", clean.Heat.Values, want)
	}
	if text, err = json.Marshal(clean); err != nil {
		t.Fatal(err)
	}
	var back Panel
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := back.Clean()
	if err != nil || !reflect.DeepEqual(again, clean) {
		t.Errorf("%+v and error %v, expected %+v", again, err, clean)
	}
}

func TestAwkwardHeat(t *testing.T) {
	nan := math.NaN()
	for name, values := range map[string][]float64{
		"zeros": make([]float64, 6), "nothing known": {nan, nan}, "one cell": {3}, "constant below zero": {-2, -2},
		"tiny": {0, 5e-324}, "whole range": {-math.MaxFloat64, math.MaxFloat64}, "wide": {-1e300, 1e300}, "infinite": {math.Inf(1), math.Inf(-1)},
	} {
		p := Panel{Window: Square(1), Heat: &Heat{Columns: 1, Values: values}, LogY: true}
		if err := (Figure{Panels: []Panel{p, {}}}).Save(filepath.Join(t.TempDir(), "f")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := (Panel{Heat: &Heat{Columns: 5}}).Clean(); err != nil || p.Heat != nil {
		t.Errorf("a map without values is %+v, error %v", p.Heat, err)
	}
}

func TestHeatErrors(t *testing.T) {
	heat := func(columns int, max float64, values ...float64) Panel {
		return Panel{Window: Square(1), Heat: &Heat{Columns: columns, Values: values, Max: max}}
	}
	nowhere := ramp()
	nowhere.Window = Window{}
	for says, p := range map[string]Panel{
		"5 values in 2 columns":                 heat(2, 0, 1, 2, 3, 4, 5),
		"1 values in 0 columns":                 heat(0, 0, 1),
		"1 values in -1 columns":                heat(-1, 0, 1),
		"up to -1, expected at most":            heat(1, -1, 1),
		"up to +Inf, expected at most":          heat(1, math.Inf(1), 1),
		"up to NaN":                             heat(1, math.NaN(), 1),
		"heat map without a window":             nowhere,
		"{XMin:0 XMax:1 YMin:0 YMax:0}":         {Window: Window{XMax: 1}},
		"{XMin:1 XMax:-1 YMin:0 YMax:1}":        {Window: Window{1, -1, 0, 1}},
		"XMax:NaN":                              {Window: Window{0, math.NaN(), 0, 1}},
		"{XMin:-Inf XMax:+Inf YMin:0 YMax:1}":   {Window: Window{math.Inf(-1), math.Inf(1), 0, 1}},
		"{XMin:-1e+308 XMax:1e+308 YMin:0 YMax": {Window: Window{-1e308, 1e308, 0, 1}},
	} {
		if _, err := p.Clean(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, expected one that mentions %q", err, says)
		}
	}
}

// Hundreds of points are smaller than some, and the legend's is not.
func TestCrowd(t *testing.T) {
	for _, s := range []Series{{Name: "data", Points: true}, {Name: "samples", Marks: Dots}} {
		for n, radius := range map[int]float64{crowd - 1: 2, crowd: 0.84} {
			s.X, s.Y = make([]float64, n), make([]float64, n)
			for i := range n {
				s.X[i] = float64(i)
			}
			svg, _ := document(t, Figure{Panels: []Panel{{Series: []Series{s}}}})
			of := func(r float64) int { return strings.Count(svg, fmt.Sprintf("A%v,%v ", r, r)) / 2 } // two arcs each
			if want := n + 1; radius == 2 && of(2) != want || radius != 2 && (of(2) != 1 || of(radius) != n) {
				t.Errorf("%s: %d discs of radius 2 and %d of radius %v for %d points and the legend", s.Name, of(2), of(radius), radius, n)
			}
		}
	}
}

func TestThin(t *testing.T) {
	_, bold := Series{Name: "a"}.style(map[string]int{})
	_, thin := Series{Name: "a", Thin: true}.style(map[string]int{})
	if thin.Width >= bold.Width/3 || thin.Dashes != nil {
		t.Errorf("width %v and dashes %v, expected a thin solid line", thin.Width, thin.Dashes)
	}
	c, want := thin.Color.(color.NRGBA), hue(0)
	if want.A = thinAlpha; c != want {
		t.Errorf("colour %v, expected %v", c, want)
	}
	var l layers
	if _, err := l.add(Series{Name: "a", X: []float64{1, 2}, Y: []float64{1, 2}, Thin: true}, map[string]int{}); err != nil || len(l.lines) != 1 {
		t.Errorf("%d layers and error %v, expected a line without markers", len(l.lines), err)
	}
}

package figure

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// TestLogarithmicAxesTakeNoRoom: the area for the data is as high and as wide on
// logarithmic axes as on linear ones, up to the widths of the numbers beside them.
func TestLogarithmicAxesTakeNoRoom(t *testing.T) {
	area := func(log bool) vg.Point {
		p := Panel{
			Title: "training", XLabel: "a long label of the times below it", YLabel: "sum of squared errors", LogX: log, LogY: log,
			Series: []Series{{Name: "a", X: []float64{1, 1000}, Y: []float64{0.01, 100}}},
		}
		f, err := Figure{Panels: []Panel{p}}.clean()
		if err != nil {
			t.Fatal(err)
		}
		d, err := layout(f)
		if err != nil {
			t.Fatal(err)
		}
		return d.plots[0].DataCanvas(draw.New(vgimg.New(4*vg.Inch, 3*vg.Inch))).Size()
	}
	linear, log := area(false), area(true)
	if log.Y < linear.Y-6 || log.X < linear.X-20 {
		t.Errorf("area %v on logarithmic axes, expected about %v", log, linear)
	}
}

// TestLogarithms: bands and windows go with the lines, each axis by itself, and the
// panel that is given stays as it is.
func TestLogarithms(t *testing.T) {
	p := Panel{LogY: true, Window: Window{1, 10, 0.1, 1000}, Series: []Series{{X: []float64{1, 10}, Y: []float64{10, 100}, Low: []float64{1, 10}, High: []float64{100, 1000}}}}
	before := fmt.Sprint(p)
	got := p.logarithms()
	s := got.Series[0]
	for _, tt := range []struct{ got, want []float64 }{
		{s.X, []float64{1, 10}}, {s.Y, []float64{1, 2}}, {s.Low, []float64{0, 1}}, {s.High, []float64{2, 3}},
		{[]float64{got.Window.XMin, got.Window.XMax, got.Window.YMin, got.Window.YMax}, []float64{1, 10, -1, 3}},
	} {
		if !slices.EqualFunc(tt.got, tt.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%v, expected %v", tt.got, tt.want)
		}
	}
	if after := fmt.Sprint(p); after != before {
		t.Errorf("panel %s, expected it as it was, %s", after, before)
	}
}

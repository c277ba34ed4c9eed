package figure

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette is Okabe and Ito's, without black, which is for data, and without
// yellow, which is too faint on white.
var palette = []color.NRGBA{
	{R: 0, G: 114, B: 178, A: 255},   // blue
	{R: 213, G: 94, B: 0, A: 255},    // vermillion
	{R: 0, G: 158, B: 115, A: 255},   // bluish green
	{R: 204, G: 121, B: 167, A: 255}, // reddish purple
	{R: 230, G: 159, B: 0, A: 255},   // orange
	{R: 86, G: 180, B: 233, A: 255},  // sky blue
}

var dashes = [][]vg.Length{
	nil,
	{vg.Points(6), vg.Points(2.5)},
	{vg.Points(1.6), vg.Points(2.2)},
	{vg.Points(7), vg.Points(2), vg.Points(1.5), vg.Points(2)},
	{vg.Points(10), vg.Points(3)},
}

var (
	black = color.NRGBA{A: 255}
	grey  = color.NRGBA{R: 218, G: 218, B: 218, A: 255}
	shade = color.NRGBA{R: 190, G: 190, B: 190, A: 255} // of light lines like no other
)

const bandAlpha = 32 // of 255

// lineStyle is the style of the i-th name. Colours and dashes have different
// periods, so a pair repeats only after 30 names.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{
		Color:  palette[i%len(palette)],
		Width:  vg.Points(1.6),
		Dashes: dashes[i%len(dashes)],
	}
}

// light is the colour of the i-th name, mixed with white.
func light(i int) color.Color {
	c := palette[i%len(palette)]
	for _, x := range []*uint8{&c.R, &c.G, &c.B} {
		*x = uint8(255 - (255-int(*x))*2/5)
	}
	return c
}

func sans(size float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, vg.Points(size))
}

// linearTicks marks multiples of 1, 2 or 5 times a power of ten, four to nine of
// them, or fewer if only whole numbers may be marked.
type linearTicks struct {
	integer bool
}

var _ plot.Ticker = linearTicks{}

func (t linearTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) || math.IsInf(hi-lo, 0) {
		return nil
	}
	exponent := math.Floor(math.Log10((hi - lo) / 5))
	if t.integer {
		exponent = max(exponent, 0)
	}
	step := math.Pow(10, exponent)
	for _, factor := range []float64{2, 2.5, 2} {
		if (hi-lo)/step <= 8 {
			break
		}
		step *= factor
	}
	decimals := max(0, -int(math.Floor(math.Log10(1.001*step)))) // 1.001 as the step is rounded
	var ticks []plot.Tick
	first := math.Ceil(lo / step)
	for i := range int(math.Floor(hi/step)-first) + 1 {
		x := (first + float64(i)) * step
		label := strconv.FormatFloat(x, 'f', decimals, 64)
		if ax := math.Abs(x); ax >= 1e6 || ax > 0 && ax < 1e-4 {
			label = strconv.FormatFloat(x, 'g', 4, 64)
		}
		ticks = append(ticks, plot.Tick{Value: x, Label: label})
	}
	return ticks
}

// logTicks marks 1, 2 and 5 times powers of ten with labels if the axis spans
// less than two decades, and powers of ten alone otherwise; every other one, and
// nothing between, if there are many.
type logTicks struct{}

var _ plot.Ticker = logTicks{}

func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	narrow, wide := hi/lo < 100, hi/lo > 1e5
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi); e++ {
		for m := 1; m <= 9; m++ {
			x := float64(m) * math.Pow(10, e)
			if x < lo || x > hi || wide && (m > 1 || math.Mod(e, 2) != 0) {
				continue
			}
			var label string
			if m == 1 || narrow && (m == 2 || m == 5) {
				label = strconv.FormatFloat(x, 'g', 3, 64)
			}
			ticks = append(ticks, plot.Tick{Value: x, Label: label})
		}
	}
	return ticks
}

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

// palette begins with Okabe and Ito's, without black, which is for data, and without
// yellow, which is too faint on white.
var palette = []color.NRGBA{
	{R: 0, G: 114, B: 178, A: 255},   // blue
	{R: 213, G: 94, B: 0, A: 255},    // vermillion
	{R: 0, G: 158, B: 115, A: 255},   // bluish green
	{R: 204, G: 121, B: 167, A: 255}, // reddish purple
	{R: 230, G: 159, B: 0, A: 255},   // orange
	{R: 86, G: 180, B: 233, A: 255},  // sky blue

	// Ours, for figures with more names.
	{R: 136, G: 34, B: 85, A: 255},   // wine
	{R: 153, G: 153, B: 51, A: 255},  // olive
	{R: 51, G: 34, B: 136, A: 255},   // indigo
	{R: 120, G: 74, B: 24, A: 255},   // brown
	{R: 0, G: 85, B: 85, A: 255},     // teal
	{R: 160, G: 90, B: 220, A: 255},  // violet
	{R: 170, G: 0, B: 20, A: 255},    // crimson
	{R: 130, G: 190, B: 0, A: 255},   // lime
	{R: 90, G: 105, B: 120, A: 255},  // slate
	{R: 238, G: 120, B: 180, A: 255}, // pink
}

// hue is the colour of the i-th name, which no other has.
func hue(i int) color.NRGBA {
	n := len(palette)
	c := palette[i%n]
	for range i / n { // darker in every turn
		c.R, c.G, c.B = c.R/4*3, c.G/4*3, c.B/4*3
	}
	return c
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
	shade = color.NRGBA{R: 190, G: 190, B: 190, A: 255} // color of light lines that are like no other series
)

const (
	bandAlpha  = 32  // opacity of a band, of at most 255
	thinAlpha  = 130 // opacity of a thin line
	crowdAlpha = 160 // opacity of one of many points
)

// heatColors are evenly spaced on the scale of heat maps, from the lowest value on,
// each darker than the one before it.
var heatColors = []color.NRGBA{
	{R: 255, G: 255, B: 255, A: 255},
	{R: 168, G: 207, B: 230, A: 255},
	{R: 60, G: 148, B: 200, A: 255},
	{R: 0, G: 88, B: 150, A: 255},
	{R: 4, G: 26, B: 66, A: 255},
}

// heatColor is the colour at x in [0, 1] of the scale, or at the nearer end.
func heatColor(x float64) color.NRGBA {
	last := len(heatColors) - 1
	x = min(max(x, 0), 1) * float64(last)
	i := min(int(x), last-1)
	x -= float64(i)
	a, b := heatColors[i], heatColors[i+1]
	mix := func(a, b uint8) uint8 { return uint8(math.Round((1-x)*float64(a) + x*float64(b))) }
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}

// lineStyle is the style of the i-th name.
func lineStyle(i int) draw.LineStyle {
	return draw.LineStyle{
		Color:  hue(i),
		Width:  vg.Points(1.6),
		Dashes: dashes[i%len(dashes)],
	}
}

// light is the colour of the i-th name, mixed with white.
func light(i int) color.Color {
	c := hue(i)
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
// less than two decades, and powers of ten alone otherwise; every other one, or fewer,
// and nothing between, if there are many. The axis has logarithms to base 10.
type logTicks struct{}

var _ plot.Ticker = logTicks{}

func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	narrow, wide := hi-lo < 2, hi-lo > 5
	every := 2 * math.Ceil((hi-lo)/12)
	var ticks []plot.Tick
	for e := math.Floor(lo); e <= hi; e++ {
		for m := 1; m <= 9; m++ {
			x := e + math.Log10(float64(m))
			if x < lo || x > hi || wide && (m > 1 || math.Mod(e, every) != 0) {
				continue
			}
			var label string
			if m == 1 || narrow && (m == 2 || m == 5) {
				label = strconv.FormatFloat(float64(m)*math.Pow(10, e), 'g', 3, 64)
			}
			ticks = append(ticks, plot.Tick{Value: x, Label: label})
		}
	}
	return ticks
}

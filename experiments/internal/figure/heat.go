package figure

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Window is a rectangle of the plane.
type Window struct {
	XMin float64 `json:"x_min"`
	XMax float64 `json:"x_max"`
	YMin float64 `json:"y_min"`
	YMax float64 `json:"y_max"`
}

// Square returns the window from -extent to extent, both ways.
func Square(extent float64) Window { return Window{-extent, extent, -extent, extent} }

// Cells returns the centres of the cells of a grid that fills the window, row by row
// from below, in the order of a Heat.
func (w Window) Cells(columns, rows int) (x, y []float64) {
	for j := range rows {
		for i := range columns {
			x = append(x, w.XMin+(w.XMax-w.XMin)*(float64(i)+0.5)/float64(columns))
			y = append(y, w.YMin+(w.YMax-w.YMin)*(float64(j)+0.5)/float64(rows))
		}
	}
	return x, y
}

// check fails unless the window is the zero one, which stands for none, or has an
// area.
func (w Window) check() error {
	width, height := w.XMax-w.XMin, w.YMax-w.YMin
	if w != (Window{}) && !(width > 0 && height > 0 && finite(width) && finite(height)) {
		return errors.Errorf("figure: window %+v, expected one with an area", w)
	}
	return nil
}

// Heat is a map of values that fills the window of its panel, behind the series. All
// maps of a figure have the same colours, from white for 0, or for the least value if
// that is less, to dark for the largest one. A scale beside the panels says which.
type Heat struct {
	Columns int       `json:"columns"`
	Values  []float64 `json:"values"`          // one for each of Window.Cells
	Label   string    `json:"label,omitempty"` // what the values are, and their unit

	// Max is the value from which on all are drawn alike, so that a few large ones do
	// not hide the others. Default the largest.
	Max float64 `json:"max,omitempty"`
}

// maxHeat bounds values, so that differences of them are finite.
const maxHeat = 1e300

// clean returns a map of finite values of four digits, more than colours show: not a
// number is drawn as 0, and what is infinite, or beyond the bound, as the nearest that
// is not. It is nil if there are no values. It is an error if they are not rows of the
// columns.
func (h *Heat) clean() (*Heat, error) {
	if h == nil || len(h.Values) == 0 {
		return nil, nil
	}
	if h.Columns < 1 || len(h.Values)%h.Columns != 0 {
		return nil, errors.Errorf("figure: heat map of %d values in %d columns, expected rows of them", len(h.Values), h.Columns)
	}
	if !(h.Max >= 0 && h.Max <= maxHeat) {
		return nil, errors.Errorf("figure: heat map up to %v, expected at most %v and not less than 0", h.Max, maxHeat)
	}
	out := *h
	low, high := 0., 0.
	for _, v := range h.Values {
		if math.Abs(v) <= maxHeat {
			low, high = min(low, v), max(high, v)
		}
	}
	out.Values = make([]float64, len(h.Values))
	for i, v := range h.Values {
		if !math.IsNaN(v) {
			out.Values[i], _ = strconv.ParseFloat(strconv.FormatFloat(min(max(v, low), high), 'g', 4, 64), 64)
		}
	}
	return &out, nil
}

// scale is the range of values that colours stand for.
type scale struct {
	low, high float64
	label     string
}

// scaleOf returns the scale of all maps of the panels, nil if there are none. The
// label is that of the first.
func scaleOf(panels []Panel) *scale {
	var s *scale
	for _, p := range panels {
		if p.Heat == nil {
			continue
		}
		if s == nil {
			s = &scale{label: p.Heat.Label}
		}
		largest := 0.
		for _, v := range p.Heat.Values {
			s.low, largest = min(s.low, v), max(largest, v)
		}
		if p.Heat.Max > 0 {
			largest = p.Heat.Max
		}
		s.high = max(s.high, largest)
	}
	if s != nil && s.low == s.high {
		s.high = s.low + 1
	}
	return s
}

// color returns the colour of a value.
func (s *scale) color(v float64) color.Color {
	return heatColor((v - s.low) / (s.high - s.low))
}

// newHeat returns a map that fills the window.
func newHeat(h *Heat, s *scale, w Window) plot.Plotter {
	rows := len(h.Values) / h.Columns
	img := image.NewNRGBA(image.Rect(0, 0, h.Columns, rows))
	for k, v := range h.Values {
		img.Set(k%h.Columns, rows-1-k/h.Columns, s.color(v))
	}
	return plotter.NewImage(img, w.XMin, w.YMin, w.XMax, w.YMax)
}

// newScaleBar returns a plot of the colours, with their values beside them.
func newScaleBar(s *scale) *plot.Plot {
	const shades = 256
	img := image.NewNRGBA(image.Rect(0, 0, 1, shades))
	for i := range shades {
		img.Set(0, shades-1-i, heatColor(float64(i)/(shades-1)))
	}
	plt := newPlot(Panel{YLabel: s.label})
	plt.HideX()
	plt.Add(plotter.NewImage(img, 0, s.low, 1, s.high))
	return plt
}

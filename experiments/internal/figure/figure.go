// Package figure draws what the experiments show: quantities over epochs, data
// points with the trajectories fitted to them, and densities in the plane.
//
// A Figure is a row of panels, or several rows, with one legend beside them, where
// it hides nothing. A panel holds series, which are lines, lines with a band around
// them, or points, over a heat map if there is one:
//
//	f := figure.Figure{
//		Panels: []figure.Panel{{
//			Title:  "vanilla, NFE 1083",
//			XLabel: "u₁", YLabel: "u₂",
//			Series: []figure.Series{
//				{Name: "data", X: x, Y: y, Points: true},
//				{Name: "vanilla", X: fitX, Y: fitY},
//			},
//		}},
//	}
//	err := f.Save("results/spiral_node/fit") // fit.png and fit.svg
//
// A name has the same colour and dashes in every panel, and a colour that no other
// name has. The first six colours are those of Okabe and Ito, "Color Universal
// Design" (2008), which people with any common colour vision deficiency tell apart;
// the dashes do so in print.
package figure

import (
	"math"

	"github.com/pkg/errors"
)

// Figure is panels of equal size.
type Figure struct {
	Panels  []Panel
	Columns int    // panels in a row, by default at most three
	Caption string // one line below the panels, none if empty

	// SameAxes gives panels with the same labels the same ranges, so that they
	// compare at a glance.
	SameAxes bool

	// Width and Height of one panel in inches, default 4.2 and 3.2.
	Width, Height float64
}

// Panel is one pair of axes. Labels name the quantity and its unit.
type Panel struct {
	Title  string   `json:"title,omitempty"`
	XLabel string   `json:"x_label"`
	YLabel string   `json:"y_label"`
	Series []Series `json:"series"`

	// IntegerX marks whole numbers alone on the horizontal axis, as for epochs.
	IntegerX bool `json:"integer_x,omitempty"`

	// Window is the part of the plane that the panel shows. Default what holds the
	// series, with a margin. Points and lines end at its border.
	Window Window `json:"window,omitzero"`

	// Heat is drawn behind the series. It needs a window.
	Heat *Heat `json:"heat,omitempty"`

	// LogX and LogY ask for a logarithmic horizontal and vertical axis. It is linear
	// all the same if a value is not positive.
	LogX bool `json:"log_x,omitempty"`
	LogY bool `json:"log_y,omitempty"`
}

// Series is a line through (X[i], Y[i]), or points there. Pairs with a value
// that is not finite are left out.
type Series struct {
	Name string    `json:"name,omitempty"` // entry in the legend, one for all series of the same name
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`

	// Low and High bound the band around the line, or the bar through each
	// point; there is none if they are nil.
	Low  []float64 `json:"low,omitempty"`
	High []float64 `json:"high,omitempty"`

	// Points draws points in place of the line, in black, as for data: small and
	// translucent if they are many.
	Points bool `json:"points,omitempty"`

	// Marks draws these in place of the line, in its colour.
	Marks Mark `json:"marks,omitempty"`

	// Like is the name whose colour and dashes this series has. Default Name.
	Like string `json:"like,omitempty"`

	// Light puts a line behind the others, in a light tone of its colour, or in
	// grey without Like.
	Light bool `json:"light,omitempty"`

	// Solid draws a thinner line without dashes and markers.
	Solid bool `json:"solid,omitempty"`

	// Thin draws a very thin one, translucent, as for one of hundreds.
	Thin bool `json:"thin,omitempty"`
}

// Mark is a sign at every point of a series.
type Mark uint8

// The marks of a series.
const (
	NoMarks Mark = iota
	Dots         // small discs, and smaller ones if they are many
	Crosses
	Discs
	Rings
)

// ErrEmpty is the cause of an error for a figure with nothing to draw.
var ErrEmpty = errors.New("nothing to draw")

// clean returns the series without the pairs that are not finite. It is an
// error if lengths differ.
func (s Series) clean() (Series, error) {
	n := len(s.X)
	if len(s.Y) != n || s.Low != nil && len(s.Low) != n || s.High != nil && len(s.High) != n {
		return s, errors.Errorf("figure: series %q has %d abscissas, %d ordinates and a band of %d and %d, expected as many of each",
			s.Name, n, len(s.Y), len(s.Low), len(s.High))
	}
	if (s.Low == nil) != (s.High == nil) {
		return s, errors.Errorf("figure: series %q has half a band, expected both Low and High", s.Name)
	}
	out := s
	out.X, out.Y, out.Low, out.High = nil, nil, nil, nil
	for i := range n {
		ok := finite(s.X[i]) && finite(s.Y[i])
		if s.Low != nil {
			ok = ok && finite(s.Low[i]) && finite(s.High[i])
		}
		if !ok {
			continue
		}
		out.X = append(out.X, s.X[i])
		out.Y = append(out.Y, s.Y[i])
		if s.Low != nil {
			out.Low = append(out.Low, s.Low[i])
			out.High = append(out.High, s.High[i])
		}
	}
	return out, nil
}

// Clean returns the panel as it is drawn: without series or pairs that cannot be,
// with finite values in a heat map, and without a logarithmic axis for values that
// are not positive. It is an error if lengths differ, or if a window has no area.
func (p Panel) Clean() (Panel, error) {
	var series []Series
	for _, s := range p.Series {
		s, err := s.clean()
		if err != nil {
			return p, err
		}
		if len(s.X) > 0 {
			series = append(series, s)
		}
	}
	p.Series = series
	if err := p.Window.check(); err != nil {
		return p, err
	}
	var err error
	if p.Heat, err = p.Heat.clean(); err != nil {
		return p, err
	}
	if p.Heat != nil && p.Window == (Window{}) {
		return p, errors.New("figure: heat map without a window, expected one")
	}
	free := p.Window == (Window{})
	p.LogX = p.LogX && p.Heat == nil && (free || p.Window.XMin > 0) && positive(series, Series.abscissas)
	p.LogY = p.LogY && p.Heat == nil && (free || p.Window.YMin > 0) && positive(series, Series.ordinates)
	return p, nil
}

// clean returns the figure with clean series. The error's cause is ErrEmpty if
// no panel has anything to draw.
func (f Figure) clean() (Figure, error) {
	if f.Width == 0 {
		f.Width = 4.2
	}
	if f.Height == 0 {
		f.Height = 3.2
	}
	if !(f.Width > 0 && f.Height > 0 && finite(f.Width) && finite(f.Height)) {
		return f, errors.Errorf("figure: panels of %v by %v inches, expected positive sizes", f.Width, f.Height)
	}
	drawn := 0
	panels := make([]Panel, len(f.Panels))
	for i, p := range f.Panels {
		var err error
		if panels[i], err = p.Clean(); err != nil {
			return f, err
		}
		drawn += len(panels[i].Series)
		if panels[i].Heat != nil {
			drawn++
		}
	}
	if drawn == 0 {
		return f, errors.Wrap(ErrEmpty, "figure")
	}
	f.Panels = panels
	return f, nil
}

// abscissas returns those of a series.
func (s Series) abscissas() []float64 { return s.X }

// ordinates returns the lowest ordinate, bands included, for every abscissa.
func (s Series) ordinates() []float64 {
	if s.Low != nil {
		return s.Low
	}
	return s.Y
}

// positive reports whether all these values of the series are above zero.
func positive(series []Series, values func(Series) []float64) bool {
	for _, s := range series {
		for _, x := range values(s) {
			if !(x > 0) {
				return false
			}
		}
	}
	return true
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

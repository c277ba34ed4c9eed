package figure

import (
	"cmp"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markerLimit is the length up to which every point of a line has a marker, so
// that a line of one point can be seen.
const markerLimit = 12

// crowd is the number of points or dots from which on they are small and translucent.
const crowd = 200

// layers is what a panel shows, from bottom to top: no band tints a line, and no
// line hides a point.
type layers struct {
	bands, lines, points []plot.Plotter
}

// add puts a series into its layers and returns its entry in the legend. The
// styles of names are in order of appearance.
func (l *layers) add(s Series, styles map[string]int) (plot.Thumbnailer, error) {
	if s.Points {
		points, err := newMarkers(s, black, 2)
		if err != nil {
			return nil, err
		}
		if s.Low != nil {
			bars, err := newBars(s)
			if err != nil {
				return nil, err
			}
			l.points = append(l.points, bars)
		}
		l.points = append(l.points, crowded(points))
		return points, nil
	}

	i, style := s.style(styles)
	if s.Marks != NoMarks {
		marks, err := newMarks(s, style.Color)
		if err != nil {
			return nil, err
		}
		drawn := marks
		if s.Marks == Dots {
			drawn = crowded(marks)
		}
		if s.Light {
			l.bands = append(l.bands, drawn)
		} else {
			l.points = append(l.points, drawn)
		}
		return marks, nil
	}
	if s.Low != nil {
		band, err := newBand(s, i)
		if err != nil {
			return nil, err
		}
		l.bands = append(l.bands, band)
	}
	line, err := plotter.NewLine(xys(s.X, s.Y))
	if err != nil {
		return nil, err
	}
	line.LineStyle = style
	if s.Light {
		l.bands = append(l.bands, line)
	} else {
		l.lines = append(l.lines, line)
	}
	if len(s.X) <= markerLimit && !s.Solid && !s.Thin {
		markers, err := newMarkers(s, style.Color, 2.2)
		if err != nil {
			return nil, err
		}
		l.lines = append(l.lines, markers)
	}
	return line, nil
}

// style returns the number of the series' style, and the style.
func (s Series) style(styles map[string]int) (int, draw.LineStyle) {
	name := cmp.Or(s.Like, s.Name)
	var style draw.LineStyle
	i := 0
	if s.Light && s.Like == "" {
		style = draw.LineStyle{Color: shade, Width: vg.Points(1.6)}
	} else {
		var ok bool
		if i, ok = styles[name]; !ok {
			i = len(styles)
			styles[name] = i
		}
		style = lineStyle(i)
		if s.Light {
			style.Color = light(i)
		}
	}
	if s.Solid {
		style.Dashes, style.Width = nil, vg.Points(1.2)
	}
	if s.Thin {
		style.Dashes, style.Width = nil, vg.Points(0.4)
		c := color.NRGBAModel.Convert(style.Color).(color.NRGBA)
		c.A = thinAlpha
		style.Color = c
	}
	return i, style
}

// crowded returns markers that are small and translucent if they are many.
func crowded(markers *plotter.Scatter) *plotter.Scatter {
	if len(markers.XYs) < crowd {
		return markers
	}
	small := *markers
	small.GlyphStyle.Radius *= 0.42
	c := color.NRGBAModel.Convert(small.GlyphStyle.Color).(color.NRGBA)
	c.A = crowdAlpha
	small.GlyphStyle.Color = c
	return &small
}

// newMarks returns the series' marks.
func newMarks(s Series, c color.Color) (*plotter.Scatter, error) {
	radius := 3.5
	if s.Marks == Dots {
		radius = 2
	}
	marks, err := newMarkers(s, c, radius)
	if err != nil {
		return nil, err
	}
	switch s.Marks {
	case Crosses:
		marks.GlyphStyle.Shape = draw.CrossGlyph{}
	case Rings:
		marks.GlyphStyle.Shape = draw.RingGlyph{}
	}
	return marks, nil
}

// newMarkers returns discs with a radius in points.
func newMarkers(s Series, c color.Color, radius float64) (*plotter.Scatter, error) {
	scatter, err := plotter.NewScatter(xys(s.X, s.Y))
	if err != nil {
		return nil, err
	}
	scatter.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: draw.CircleGlyph{}}
	return scatter, nil
}

// newBand returns the band around the i-th line.
func newBand(s Series, i int) (*plotter.Polygon, error) {
	outline := xys(s.X, s.High) // there along the upper edge, and back along the lower
	for k := len(s.X) - 1; k >= 0; k-- {
		outline = append(outline, plotter.XY{X: s.X[k], Y: s.Low[k]})
	}
	band, err := plotter.NewPolygon(outline)
	if err != nil {
		return nil, err
	}
	fill := hue(i)
	fill.A = bandAlpha
	band.Color = fill
	band.LineStyle.Width, band.LineStyle.Color = 0, color.Transparent
	return band, nil
}

// newBars returns thin bars from Low to High.
func newBars(s Series) (*plotter.YErrorBars, error) {
	lengths := make(plotter.YErrors, len(s.X)) // below and above the points
	for i, y := range s.Y {
		lengths[i].Low, lengths[i].High = y-s.Low[i], s.High[i]-y
	}
	bars, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{xys(s.X, s.Y), lengths})
	if err != nil {
		return nil, err
	}
	bars.LineStyle = draw.LineStyle{Color: black, Width: vg.Points(0.6)}
	bars.CapWidth = 0
	return bars, nil
}

func xys(x, y []float64) plotter.XYs {
	xy := make(plotter.XYs, len(x))
	for i := range xy {
		xy[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return xy
}

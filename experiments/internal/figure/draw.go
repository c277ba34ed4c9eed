package figure

import (
	"image/color"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markerLimit is the length up to which every point of a line has a marker, so
// that a line of one point can be seen.
const markerLimit = 12

// drawing is a figure with its plots and legend laid out.
type drawing struct {
	plots         []*plot.Plot
	legend        plot.Legend
	caption       string
	width, height vg.Length // of everything
	side, foot    vg.Length // of the legend and the caption
}

// layout makes the plots of a clean figure.
func layout(f Figure) (*drawing, error) {
	d := &drawing{legend: plot.NewLegend(), caption: f.Caption}
	d.legend.Top, d.legend.Left = true, true
	d.legend.TextStyle.Font = sans(10)
	d.legend.ThumbnailWidth = vg.Points(26)
	d.legend.Padding = vg.Points(5)

	styles := make(map[string]int) // of the names of lines, in order of appearance
	listed := make(map[string]bool)
	for _, p := range f.Panels {
		plt := newPlot(p)
		var points []plot.Plotter // drawn last, as lines would hide them
		for _, s := range p.Series {
			var thumb plot.Thumbnailer
			var err error
			if s.Points {
				var scatter *plotter.Scatter
				scatter, err = newPoints(s)
				points = append(points, scatter)
				thumb = scatter
			} else {
				thumb, err = addLine(plt, s, styles)
			}
			if err != nil {
				return nil, errors.Wrapf(err, "figure: series %q", s.Name)
			}
			if s.Name != "" && !listed[s.Name] {
				listed[s.Name] = true
				d.legend.Add(s.Name, thumb)
			}
		}
		plt.Add(points...)
		d.plots = append(d.plots, plt)
	}
	if f.SameAxes {
		unite(d.plots)
	}
	for _, plt := range d.plots {
		pad(plt)
	}

	if len(listed) > 0 {
		d.side = d.legend.Rectangle(draw.Canvas{}).Size().X + vg.Points(16)
	}
	if d.caption != "" {
		d.foot = vg.Points(18)
	}
	d.width = vg.Length(len(d.plots))*vg.Length(f.Width)*vg.Inch + d.side
	d.height = vg.Length(f.Height)*vg.Inch + d.foot
	return d, nil
}

// newPlot returns an empty plot with the panel's title and axes.
func newPlot(p Panel) *plot.Plot {
	plt := plot.New()
	plt.Title.Text = p.Title
	plt.Title.TextStyle.Font = sans(12)
	plt.Title.Padding = vg.Points(4)
	plt.X.Label.Text, plt.Y.Label.Text = p.XLabel, p.YLabel
	for _, axis := range []*plot.Axis{&plt.X, &plt.Y} {
		axis.Label.TextStyle.Font = sans(11)
		axis.Tick.Label.Font = sans(9)
		axis.Label.Padding = vg.Points(3)
	}
	plt.X.Tick.Marker = linearTicks{integer: p.IntegerX}
	plt.Y.Tick.Marker = linearTicks{}
	if p.LogY {
		plt.Y.Scale, plt.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = grey, grey
	plt.Add(grid)
	return plt
}

// newPoints returns the series as black points.
func newPoints(s Series) (*plotter.Scatter, error) {
	scatter, err := plotter.NewScatter(xys(s.X, s.Y))
	if err != nil {
		return nil, err
	}
	scatter.GlyphStyle = draw.GlyphStyle{Color: black, Radius: vg.Points(2), Shape: draw.CircleGlyph{}}
	return scatter, nil
}

// addLine draws the series and its band into the plot and returns its entry in
// the legend.
func addLine(plt *plot.Plot, s Series, styles map[string]int) (plot.Thumbnailer, error) {
	i, ok := styles[s.Name]
	if !ok {
		i = len(styles)
		styles[s.Name] = i
	}
	style := lineStyle(i)
	if s.Low != nil {
		band, err := plotter.NewPolygon(outline(s))
		if err != nil {
			return nil, err
		}
		fill := palette[i%len(palette)]
		fill.A = bandAlpha
		band.Color = fill
		band.LineStyle.Width, band.LineStyle.Color = 0, color.Transparent
		plt.Add(band)
	}
	xy := xys(s.X, s.Y)
	line, err := plotter.NewLine(xy)
	if err != nil {
		return nil, err
	}
	line.LineStyle = style
	plt.Add(line)
	if len(xy) <= markerLimit {
		markers, err := plotter.NewScatter(xy)
		if err != nil {
			return nil, err
		}
		markers.GlyphStyle = draw.GlyphStyle{Color: style.Color, Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}
		plt.Add(markers)
	}
	return line, nil
}

func xys(x, y []float64) plotter.XYs {
	xy := make(plotter.XYs, len(x))
	for i := range xy {
		xy[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return xy
}

// outline goes along the band's upper edge and back along the lower one.
func outline(s Series) plotter.XYs {
	xy := xys(s.X, s.High)
	for i := len(s.X) - 1; i >= 0; i-- {
		xy = append(xy, plotter.XY{X: s.X[i], Y: s.Low[i]})
	}
	return xy
}

// unite gives all plots the union of their ranges. Empty plots have an inverted
// range, which does not widen it.
func unite(plots []*plot.Plot) {
	x, y := plots[0].X, plots[0].Y
	for _, p := range plots[1:] {
		x.Min, x.Max = min(x.Min, p.X.Min), max(x.Max, p.X.Max)
		y.Min, y.Max = min(y.Min, p.Y.Min), max(y.Max, p.Y.Max)
	}
	for _, p := range plots {
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.Min, x.Max, y.Min, y.Max
	}
}

// pad keeps lines off the frame, and gives an axis around a single value some
// extent.
func pad(p *plot.Plot) {
	if p.X.Min > p.X.Max || p.Y.Min > p.Y.Max { // nothing in it
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	}
	p.X.Min, p.X.Max = widen(p.X.Min, p.X.Max, 0.5)
	if _, log := p.Y.Scale.(plot.LogScale); log {
		ratio := math.Pow(p.Y.Max/p.Y.Min, 0.03) * 1.02
		p.Y.Min, p.Y.Max = p.Y.Min/ratio, p.Y.Max*ratio
		return
	}
	p.Y.Min, p.Y.Max = widen(p.Y.Min, p.Y.Max, 0.01)
}

// widen adds 3 % of the range at both ends, or the given extent, at least
// relative to the value itself, if the range is a single value.
func widen(lo, hi, extent float64) (float64, float64) {
	if hi > lo {
		margin := 0.03 * (hi - lo)
		return lo - margin, hi + margin
	}
	extent *= max(1, math.Abs(lo))
	return lo - extent, hi + extent
}

// draw puts the figure on the canvas: plots side by side, the legend right of
// them, the caption below.
func (d *drawing) draw(c draw.Canvas) {
	c.FillPolygon(color.White, []vg.Point{
		c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y},
	})
	top := draw.Crop(c, 0, 0, d.foot, 0)
	tiles := draw.Tiles{
		Rows: 1, Cols: len(d.plots), PadX: vg.Points(14),
		PadTop: vg.Points(6), PadBottom: vg.Points(4), PadLeft: vg.Points(4), PadRight: vg.Points(6),
	}
	cells := plot.Align([][]*plot.Plot{d.plots}, tiles, draw.Crop(top, 0, -d.side, 0, 0))
	for i, plt := range d.plots {
		plt.Draw(cells[0][i])
	}
	if d.side > 0 {
		side := draw.Crop(top, top.Size().X-d.side+vg.Points(4), 0, 0, -vg.Points(28))
		d.legend.Draw(side)
	}
	if d.caption != "" {
		style := draw.TextStyle{Color: black, Font: sans(9), Handler: plot.DefaultTextHandler}
		c.FillText(style, vg.Point{X: c.Min.X + vg.Points(8), Y: c.Min.Y + vg.Points(6)}, d.caption)
	}
}

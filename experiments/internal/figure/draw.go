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

// scaleWidth is the width of the scale of colours, with its labels.
const scaleWidth vg.Length = 68

// drawing is a figure with its plots and legend laid out.
type drawing struct {
	plots         []*plot.Plot
	rows, cols    int // number of plots below and beside each other
	legend        plot.Legend
	scale         *plot.Plot // colours of heat maps, nil if there are none
	caption       string
	width, height vg.Length // size of the whole figure
	side, foot    vg.Length // width of the legend, height of the caption
}

// layout makes the plots of a clean figure.
func layout(f Figure) (*drawing, error) {
	d := &drawing{legend: plot.NewLegend(), caption: f.Caption}
	d.legend.Top, d.legend.Left = true, true
	d.legend.TextStyle.Font = sans(10)
	d.legend.ThumbnailWidth = vg.Points(26)
	d.legend.Padding = vg.Points(5)

	heat := scaleOf(f.Panels)
	styles := make(map[string]int) // places of the names of lines, in the order of appearance
	listed := make(map[string]bool)
	panels := make([]Panel, len(f.Panels))
	for i, p := range f.Panels {
		panels[i] = p.logarithms()
	}
	for _, p := range panels {
		var l layers
		for _, s := range p.Series {
			thumb, err := l.add(s, styles)
			if err != nil {
				return nil, errors.Wrapf(err, "figure: series %q", s.Name)
			}
			if s.Name != "" && !listed[s.Name] {
				listed[s.Name] = true
				d.legend.Add(s.Name, thumb)
			}
		}
		plt := newPlot(p)
		if p.Heat != nil {
			plt.Add(newHeat(p.Heat, heat, p.Window))
		}
		plt.Add(l.bands...)
		plt.Add(l.lines...)
		plt.Add(l.points...)
		d.plots = append(d.plots, plt)
	}
	var free []*plot.Plot // without a window
	for i, p := range panels {
		if plt := d.plots[i]; p.Window == (Window{}) {
			free = append(free, plt)
		} else {
			plt.X.Min, plt.X.Max, plt.Y.Min, plt.Y.Max = p.Window.XMin, p.Window.XMax, p.Window.YMin, p.Window.YMax
		}
	}
	if f.SameAxes {
		for _, plots := range alike(free) {
			unite(plots)
		}
	}
	for _, plt := range free {
		pad(plt)
	}

	if len(listed) > 0 {
		// Some room, as other fonts that a reader may have are wider.
		d.side = 1.1*d.legend.Rectangle(draw.Canvas{}).Size().X + vg.Points(16)
	}
	if heat != nil {
		d.scale = newScaleBar(heat)
		d.side = max(d.side, scaleWidth+vg.Points(8))
	}
	if d.caption != "" {
		d.foot = vg.Points(18)
	}
	d.rows, d.cols = grid(len(d.plots), f.Columns)
	d.width = vg.Length(d.cols)*vg.Length(f.Width)*vg.Inch + d.side
	d.height = vg.Length(d.rows)*vg.Length(f.Height)*vg.Inch + d.foot
	return d, nil
}

// grid returns the rows and columns of n panels: as many in a row as asked for
// or, if that is zero, at most three in a row, and four in a square.
func grid(n, columns int) (rows, cols int) {
	cols = min(n, 3)
	switch {
	case columns > 0:
		cols = min(n, columns)
	case n == 4:
		cols = 2
	}
	return (n + cols - 1) / cols, cols
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
	if p.LogX {
		plt.X.Tick.Marker = logTicks{}
	}
	if p.LogY {
		plt.Y.Tick.Marker = logTicks{}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = grey, grey
	plt.Add(grid)
	return plt
}

// axes are the labels of a plot's axes, and whether they are logarithmic.
type axes struct {
	x, y       string
	logX, logY bool
}

// alike groups the plots by their axes.
func alike(plots []*plot.Plot) map[axes][]*plot.Plot {
	groups := make(map[axes][]*plot.Plot)
	for _, p := range plots {
		key := axes{p.X.Label.Text, p.Y.Label.Text, logarithmic(&p.X), logarithmic(&p.Y)}
		groups[key] = append(groups[key], p)
	}
	return groups
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
	padAxis(&p.X, 0.5)
	padAxis(&p.Y, 0.01)
}

// padAxis widens an axis, by at least the given extent if it is linear.
func padAxis(a *plot.Axis, extent float64) {
	if logarithmic(a) {
		margin := 0.03*(a.Max-a.Min) + math.Log10(1.02)
		a.Min, a.Max = a.Min-margin, a.Max+margin
		return
	}
	a.Min, a.Max = widen(a.Min, a.Max, extent)
}

// logarithmic reports whether an axis has logarithms.
func logarithmic(a *plot.Axis) bool {
	_, log := a.Tick.Marker.(logTicks)
	return log
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

// draw puts the figure on the canvas: plots in a grid, the legend right of
// them, the caption below.
func (d *drawing) draw(c draw.Canvas) {
	c.FillPolygon(color.White, []vg.Point{
		c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y},
	})
	top := draw.Crop(c, 0, 0, d.foot, 0)
	tiles := draw.Tiles{
		Rows: d.rows, Cols: d.cols, PadX: vg.Points(14), PadY: vg.Points(10),
		PadTop: vg.Points(6), PadBottom: vg.Points(4), PadLeft: vg.Points(4), PadRight: vg.Points(6),
	}
	plots := make([][]*plot.Plot, d.rows)
	for i := range plots {
		plots[i] = make([]*plot.Plot, d.cols) // nil where the last row has none
		copy(plots[i], d.plots[i*d.cols:])
	}
	cells := plot.Align(plots, tiles, draw.Crop(top, 0, -d.side, 0, 0))
	for i, plt := range d.plots {
		plt.Draw(cells[i/d.cols][i%d.cols])
	}
	if d.side > 0 {
		side := draw.Crop(top, top.Size().X-d.side+vg.Points(4), 0, 0, -vg.Points(28))
		d.legend.Draw(side)
		if d.scale != nil {
			top := d.legend.Rectangle(side).Size().Y + vg.Points(14)
			height := max(min(side.Size().Y-top, 2*vg.Inch), vg.Inch/2)
			d.scale.Draw(draw.Crop(side, 0, scaleWidth-d.side, side.Size().Y-top-height, -top))
		}
	}
	if d.caption != "" {
		style := draw.TextStyle{Color: black, Font: sans(9), Handler: plot.DefaultTextHandler}
		c.FillText(style, vg.Point{X: c.Min.X + vg.Points(8), Y: c.Min.Y + vg.Points(6)}, d.caption)
	}
}

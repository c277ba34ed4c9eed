package figure

import "math"

// logarithms returns a clean panel with the logarithms to base 10 of what stands on
// logarithmic axes: plots are linear in them. The logarithmic scale of package plot
// makes room for the label of an axis as if it were around the mean of the ends, which is
// near the upper one.
func (p Panel) logarithms() Panel {
	series := make([]Series, len(p.Series))
	for i, s := range p.Series {
		if p.LogX {
			s.X = log10(s.X)
		}
		if p.LogY {
			s.Y, s.Low, s.High = log10(s.Y), log10(s.Low), log10(s.High)
		}
		series[i] = s
	}
	p.Series = series
	if p.Window == (Window{}) {
		return p
	}
	if p.LogX {
		p.Window.XMin, p.Window.XMax = math.Log10(p.Window.XMin), math.Log10(p.Window.XMax)
	}
	if p.LogY {
		p.Window.YMin, p.Window.YMax = math.Log10(p.Window.YMin), math.Log10(p.Window.YMax)
	}
	return p
}

// log10 returns the logarithms of all x, nil of nil.
func log10(x []float64) []float64 {
	if x == nil {
		return nil
	}
	logs := make([]float64, len(x))
	for i, v := range x {
		logs[i] = math.Log10(v)
	}
	return logs
}

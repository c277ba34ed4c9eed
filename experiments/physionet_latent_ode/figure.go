package main

import (
	"slices"

	"gonum.org/v1/gonum/stat"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
)

// vitals are the variables that are drawn.
var vitals = []struct{ variable, label string }{
	{"HR", "heart rate (1/min)"},
	{"MAP", "mean arterial pressure (mmHg)"},
	{"Temp", "temperature (°C)"},
}

// samples is the number of initial states of the patient that are drawn.
const samples = 100

// fit draws the vital signs of a patient of the test set, as observed and as the
// model has them: the mean over samples of the initial state, with a band of two
// standard deviations to both sides.
func fit(tm trainer.Model, _ trainer.Variant) ([]figure.Panel, error) {
	m := tm.(*latentODE)
	in, err := m.patients(m.test, slices.Repeat([]int{m.exemplar()}, samples), physionet.Grid(), 0, 0)
	if err != nil {
		return nil, err
	}
	y, _, err := m.Forward(in...)
	if err != nil {
		return nil, err
	}
	var panels []figure.Panel
	for _, v := range vitals {
		channel := slices.Index(physionet.Variables[:], v.variable)
		panels = append(panels, figure.Panel{
			XLabel: "hours since admission", YLabel: v.label,
			Series: []figure.Series{m.spread(y, channel), m.observed(in, channel)},
		})
	}
	return panels, nil
}

// exemplar returns the index of the first patient of the test set whose least
// observed vital sign is observed most often.
func (m *latentODE) exemplar() int {
	best, most := 0, -1
	for i, r := range m.test.Records {
		least := physionet.Times
		for _, v := range vitals {
			n, bit := 0, slices.Index(physionet.Variables[:], v.variable)
			for _, row := range r.Observed {
				n += int(row >> bit & 1)
			}
			least = min(least, n)
		}
		if least > most {
			best, most = i, least
		}
	}
	return best
}

// spread returns the mean and deviation of a variable over the samples, which are
// the rows (49·samples, 37) of a prediction, in the units of the records.
func (m *latentODE) spread(y gorgonia.Value, channel int) figure.Series {
	s := figure.Series{Name: "mean ± 2 s.d. of samples"}
	all := value.Float64s(y)
	for hour := range physionet.Times {
		x := make([]float64, samples)
		for i := range x {
			x[i] = m.test.Range.Denormalize(channel, all[(hour*samples+i)*physionet.Channels+channel])
		}
		mean, sd := stat.MeanStdDev(x, nil)
		s.X, s.Y = append(s.X, float64(hour)), append(s.Y, mean)
		s.Low, s.High = append(s.Low, mean-2*sd), append(s.High, mean+2*sd)
	}
	return s
}

// observed returns what was observed of a variable, which all samples of the inputs
// hold.
func (m *latentODE) observed(in []gorgonia.Value, channel int) figure.Series {
	s := figure.Series{Name: "observed", Points: true}
	data, mask := value.Float64s(in[2]), value.Float64s(in[3])
	for hour := range physionet.Times {
		if at := hour*samples*physionet.Channels + channel; mask[at] == 1 {
			s.X = append(s.X, float64(hour))
			s.Y = append(s.Y, m.test.Range.Denormalize(channel, data[at]))
		}
	}
	return s
}

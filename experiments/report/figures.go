package main

import (
	"cmp"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// draw returns a figure as an image, or nil if there is nothing in it.
func draw(f figure.Figure, file, alt, caption string) (*image, error) {
	svg, err := f.SVG()
	if errors.Is(err, figure.ErrEmpty) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, file)
	}
	return &image{File: file + ".svg", Data: svg, Alt: alt, Caption: caption}, nil
}

// speedupFigure is Figure 1 of the paper: the speedup of training and prediction in
// every table, the paper's and, of the first group at full size, ours. The notes say
// what of ours is not in it.
func speedupFigure(groups []*group) (f figure.Figure, notes []string) {
	f = figure.Figure{SameAxes: true, Width: 3.4, Height: 2.8}
	for _, t := range paper.Tables() {
		if !t.Has(paper.TrainTime) || !t.Published() {
			continue
		}
		p := figure.Panel{
			Title: t.Name + ", " + t.Experiment, XLabel: "training speedup", YLabel: "prediction speedup",
			Series: []figure.Series{{Name: "vanilla", X: []float64{1}, Y: []float64{1}, Points: true}},
		}
		for _, r := range t.Rows {
			x, ok := reportedSpeedup(t, r.Variant, paper.TrainTime)
			y, ok2 := reportedSpeedup(t, r.Variant, paper.PredictionTime)
			if ok && ok2 && r.Variant != "vanilla" {
				p.Series = append(p.Series, figure.Series{Name: string(r.Variant), X: []float64{x}, Y: []float64{y}, Marks: figure.Rings})
			}
		}
		ours, left := ourSpeedups(t, groups)
		p.Series = append(p.Series, ours...)
		f.Panels = append(f.Panels, p)
		if left != "" {
			notes = append(notes, p.Title+": "+left)
		}
	}
	return f, notes
}

// ourSpeedups are those of the first group at full size, and say which are left out.
func ourSpeedups(t *paper.Table, groups []*group) (s []figure.Series, left string) {
	i := slices.IndexFunc(groups, func(g *group) bool {
		return g.experiment == t.Experiment && g.fullSize() && g.baseline() != nil
	})
	if i < 0 {
		return nil, "no finished run of vanilla at full size, so that nothing of ours is drawn."
	}
	g := groups[i]
	base := g.baseline()
	reasons := map[string][]string{}
	for _, r := range g.rows {
		if r == base || len(r.seeds()) == 0 {
			continue
		}
		x, why := r.speedup(base, paper.TrainTime)
		y, why2 := r.speedup(base, paper.PredictionTime)
		if why = cmp.Or(why, why2); why != "" {
			reasons[why] = append(reasons[why], r.label)
			continue
		}
		series := figure.Series{Name: r.label, X: []float64{x}, Y: []float64{y}, Marks: figure.Discs}
		s = append(s, series)
	}
	var notes []string
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		notes = append(notes, join(reasons[why], ", ")+" not drawn, "+why)
	}
	if len(notes) == 0 {
		return s, ""
	}
	return s, join(notes, "; ") + "."
}

// trainingFigure draws NFE and what else the paper, or any experiment, has over
// training.
func (g *group) trainingFigure() figure.Figure {
	res := g.results()
	label, value := "training loss", func(e trainer.Epoch) float64 { return e.TrainLoss }
	if t := paper.Of(g.experiment); t != nil && t.Curve != nil && (!t.Curve.Classes || allClassify(res)) {
		label, value = t.Curve.Label, t.Curve.Value
	}
	return figure.Figure{
		Panels: []figure.Panel{
			trainer.EpochPanel(res, "", "NFE", func(e trainer.Epoch) float64 { return float64(e.NFE) }),
			trainer.EpochPanel(res, "", label, value),
		},
		Caption: trainer.Caption(res),
	}
}

// allClassify reports whether all epochs of all runs have accuracies.
func allClassify(res trainer.Results) bool {
	for _, r := range res.Runs {
		for _, e := range r.Epochs {
			if e.TrainAccuracy == nil {
				return false
			}
		}
	}
	return true
}

// fits are what the models of all rows have learnt, with the first seed of which
// an experiment has left it.
func (g *group) fits() ([]trainer.Fit, error) {
	read := newFiles("fit.json", trainer.ReadFits)
	var fits []trainer.Fit
	for _, r := range g.rows {
		i := len(fits)
		for _, seed := range r.seeds() {
			x := r.runs[seed]
			all, err := read.beside(x.source)
			if err != nil {
				return nil, err
			}
			for _, f := range all {
				if f.Variant == x.Variant && f.Seed == seed && len(fits) == i {
					fits = append(fits, f)
				}
			}
		}
	}
	return fits, nil
}

// traces are the solves before and after training that experiments have recorded.
func (g *group) traces() ([]trainer.Trace, error) {
	read := newFiles("trace.csv", trainer.ReadTraces)
	var traces []trainer.Trace
	for _, r := range g.rows {
		for _, seed := range r.seeds() {
			x := r.runs[seed]
			all, err := read.beside(x.source)
			if err != nil {
				return nil, err
			}
			for _, t := range all {
				if t.Variant == x.Variant && t.Seed == seed {
					t.Variant = trainer.Variant(r.label)
					traces = append(traces, t)
				}
			}
		}
	}
	return traces, nil
}

// files are files of a name beside results, each read once.
type files[T any] struct {
	name string
	read func(path string) ([]T, error)
	have map[*source][]T
}

func newFiles[T any](name string, read func(string) ([]T, error)) *files[T] {
	return &files[T]{name, read, map[*source][]T{}}
}

// beside returns what the file beside a source holds, nothing if there is none.
func (f *files[T]) beside(s *source) ([]T, error) {
	if all, ok := f.have[s]; ok {
		return all, nil
	}
	all, err := f.read(filepath.Join(s.folder(), f.name))
	if errors.Is(err, fs.ErrNotExist) {
		all, err = nil, nil
	}
	f.have[s] = all
	return all, err
}

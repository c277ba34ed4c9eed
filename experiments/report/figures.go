package main

import (
	"fmt"
	"io/fs"
	"os"
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

// speedupFigure is Figure 1 of the paper: the speedup of training and prediction,
// of the first group of every table.
func speedupFigure(groups []*group) figure.Figure {
	f := figure.Figure{SameAxes: true, Width: 3.4, Height: 2.8}
	seen := map[string]bool{}
	for _, g := range groups {
		t := tableOf(g.experiment)
		base := g.baseline()
		if t == nil || t == &paper.Figure2 || base == nil || seen[g.experiment] {
			continue
		}
		seen[g.experiment] = true
		p := figure.Panel{
			Title: t.Name + ", " + t.Experiment, XLabel: "training speedup", YLabel: "prediction speedup",
			Series: []figure.Series{{Name: "vanilla", X: []float64{1}, Y: []float64{1}, Points: true}},
		}
		for _, r := range g.rows {
			x, ok := r.speedup(base, paper.TrainTime)
			y, ok2 := r.speedup(base, paper.PredictionTime)
			if r == base || !ok || !ok2 {
				continue
			}
			p.Series = append(p.Series, figure.Series{Name: r.label, X: []float64{x}, Y: []float64{y}, Marks: figure.Discs})
			if x, ok := reportedSpeedup(t, r.variant, paper.TrainTime); ok {
				y, _ := reportedSpeedup(t, r.variant, paper.PredictionTime)
				p.Series = append(p.Series, figure.Series{Like: r.label, X: []float64{x}, Y: []float64{y}, Marks: figure.Rings})
			}
		}
		if len(p.Series) > 1 {
			f.Panels = append(f.Panels, p)
		}
	}
	return f
}

// curves are what the paper draws over training, beside NFE, in a figure.
var curves = map[string]struct {
	figure, label string
	value         func(trainer.Epoch) float64
}{
	"mnist_node":           {"Figure 3", "training accuracy (%)", func(e trainer.Epoch) float64 { return *e.TrainAccuracy }},
	"physionet_latent_ode": {"Figure 4", "training loss (10⁻³)", func(e trainer.Epoch) float64 { return e.TrainLoss }},
	"mnist_nsde":           {"Figure 6", "training error (%)", func(e trainer.Epoch) float64 { return 100 - *e.TrainAccuracy }},
}

// fits are the figures of the paper that show what the models have learnt.
var fits = map[string]string{"spiral_node": "Figure 2", "spiral_nsde": "Figure 5"}

// trainingFigure draws NFE and what else the paper, or any experiment, has over
// training.
func (g *group) trainingFigure() figure.Figure {
	res := g.results()
	c, ok := curves[g.experiment]
	if !ok || !g.classifies() && c.figure != "Figure 4" {
		c.label, c.value = "training loss", func(e trainer.Epoch) float64 { return e.TrainLoss }
	}
	return figure.Figure{
		Panels: []figure.Panel{
			trainer.EpochPanel(res, "", "NFE", func(e trainer.Epoch) float64 { return float64(e.NFE) }),
			trainer.EpochPanel(res, "", c.label, c.value),
		},
		Caption: trainer.Caption(res),
	}
}

// fitImages are the figures that experiments have left of what their models have
// learnt: as few as show every row that is done.
func (g *group) fitImages(file string) ([]*image, error) {
	var images []*image
	var shown []*source
	for _, r := range g.rows {
		seeds := r.seeds()
		if len(seeds) == 0 {
			continue
		}
		if slices.ContainsFunc(shown, func(s *source) bool { return slices.Contains(r.sources, s) }) {
			continue
		}
		s := r.runs[seeds[0]].source
		svg, err := os.ReadFile(filepath.Join(s.folder(), "fit.svg"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errors.Wrap(err, "cannot read a fit")
		}
		shown = append(shown, s)
		images = append(images, &image{
			File: fmt.Sprintf("%s-fit%d.svg", file, len(images)+1), Data: svg,
			Alt:     "What was learnt: " + join(s.Config.Variants, ", "),
			Caption: fmt.Sprintf("%s, seed %d, from %s.", join(s.Config.Variants, ", "), s.Config.Seeds[0], s.folder()),
		})
	}
	return images, nil
}

// traces are the solves before and after training that experiments have recorded.
func (g *group) traces() ([]trainer.Trace, error) {
	read := map[*source][]trainer.Trace{}
	var traces []trainer.Trace
	for _, r := range g.rows {
		for _, seed := range r.seeds() {
			x := r.runs[seed]
			if _, ok := read[x.source]; !ok {
				path := filepath.Join(x.folder(), "trace.csv")
				if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
					read[x.source] = nil
					continue
				}
				all, err := trainer.ReadTraces(path)
				if err != nil {
					return nil, err
				}
				read[x.source] = all
			}
			for _, t := range read[x.source] {
				if t.Variant == x.Variant && t.Seed == seed {
					t.Variant = trainer.Variant(r.label)
					traces = append(traces, t)
				}
			}
		}
	}
	return traces, nil
}

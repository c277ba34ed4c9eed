package trainer

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/figure"
)

// figures draws all figures of the results so far, and with fit also what the
// models have learnt.
func (s *session) figures(fit bool) error {
	if s.folder == nil || s.exp.noFigures {
		return nil
	}
	res := s.results()
	if err := s.saveFigure("nfe", nfeFigure(res)); err != nil {
		return err
	}
	if err := s.saveFigure("loss", lossFigure(s.exp, res)); err != nil {
		return err
	}
	if s.exp.Classes {
		if err := s.saveFigure("accuracy", accuracyFigure(res)); err != nil {
			return err
		}
	}
	if fit && s.exp.Fit != nil {
		return s.fits(res)
	}
	return nil
}

// saveFigure writes a figure unless there is nothing in it yet.
func (s *session) saveFigure(name string, f figure.Figure) error {
	err := f.Save(filepath.Join(s.dir, name))
	if errors.Is(err, figure.ErrEmpty) {
		return nil
	}
	return err
}

func nfeFigure(res Results) figure.Figure {
	return figure.Figure{
		Panels: []figure.Panel{
			EpochPanel(res, "", "NFE (evaluations per prediction)", func(e Epoch) float64 { return float64(e.NFE) }),
		},
		Caption: Caption(res),
	}
}

func lossFigure(exp *Experiment, res Results) figure.Figure {
	f := figure.Figure{
		Panels: []figure.Panel{
			EpochPanel(res, "training", exp.loss(), func(e Epoch) float64 { return e.TrainLoss }),
			EpochPanel(res, "test", exp.loss(), func(e Epoch) float64 { return e.TestLoss }),
		},
		Caption:  Caption(res),
		SameAxes: true,
	}
	if exp.Floor != nil {
		name, y := exp.Floor(res.Config)
		floor := figure.Series{Name: name, X: []float64{1, float64(res.Config.Epochs)}, Y: []float64{y, y}, Light: true, Solid: true}
		for i, p := range f.Panels {
			if len(p.Series) > 0 {
				f.Panels[i].Series = append(p.Series, floor)
			}
		}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range res.Runs {
		for _, e := range r.Epochs {
			lo, hi = min(lo, e.TrainLoss, e.TestLoss), max(hi, e.TrainLoss, e.TestLoss)
		}
	}
	if lo > 0 && hi > 20*lo {
		for i := range f.Panels {
			f.Panels[i].LogY = true
		}
	}
	return f
}

func accuracyFigure(res Results) figure.Figure {
	return figure.Figure{
		Panels: []figure.Panel{
			EpochPanel(res, "training", "accuracy (%)", func(e Epoch) float64 { return *e.TrainAccuracy }),
			EpochPanel(res, "test", "accuracy (%)", func(e Epoch) float64 { return *e.TestAccuracy }),
		},
		Caption:  Caption(res),
		SameAxes: true,
	}
}

// Caption explains lines and bands if there are several seeds. It does not say
// that a variant has them all where some have fewer.
func Caption(res Results) string {
	count := map[Variant]int{}
	for _, r := range res.Runs {
		if len(r.Epochs) > 0 {
			count[r.Variant]++
		}
	}
	seeds := slices.Sorted(maps.Values(count))
	if len(seeds) == 0 {
		return ""
	}
	switch fewest, most := seeds[0], seeds[len(seeds)-1]; {
	case most < 2:
		return ""
	case fewest < most:
		return fmt.Sprintf("Lines: mean over seeds, %d to %d a variant; bands: their range.", fewest, most)
	default:
		return fmt.Sprintf("Lines: mean over %d seeds; bands: their range.", most)
	}
}

// EpochPanel draws a quantity over the epochs, a line for each variant, with the
// range over the seeds if there are several.
func EpochPanel(res Results, title, label string, value func(Epoch) float64) figure.Panel {
	p := figure.Panel{Title: title, XLabel: "epoch", YLabel: label, IntegerX: true}
	for _, v := range res.Config.Variants {
		if s := epochSeries(res, v, value); len(s.X) > 0 {
			p.Series = append(p.Series, s)
		}
	}
	return p
}

// epochSeries is the mean over a variant's runs and, if there are several, their
// range. A run that has not got as far as the others counts up to there.
func epochSeries(res Results, v Variant, value func(Epoch) float64) figure.Series {
	s := figure.Series{Name: string(v)}
	several := len(res.Config.Seeds) > 1
	for i := range res.Config.Epochs {
		n, sum, lo, hi := 0, 0.0, math.Inf(1), math.Inf(-1)
		for _, r := range res.Runs {
			if r.Variant != v || len(r.Epochs) <= i {
				continue
			}
			y := value(r.Epochs[i])
			n++
			sum += y
			lo, hi = min(lo, y), max(hi, y)
		}
		if n == 0 {
			break
		}
		s.X = append(s.X, float64(i+1))
		s.Y = append(s.Y, sum/float64(n))
		if several {
			s.Low, s.High = append(s.Low, lo), append(s.High, hi)
		}
	}
	return s
}

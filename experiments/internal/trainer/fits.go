package trainer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/graph/atomicfile"
)

const fitFile = "fit.json"

// Fit is what a model has learnt, as panels of a figure.
type Fit struct {
	Variant Variant        `json:"variant"`
	Seed    uint64         `json:"seed"`
	Panels  []figure.Panel `json:"panels"`
}

// FitFigure draws fits: one in a row if they have several panels, which are about
// square if they are of the plane.
func FitFigure(fits []Fit) figure.Figure {
	f := figure.Figure{SameAxes: true}
	for _, fit := range fits {
		if n := len(fit.Panels); n > 1 {
			f.Columns = n
		}
		for _, p := range fit.Panels {
			if p.Window != (figure.Window{}) {
				f.Width, f.Height = 3.4, 3.4
			}
		}
		f.Panels = append(f.Panels, fit.Panels...)
	}
	return f
}

// fits draws what the variants have learnt with the first seed, from their
// checkpoints, and writes fit.json.
func (s *session) fits(res Results) error {
	fits := []Fit{}
	for _, v := range s.cfg.Variants {
		id := runID{v, s.cfg.Seeds[0]}
		c, err := readCheckpoint(checkpointPath(s.dir, id))
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		panels, err := s.fitPanels(id, c)
		if err != nil {
			return errors.Wrapf(err, "%s: cannot draw the fit", id)
		}
		title := string(v)
		for _, r := range res.Runs {
			if r.Variant == v && r.Seed == id.seed && r.Final != nil {
				title += fmt.Sprintf(", NFE %d", r.Final.NFE)
			}
		}
		for i, p := range panels {
			p.Title = cmp.Or(p.Title, title)
			if panels[i], err = p.Clean(); err != nil {
				return errors.Wrapf(err, "%s: cannot draw the fit", id)
			}
		}
		fits = append(fits, Fit{v, id.seed, panels})
	}
	if len(fits) == 0 {
		return nil
	}
	text, err := json.Marshal(fits)
	if err != nil {
		return errors.Wrap(err, "cannot write the fits")
	}
	if err := atomicfile.WriteBytes(filepath.Join(s.dir, fitFile), append(text, '\n')); err != nil {
		return err
	}
	return s.saveFigure("fit", FitFigure(fits))
}

func (s *session) fitPanels(id runID, c *checkpoint) ([]figure.Panel, error) {
	model, err := s.model(id)
	if err != nil {
		return nil, err
	}
	if err := model.SetState(c.Model); err != nil {
		return nil, err
	}
	return s.exp.Fit(model, id.variant)
}

// ReadFits reads a fit.json.
func ReadFits(path string) ([]Fit, error) {
	text, err := atomicfile.Read(path, MaxResults)
	if err != nil {
		return nil, errors.Wrap(err, "cannot read fits")
	}
	fits, err := parseFits(text)
	return fits, errors.Wrap(err, path)
}

func parseFits(text []byte) ([]Fit, error) {
	var fits []Fit
	if err := decodeStrictly(text, &fits); err != nil {
		return nil, errors.Wrap(err, "damaged fits")
	}
	for _, f := range fits {
		for _, p := range f.Panels {
			if _, err := p.Clean(); err != nil {
				return nil, errors.Wrapf(err, "damaged fits: %.40q, seed %d", f.Variant, f.Seed)
			}
		}
	}
	return fits, nil
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// compose writes the report on the results.
func compose(sources []*source) (*document, error) {
	groups, plan := merge(sources), newPlanner(sources)
	doc := &document{Title: "RegNDE: results beside the paper", Intro: intro(sources)}
	glance, err := speedupSection(groups)
	if err != nil {
		return nil, err
	}
	doc.Sections = append(doc.Sections, glance)
	for _, t := range paper.Tables() {
		s := section{ID: t.Experiment, Title: t.Name + ". " + t.Caption}
		if c := t.Curve; c != nil {
			s.Title = fmt.Sprintf("%s and %s. %s", t.Name, c.Figure, t.Caption)
		} else if t.Fit != "" && t.Fit != t.Name {
			s.Title = fmt.Sprintf("%s and %s. %s", t.Name, t.Fit, t.Caption)
		}
		if err := doc.addGroups(&s, groups, plan); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(groups, func(g *group) bool { return g.experiment == t.Experiment && g.fullSize() }) {
			s.Blocks = append(s.Blocks, doc.task(plan.whole(t)))
		}
		doc.Sections = append(doc.Sections, s)
	}
	for i, g := range groups {
		if paper.Of(g.experiment) != nil || i > 0 && groups[i-1].experiment == g.experiment {
			continue
		}
		s := section{ID: g.experiment, Title: g.experiment + ", which is not in the paper"}
		if err := doc.addGroups(&s, groups, plan); err != nil {
			return nil, err
		}
		doc.Sections = append(doc.Sections, s)
	}
	return doc, nil
}

func intro(sources []*source) []block {
	done := 0
	for _, s := range sources {
		for _, x := range s.Runs {
			if (&run{x, s}).done() {
				done++
			}
		}
	}
	return []block{
		text(fmt.Sprintf("This is on %d finished %s in %d %s of results.", done, plural(done, "run"), len(sources), plural(len(sources), "file"))),
		text("In the tables our number comes first: the mean ± sample standard deviation over the seeds that are listed, after the last epoch. " +
			"Below it is the number of Pal et al., Opening the Blackbox (ICML 2021), from other hardware and software, so that times do not compare. " +
			"NFE counts the evaluations of the dynamics, of the drift in an SDE, in one prediction. The time of a prediction is the median of several, or in files of older programs one sample."),
	}
}

// speedupSection is Figure 1.
func speedupSection(groups []*group) (section, error) {
	s := section{ID: "speedup", Title: "Figure 1. Speedup of training and prediction"}
	f, notes := speedupFigure(groups)
	img, err := draw(f, "figure1", "Speedup of training and prediction against vanilla",
		"Discs are our means, of runs at the paper's full size, rings of the same colour the paper's. Right of and above the black dot is faster than vanilla. "+
			"The paper's averages for its best models are 1.45 in training and 1.84 in prediction.")
	if err != nil {
		return s, err
	}
	s.Blocks = append(s.Blocks, block{Image: img}, block{List: notes})
	return s, nil
}

// addGroups adds a part for every group of the section's experiment.
func (d *document) addGroups(s *section, groups []*group, plan *planner) error {
	for _, g := range groups {
		if g.experiment != s.ID {
			continue
		}
		part, err := d.part(g, fmt.Sprintf("%s-%d", g.experiment, len(s.Parts)+1), plan)
		if err != nil {
			return err
		}
		s.Parts = append(s.Parts, part)
	}
	if len(s.Parts) == 0 {
		s.Blocks = append(s.Blocks, text("There are no runs yet."))
	}
	return nil
}

// part reports on a group.
func (d *document) part(g *group, id string, plan *planner) (section, error) {
	s := section{ID: id, Title: g.title()}
	add := func(blocks ...block) { s.Blocks = append(s.Blocks, blocks...) }

	add(text("Configuration: "+describe(g.common)+"."), block{Table: g.resultTable()})
	if t := g.speedupTable(); t != nil {
		add(text("Speedup, as the mean of vanilla over that of the method:"), block{Table: t})
		if notes := trainer.ExplainRatios(t.texts()); notes != "" {
			add(text(notes))
		}
	}
	if err := g.addImages(&s, id); err != nil {
		return s, err
	}
	if notes := g.remarks(); len(notes) > 0 {
		add(block{List: notes})
	}
	add(text("What was run:"), block{Table: g.sourceTable()}, block{Table: g.ownTable()})
	for i, t := range plan.missing(g) {
		if i == 0 {
			add(text("What is missing:"))
		}
		add(d.task(t))
	}
	return s, nil
}

// title names the preset, and the flags with which it becomes the configuration of the
// group.
func (g *group) title() string {
	l := g.leader()
	words := []string{fmt.Sprintf("Preset %s, %s", l.Preset, epochs(g.common))}
	for i := 0; i+1 < len(l.Flags); i += 2 {
		if name := l.Flags[i]; name != "-data" && name != "-epochs" {
			words = append(words, name+" "+l.Flags[i+1])
		}
	}
	return strings.Join(words, ", ")
}

// task notes that something is missing.
func (d *document) task(t task) block {
	d.Missing += t.Runs
	return block{Task: &t}
}

// addImages adds the figures of a group, or says what would make them.
func (g *group) addImages(s *section, file string) error {
	add := func(img *image, err error) error {
		if img != nil {
			s.Blocks = append(s.Blocks, block{Image: img})
		}
		return err
	}
	caption := "NFE and training loss over the epochs."
	table := paper.Of(g.experiment)
	if table != nil && table.Curve != nil {
		caption = fmt.Sprintf("%s: NFE and %s over the epochs.", table.Curve.Figure, table.Curve.Label)
	}
	if err := add(draw(g.trainingFigure(), file+"-training", caption, caption)); err != nil {
		return err
	}
	fits, err := g.fits()
	if err != nil {
		return err
	}
	caption = "What was learnt, with the first seed."
	shown := table != nil && table.Fit != ""
	if shown {
		caption = table.Fit + ": what was learnt, with the first seed."
	}
	if err := add(draw(trainer.FitFigure(fits), file+"-fit", caption, caption)); err != nil {
		return err
	}
	if shown && len(fits) == 0 {
		s.Blocks = append(s.Blocks, text(table.Fit+" is not there: no folder holds fit.json, which every run leaves."))
	}
	traces, err := g.traces()
	if err != nil {
		return err
	}
	const what = "Steps of a prediction, with the first seed: their size, error and stiffness over time."
	return add(draw(trainer.TraceFigure(traces), file+"-trace", what, what))
}

// remarks are the notes of the group, and what else a reader should know.
func (g *group) remarks() []string {
	notes := slices.Clone(g.notes)
	machines := map[string]bool{}
	for _, s := range g.sources {
		machines[machine(s)] = true
	}
	if len(machines) > 1 {
		notes = append(notes, "Times come from different machines, so that their means and quotients say little.")
	}
	for _, r := range g.rows {
		if len(r.seeds()) > 1 {
			return notes
		}
	}
	return append(notes, "With one seed there is no standard deviation.")
}

// fullSize reports whether the group has the configuration of the paper's preset, on
// all of the data and for as many epochs.
func (g *group) fullSize() bool {
	t := paper.Of(g.experiment)
	return t != nil && g.common.Epochs >= t.Epochs && (!t.Subset || g.common.Data != "") &&
		slices.ContainsFunc(g.sources, func(s *source) bool { return s.Preset == "paper" && overrides(s, "data", "epochs") == 0 })
}

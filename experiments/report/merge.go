package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// group is the runs of an experiment with a common configuration: a table.
type group struct {
	experiment string
	common     trainer.Config
	sources    []*source
	rows       []*row
	notes      []string
}

// merge returns the groups of all sources: those of the paper in its order and
// others by name, and of an experiment those of the paper preset first.
func merge(sources []*source) []*group {
	groups := map[string]*group{}
	var order []*group
	for _, s := range sources {
		k := s.Experiment + "\n" + key(common(s.Config))
		g := groups[k]
		if g == nil {
			g = &group{experiment: s.Experiment, common: common(s.Config)}
			groups[k] = g
			order = append(order, g)
		}
		g.add(s)
	}
	for _, g := range order {
		g.finish()
	}
	slices.SortStableFunc(order, func(a, b *group) int {
		return cmp.Or(
			cmp.Compare(place(a.experiment), place(b.experiment)),
			cmp.Compare(a.experiment, b.experiment),
			cmp.Compare(fewest(a.sources), fewest(b.sources)),
		)
	})
	return order
}

// place is that of an experiment in the paper, or after all of them.
func place(experiment string) int {
	tables := paper.Tables()
	i := slices.IndexFunc(tables, func(t *paper.Table) bool { return t.Experiment == experiment })
	if i < 0 {
		return len(tables)
	}
	return i
}

// fewest is the least number of flags, but for that of data, by which one of the
// sources differs from the paper preset, or larger than that for another preset.
func fewest(sources []*source) int {
	const other = 1000
	n := other
	for _, s := range sources {
		m := overrides(s, "data")
		if s.Preset != "paper" {
			m += other
		}
		n = min(n, m)
	}
	return n
}

// overrides is the number of flags of a source apart from some. A source that does
// not tell its flags has none.
func overrides(s *source, but ...string) int {
	n := 0
	for i := 0; i+1 < len(s.Flags); i += 2 {
		if !slices.Contains(but, strings.TrimPrefix(s.Flags[i], "-")) {
			n++
		}
	}
	return n
}

// add takes in all runs of a source.
func (g *group) add(s *source) {
	g.sources = append(g.sources, s)
	for _, v := range s.Config.Variants {
		o := ownOf(s.Config, v)
		i := slices.IndexFunc(g.rows, func(r *row) bool { return r.variant == v && key(r.own) == key(o) })
		if i < 0 {
			i = len(g.rows)
			g.rows = append(g.rows, &row{variant: v, own: o, runs: map[uint64]*run{}})
		}
		r := g.rows[i]
		r.sources = append(r.sources, s)
		for _, x := range s.Runs {
			if x.Variant == v {
				g.addRun(r, &run{x, s})
			}
		}
	}
}

// addRun takes in a run, unless there is one of the same seed that has come as
// far.
func (g *group) addRun(r *row, x *run) {
	old := r.runs[x.Seed]
	if old == nil {
		r.runs[x.Seed] = x
		return
	}
	kept, left := old, x
	if !old.done() && (x.done() || len(x.Epochs) > len(old.Epochs)) {
		kept, left = x, old
	}
	r.runs[x.Seed] = kept
	what := "goes further"
	if kept.done() && left.done() {
		what = "is the same but for times, and was read first"
		if !reflect.DeepEqual(withoutTimes(kept), withoutTimes(left)) {
			what = "has other results, as from other code or another kind of processor, and was read first"
		}
	}
	g.notes = append(g.notes, fmt.Sprintf("%s, seed %d, is there twice: %s counts, as it %s; %s does not.",
		x.Variant, x.Seed, kept.path, what, left.path))
}

func withoutTimes(r *run) []trainer.Run {
	return trainer.Results{Runs: []trainer.Run{r.Run}}.WithoutTimes().Runs
}

// rank is the place of a row in the paper's table, or after all of them.
func (g *group) rank(r *row) int {
	t := paper.Of(g.experiment)
	if t == nil {
		return 0
	}
	if i := slices.IndexFunc(t.Rows, func(p paper.Row) bool { return p.Variant == r.variant }); i >= 0 {
		return i
	}
	return len(t.Rows)
}

// sortRows orders rows as in the paper's table, and others after them. Of a variant the
// preset's comes first.
func (g *group) sortRows(rows []*row) {
	slices.SortStableFunc(rows, func(a, b *row) int {
		return cmp.Or(cmp.Compare(g.rank(a), g.rank(b)), cmp.Compare(fewest(a.sources), fewest(b.sources)))
	})
}

// finish orders the rows and labels them.
func (g *group) finish() {
	g.sortRows(g.rows)
	for _, r := range g.rows {
		r.label = string(r.variant)
		for _, other := range g.rows {
			if other != r && other.variant == r.variant {
				r.label = fmt.Sprintf("%s (%s)", r.variant, describeOwn(r.own))
			}
		}
	}
}

// results are the runs that are done, as those of one folder, with labels in place
// of variants: for figures over epochs.
func (g *group) results() trainer.Results {
	res := trainer.Results{Experiment: g.experiment, Config: g.common}
	seeds := map[uint64]bool{}
	for _, r := range g.rows {
		label := trainer.Variant(r.label)
		res.Config.Variants = append(res.Config.Variants, label)
		for _, seed := range r.seeds() {
			x := r.runs[seed].Run
			x.Variant = label
			res.Runs = append(res.Runs, x)
			if !seeds[seed] {
				seeds[seed] = true
				res.Config.Seeds = append(res.Config.Seeds, seed)
			}
		}
	}
	return res
}

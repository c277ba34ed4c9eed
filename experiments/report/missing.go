package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// paperSeeds are wanted of every cell, as the paper's are over three seeds.
var paperSeeds = []uint64{1, 2, 3}

// task is runs that are missing, and the command for them.
type task struct {
	What    string
	Command string // empty if none is known
	Runs    int
}

// planner finds what is missing. Its commands never write to a folder that is
// known, nor two of them to the same.
type planner struct {
	taken map[string]bool
}

func newPlanner(sources []*source) *planner {
	p := &planner{map[string]bool{}}
	for _, s := range sources {
		p.taken[absolute(s.folder())] = true
	}
	return p
}

// out returns a new folder for results.
func (p *planner) out(experiment string) string {
	for i := 1; ; i++ {
		dir := filepath.Join("results", fmt.Sprintf("%s-%d", experiment, i))
		if at := absolute(dir); !p.taken[at] {
			p.taken[at] = true
			return dir
		}
	}
}

// absolute returns the folder as it is named from the root, by which folders compare.
func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// missing returns what is left to do for every row, and for every variant of the
// paper, to be there with all seeds: those of the group and of the paper.
func (p *planner) missing(g *group) []task {
	var failed []task
	var lacks []*lack
	unfinished := map[*source]int{}
	for _, r := range g.wantedRows() {
		var seeds []uint64
		for _, seed := range g.wantedSeeds() {
			x, s := r.runs[seed], r.planned(seed)
			switch {
			case x != nil && x.done():
			case x != nil && x.Error != "":
				failed = append(failed, task{What: fmt.Sprintf("%s, seed %d, has failed in %s (%s).", r.label, seed, trainer.Clip(strings.TrimSuffix(x.Error, "."), trainer.MaxMessage), x.path), Runs: 1})
			case s != nil:
				unfinished[s]++
			default:
				seeds = append(seeds, seed)
			}
		}
		if len(seeds) > 0 {
			lacks = addLack(lacks, g, r, seeds)
		}
	}
	tasks := failed
	for _, s := range g.sources {
		if n := unfinished[s]; n > 0 {
			tasks = append(tasks, task{
				What:    fmt.Sprintf("%d unfinished %s in %s:", n, plural(n, "run"), s.folder()),
				Command: command(s, s.Config.Variants, s.Config.Seeds, s.folder(), "-resume"),
				Runs:    n,
			})
		}
	}
	for _, l := range lacks {
		tasks = append(tasks, p.task(l))
	}
	return tasks
}

// lack is runs that nobody has begun, and that one command makes.
type lack struct {
	like     *source // whose flags they have
	variants []trainer.Variant
	labels   []string // labels of the rows that lack the runs
	seeds    []uint64
}

// addLack adds the seeds of a row, to a command that there is if it can be.
func addLack(lacks []*lack, g *group, r *row, seeds []uint64) []*lack {
	like := g.leader()
	if len(r.sources) > 0 {
		like = r.sources[0]
	}
	i := slices.IndexFunc(lacks, func(l *lack) bool {
		return alike(l.like, like) && slices.Equal(l.seeds, seeds) && !slices.Contains(l.variants, r.variant)
	})
	if i < 0 {
		i = len(lacks)
		lacks = append(lacks, &lack{like: like, seeds: seeds})
	}
	lacks[i].variants = append(lacks[i].variants, r.variant)
	lacks[i].labels = append(lacks[i].labels, r.label)
	return lacks
}

// task has the command of a lack, with a new folder.
func (p *planner) task(l *lack) task {
	t := task{
		What: fmt.Sprintf("%s, %s %s:", join(l.labels, ", "), plural(len(l.seeds), "seed"), join(l.seeds, ", ")),
		Runs: len(l.variants) * len(l.seeds),
	}
	if l.like.Flags == nil {
		t.What += " the command is not known, as " + l.like.path + " does not tell its flags."
		return t
	}
	t.Command = command(l.like, l.variants, l.seeds, p.out(l.like.Experiment))
	return t
}

// alike reports whether commands for both sources have the same flags.
func alike(a, b *source) bool {
	return a == b || a.Preset == b.Preset && a.Flags != nil && b.Flags != nil && slices.Equal(a.Flags, b.Flags)
}

// whole returns the task of a table of the paper of which there is no run with
// the paper's preset.
func (p *planner) whole(t *paper.Table) task {
	var variants []trainer.Variant
	for _, r := range t.Rows {
		variants = append(variants, r.Variant)
	}
	words := []string{"go", "run", "./experiments/" + t.Experiment, "-preset", "paper"}
	if t.Subset {
		words = append(words, "-data", "DIR")
	}
	words = append(words, "-variants", join(variants, ","), "-seeds", join(paperSeeds, ","), "-out", p.out(t.Experiment))
	return task{
		What:    "All of " + t.Name + " with the paper's preset:",
		Command: trainer.Quote(words),
		Runs:    len(variants) * len(paperSeeds),
	}
}

// isPreset reports whether the group has the configuration of a preset, whatever data and
// epochs: one with other flags is an experiment of its own, and no table to be filled.
func (g *group) isPreset() bool {
	return slices.ContainsFunc(g.sources, func(s *source) bool { return overrides(s, "data", "epochs") == 0 })
}

// wantedSeeds are those of all sources and, of a preset, of the paper.
func (g *group) wantedSeeds() []uint64 {
	var seeds []uint64
	if g.isPreset() {
		seeds = slices.Clone(paperSeeds)
	}
	for _, s := range g.sources {
		seeds = append(seeds, s.Config.Seeds...)
	}
	slices.Sort(seeds)
	return slices.Compact(seeds)
}

// wantedRows are those of the group and, of a preset, those without any run of the
// paper's other variants, in its order.
func (g *group) wantedRows() []*row {
	rows := slices.Clone(g.rows)
	if t := paper.Of(g.experiment); t != nil && g.isPreset() {
		for _, p := range t.Rows {
			if !slices.ContainsFunc(g.rows, func(r *row) bool { return r.variant == p.Variant }) {
				rows = append(rows, &row{variant: p.Variant, label: string(p.Variant)})
			}
		}
		g.sortRows(rows)
	}
	return rows
}

// planned returns the source that was to train the row with a seed, or nil. One
// that tells its flags, and so can be resumed, is preferred.
func (r *row) planned(seed uint64) *source {
	for _, s := range r.sources {
		if slices.Contains(s.Config.Seeds, seed) && s.Flags != nil {
			return s
		}
	}
	return nil
}

// leader is the source with the fewest flags of its own.
func (g *group) leader() *source {
	return slices.MinFunc(g.sources, func(a, b *source) int {
		if (a.Flags == nil) != (b.Flags == nil) {
			if a.Flags == nil {
				return 1
			}
			return -1
		}
		return len(a.Flags) - len(b.Flags)
	})
}

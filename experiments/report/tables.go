package main

import (
	"fmt"

	"gonum.org/v1/gonum/stat"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

const none = "–"

// resultTable is the table of a group in the layout of the paper's, with its
// number in every cell.
func (g *group) resultTable() *table {
	reference := paper.Of(g.experiment)
	columns := g.columns()
	t := &table{Head: []string{"method", "seeds"}}
	for _, c := range columns {
		t.Head = append(t.Head, c.Head)
	}
	for _, r := range g.wantedRows() {
		cells := []cell{{Text: r.label}, {Text: orNone(join(r.seeds(), ", "))}}
		for i, c := range columns {
			cells = append(cells, cell{r.mean(c), reported(reference, r.variant, i)})
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// columns are those of the paper, followed by the losses where they are not of
// them, or what the experiment measures.
func (g *group) columns() []paper.Column {
	if t := paper.Of(g.experiment); t != nil && t.Has(paper.TrainTime) {
		return t.Columns
	}
	var columns []paper.Column
	if t := paper.Of(g.experiment); t != nil {
		columns = append(columns, t.Columns...)
	} else {
		columns = append(columns, paper.Column{Head: "NFE", Quantity: paper.NFE, Unit: 1})
	}
	columns = append(columns,
		paper.Column{Head: "train loss", Quantity: paper.TrainLoss, Unit: 1},
		paper.Column{Head: "test loss", Quantity: paper.TestLoss, Unit: 1})
	if g.classifies() {
		columns = append(columns,
			paper.Column{Head: "train accuracy (%)", Quantity: paper.TrainAccuracy, Unit: 1},
			paper.Column{Head: "test accuracy (%)", Quantity: paper.TestAccuracy, Unit: 1})
	}
	return append(columns,
		paper.Column{Head: "train time (s)", Quantity: paper.TrainTime, Unit: 1},
		paper.Column{Head: "prediction time (s)", Quantity: paper.PredictionTime, Unit: 1})
}

// classifies reports whether there are accuracies.
func (g *group) classifies() bool {
	for _, r := range g.rows {
		if len(r.values(paper.TestAccuracy)) > 0 {
			return true
		}
	}
	return false
}

// mean is the mean and standard deviation of a column over the row's seeds.
func (r *row) mean(c paper.Column) string {
	x := r.values(c.Quantity)
	if len(x) == 0 {
		return none
	}
	for i := range x {
		x[i] /= c.Unit
	}
	return trainer.MeanSD(x, c.Quantity.Format)
}

// reported is the i-th cell of the paper's row, or empty.
func reported(t *paper.Table, v trainer.Variant, i int) string {
	if t == nil || i >= len(t.Columns) || !t.Published() {
		return ""
	}
	if row := t.Row(v); row != nil {
		return string(row.Cells[i])
	}
	return ""
}

// speedups are the quantities in which variants are compared with vanilla.
var speedups = []struct {
	head     string
	quantity paper.Quantity
}{
	{"training", paper.TrainTime}, {"prediction", paper.PredictionTime}, {"evaluations (NFE)", paper.NFE},
}

// speedupTable says how many times less than vanilla a variant takes, in the
// quotients of means. It is nil without runs to compare.
func (g *group) speedupTable() *table {
	base := g.baseline()
	if base == nil {
		return nil
	}
	reference := paper.Of(g.experiment)
	t := &table{Head: []string{"vanilla / method"}}
	for _, s := range speedups {
		t.Head = append(t.Head, s.head)
	}
	for _, r := range g.rows {
		if r == base || len(r.seeds()) == 0 {
			continue
		}
		cells := []cell{{Text: r.label}}
		for _, s := range speedups {
			x, why := r.speedup(base, s.quantity)
			c := cell{Text: why}
			if why == "" {
				c.Text = fmt.Sprintf("%.2f", x)
			}
			if reference != nil {
				if x, ok := reportedSpeedup(reference, r.variant, s.quantity); ok {
					c.Paper = fmt.Sprintf("%.2f", x)
				}
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, cells)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// texts are all cells of ours.
func (t *table) texts() []string {
	var texts []string
	for _, row := range t.Rows {
		for _, c := range row {
			texts = append(texts, c.Text)
		}
	}
	return texts
}

// baseline is the first row of vanilla with a run that is done, or nil.
func (g *group) baseline() *row {
	for _, r := range g.rows {
		if r.variant == "vanilla" && len(r.seeds()) > 0 {
			return r
		}
	}
	return nil
}

// speedup is the quotient of the baseline's mean and the row's, or says why there is
// none.
func (r *row) speedup(base *row, q paper.Quantity) (x float64, why string) {
	a, b := base.values(q), r.values(q)
	if len(a) == 0 || len(b) == 0 || !(stat.Mean(b, nil) > 0) {
		return 0, none
	}
	if q == paper.PredictionTime {
		return trainer.PredictionRatio(base.finals(), r.finals())
	}
	return stat.Mean(a, nil) / stat.Mean(b, nil), ""
}

// reportedSpeedup is the paper's.
func reportedSpeedup(t *paper.Table, v trainer.Variant, q paper.Quantity) (x float64, ok bool) {
	a, ok1 := t.Mean("vanilla", q)
	b, ok2 := t.Mean(v, q)
	return a / b, ok1 && ok2
}

// sourceTable says what was run where.
func (g *group) sourceTable() *table {
	t := &table{Words: true, Head: []string{"folder", "preset", "flags", "variants", "seeds", "machine"}}
	for _, s := range g.sources {
		flags := trainer.Clip(trainer.Quote(s.Flags), trainer.MaxMessage)
		if s.Flags == nil {
			flags = "not told"
		}
		t.Rows = append(t.Rows, []cell{
			{Text: s.folder()}, {Text: s.Preset}, {Text: orNone(flags)},
			{Text: join(s.Config.Variants, ", ")}, {Text: join(s.Config.Seeds, ", ")},
			{Text: machine(s)},
		})
	}
	return t
}

// ownTable says what is the variants' own in the configuration.
func (g *group) ownTable() *table {
	t := &table{Words: true, Head: []string{"method", "integrator, weights"}}
	for _, r := range g.rows {
		t.Rows = append(t.Rows, []cell{{Text: string(r.variant)}, {Text: describeOwn(r.own)}})
	}
	return t
}

func machine(s *source) string {
	return fmt.Sprintf("%d CPUs, %s", s.Machine.CPUs, trainer.Clip(s.Machine.Go, 40))
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

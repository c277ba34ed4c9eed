// Package paper holds the numbers that Pal et al. report in "Opening the
// Blackbox" (ICML 2021), for comparison with those measured here: Tables 1 to 4,
// and the evaluations in the caption of Figure 2. They were measured on other
// hardware. FFJORD is a table of what the paper has no numbers of.
package paper

import (
	"slices"
	"strconv"
	"strings"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// Table is a table of the paper.
type Table struct {
	Name       string // name in the paper, say "Table 1"
	Caption    string
	Experiment string // the experiment here that measures the same
	Epochs     int    // length of a training here, in the paper's preset
	Subset     bool   // the data in the binary are a part of those that the table is of
	Fit        string // figure of the paper that shows what the models have learnt, "" if none
	Curve      *Curve // what the paper draws over training beside NFE, nil if nothing
	Columns    []Column
	Rows       []Row
}

// Curve is a quantity that a figure of the paper shows over training.
type Curve struct {
	Figure  string // figure of the paper
	Label   string // label of the axis
	Value   func(trainer.Epoch) float64
	Classes bool // the value needs accuracies
}

// Column is a quantity of a table.
type Column struct {
	Head     string
	Quantity Quantity
	Unit     float64 // unit of the column, in that of the quantity in results.json
}

// Row is a variant of the model, with a cell for every column or, where nothing was
// published, none.
type Row struct {
	Variant trainer.Variant
	Cells   []Cell
}

// Cell is a number as it is printed: mean ± standard deviation over seeds, or the
// mean alone.
type Cell string

// MeanSD returns the numbers. The standard deviation is zero if there is none.
func (c Cell) MeanSD() (mean, sd float64, err error) {
	m, s, ok := strings.Cut(string(c), " ± ")
	if mean, err = strconv.ParseFloat(m, 64); err != nil || !ok {
		return mean, 0, err
	}
	sd, err = strconv.ParseFloat(s, 64)
	return mean, sd, err
}

// Tables lists all tables in the order of the paper, and after them what it has no
// numbers of.
func Tables() []*Table { return []*Table{&Figure2, &Table1, &Table2, &Table3, &Table4, &FFJORD} }

// Of returns the table that an experiment is of, or nil.
func Of(experiment string) *Table {
	for _, t := range Tables() {
		if t.Experiment == experiment {
			return t
		}
	}
	return nil
}

// Row returns the row of a variant, or nil.
func (t *Table) Row(v trainer.Variant) *Row {
	for i := range t.Rows {
		if t.Rows[i].Variant == v {
			return &t.Rows[i]
		}
	}
	return nil
}

// Published reports whether there are numbers in the table.
func (t *Table) Published() bool { return len(t.Rows[0].Cells) > 0 }

// Has reports whether the table has a column of a quantity.
func (t *Table) Has(q Quantity) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Quantity == q })
}

// Mean returns the mean of a quantity of a variant. It is not ok if the table has
// none.
func (t *Table) Mean(v trainer.Variant, q Quantity) (mean float64, ok bool) {
	row := t.Row(v)
	if row == nil || len(row.Cells) == 0 {
		return 0, false
	}
	for i, c := range t.Columns {
		if c.Quantity == q {
			mean, _, err := row.Cells[i].MeanSD()
			return mean * c.Unit, err == nil
		}
	}
	return 0, false
}

// Reference returns the table as experiments show it below their own, nil without
// numbers.
func (t *Table) Reference() *trainer.Reference {
	if !t.Published() {
		return nil
	}
	r := &trainer.Reference{
		Title:   "Pal et al. (2021), " + t.Name + ", on other hardware",
		Columns: []string{"variant"},
	}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, c.Head)
	}
	for _, row := range t.Rows {
		cells := []string{string(row.Variant)}
		for _, c := range row.Cells {
			cells = append(cells, string(c))
		}
		r.Rows = append(r.Rows, cells)
	}
	return r
}

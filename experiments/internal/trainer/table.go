package trainer

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/gonum/stat"

	"github.com/regnde/regnde/graph/atomicfile"
)

// table has a row of heads and rows as long; the first column is text, the
// others are numbers.
type table [][]string

// column is a quantity of the table.
type column struct {
	head   string
	value  func(Epoch) float64
	format func(float64) string
}

// Fixed rounds to so many decimals.
func Fixed(decimals int) func(float64) string {
	return func(x float64) string { return fmt.Sprintf("%.*f", decimals, x) }
}

// Significant rounds to so many digits without an exponent for ordinary numbers.
func Significant(digits int) func(float64) string {
	return func(x float64) string {
		if ax := math.Abs(x); ax >= 1e-3 && ax < 1e6 {
			decimals := digits - 1 - int(math.Floor(math.Log10(ax)))
			return Fixed(max(0, decimals))(x)
		}
		return fmt.Sprintf("%.*g", digits, x)
	}
}

func columns(e *Experiment) []column {
	quality := []column{
		{"train " + e.loss(), func(e Epoch) float64 { return e.TrainLoss }, Significant(4)},
		{"test " + e.loss(), func(e Epoch) float64 { return e.TestLoss }, Significant(4)},
	}
	if e.Classes {
		quality = []column{
			{"train accuracy (%)", func(e Epoch) float64 { return *e.TrainAccuracy }, Fixed(2)},
			{"test accuracy (%)", func(e Epoch) float64 { return *e.TestAccuracy }, Fixed(2)},
		}
	}
	return append(quality,
		column{"NFE", func(e Epoch) float64 { return float64(e.NFE) }, Fixed(1)},
		column{"training (s)", func(e Epoch) float64 { return e.TrainSeconds }, Significant(3)},
		column{"prediction (s)", func(e Epoch) float64 { return e.PredictSeconds }, Significant(3)},
	)
}

// summary has a row for each variant with an epoch: mean ± sample standard
// deviation over seeds, the ratios of NFE and prediction time to the baseline's, and
// the experiment's own measurements. Failed or unfinished runs count with their last epoch; the column
// of epochs shows them.
func summary(e *Experiment, res Results) table {
	base := e.Parts[0]
	cols := columns(e)
	head := []string{"variant", "seeds", "epochs"}
	for _, c := range cols {
		head = append(head, c.head)
	}
	own := measurementNames(res)
	t := table{append(append(head, "NFE / "+base, "prediction / "+base), own...)}

	baseline := finals(res, Variant(base))
	for _, v := range res.Config.Variants {
		f := finals(res, v)
		if len(f) == 0 {
			continue
		}
		row := []string{string(v), fmt.Sprint(len(f)), epochsDone(f, res.Config.Epochs)}
		for _, c := range cols {
			row = append(row, MeanSD(values(f, c.value), c.format))
		}
		row = append(row,
			ratio(f, baseline, func(e Epoch) float64 { return float64(e.NFE) }),
			predictionRatio(v, f, base, baseline))
		for _, name := range own {
			row = append(row, measurementCell(f, name))
		}
		t = append(t, row)
	}
	return t
}

// finals returns the last epochs of a variant's runs.
func finals(res Results, v Variant) []Epoch {
	var f []Epoch
	for _, r := range res.Runs {
		if r.Variant == v && r.Final != nil {
			f = append(f, *r.Final)
		}
	}
	return f
}

func values(epochs []Epoch, value func(Epoch) float64) []float64 {
	x := make([]float64, len(epochs))
	for i, e := range epochs {
		x[i] = value(e)
	}
	return x
}

// epochsDone is "10", or "4–10 of 10" if runs are not at the end.
func epochsDone(f []Epoch, epochs int) string {
	lo, hi := f[0].Epoch, f[0].Epoch
	for _, e := range f {
		lo, hi = min(lo, e.Epoch), max(hi, e.Epoch)
	}
	switch {
	case lo == epochs:
		return fmt.Sprint(epochs)
	case lo == hi:
		return fmt.Sprintf("%d of %d", lo, epochs)
	}
	return fmt.Sprintf("%d–%d of %d", lo, hi, epochs)
}

// MeanSD is "mean ± sd" with as many decimals in both, or a single value.
func MeanSD(x []float64, format func(float64) string) string {
	if len(x) == 1 {
		return format(x[0])
	}
	mean, sd := stat.MeanStdDev(x, nil)
	m := format(mean)
	s := format(sd)
	if !strings.Contains(m, "e") {
		_, decimals, _ := strings.Cut(m, ".")
		s = Fixed(len(decimals))(sd)
	}
	return m + " ± " + s
}

// ratio is the quotient of two means, or a dash without a baseline.
func ratio(f, baseline []Epoch, value func(Epoch) float64) string {
	if len(baseline) == 0 {
		return "–"
	}
	b := stat.Mean(values(baseline, value), nil)
	if b == 0 {
		return "–"
	}
	return Fixed(2)(stat.Mean(values(f, value), nil) / b)
}

// predictionRatio is the quotient of prediction times, or why there is none.
func predictionRatio(v Variant, f []Epoch, base string, baseline []Epoch) string {
	switch {
	case len(baseline) == 0:
		return "–"
	case string(v) == base:
		return Fixed(2)(1)
	}
	x, why := PredictionRatio(f, baseline)
	if why != "" {
		return why
	}
	return Fixed(2)(x)
}

// notes explains cells that are no numbers.
func (t table) notes() string {
	var cells []string
	for _, row := range t {
		cells = append(cells, row...)
	}
	return ExplainRatios(cells)
}

// plain aligns the table's columns with spaces.
func (t table) plain() string {
	widths := t.widths()
	var b strings.Builder
	for _, row := range t {
		var line strings.Builder
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(pad(cell, widths[i], i > 0))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// markdown is the table in Markdown, aligned as text, too.
func (t table) markdown() string {
	widths := t.widths()
	var b strings.Builder
	for i, row := range t {
		for j, cell := range row {
			b.WriteString("| " + pad(cell, widths[j], j > 0) + " ")
		}
		b.WriteString("|\n")
		if i > 0 {
			continue
		}
		for j, w := range widths {
			rule := strings.Repeat("-", w+1)
			if j == 0 {
				b.WriteString("|" + rule + "-")
			} else {
				b.WriteString("|" + rule + ":")
			}
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// widths returns the number of characters of the widest cells.
func (t table) widths() []int {
	w := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			w[i] = max(w[i], utf8.RuneCountInString(cell))
		}
	}
	return w
}

// pad fills a cell up with spaces, in front of it for a number.
func pad(cell string, width int, right bool) string {
	fill := strings.Repeat(" ", width-utf8.RuneCountInString(cell))
	if right {
		return fill + cell
	}
	return cell + fill
}

// plainTables is the text for standard output.
func plainTables(e *Experiment, res Results) string {
	t := summary(e, res)
	text := fmt.Sprintf("%s, preset %s\n\n%s", res.Experiment, res.Preset, t.plain())
	if notes := t.notes(); notes != "" {
		text += "\n" + notes + "\n"
	}
	if r := e.Reference; r != nil {
		text += fmt.Sprintf("\n%s\n\n%s", r.Title, r.table().plain())
	}
	return text
}

func (r *Reference) table() table {
	return append(table{r.Columns}, r.Rows...)
}

// writeTable writes table.md.
func writeTable(path string, e *Experiment, res Results) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		t := summary(e, res)
		fmt.Fprintf(w, "# %s, preset %s\n\n%s\n", res.Experiment, res.Preset, t.markdown())
		if notes := t.notes(); notes != "" {
			fmt.Fprintf(w, "%s\n\n", notes)
		}
		fmt.Fprintf(w, "State after the last epoch; mean ± sample standard deviation over seeds. "+
			"NFE counts the evaluations of the vector field, of the drift in an SDE, in one prediction; its time is the median of several. "+
			"Measured on %d CPUs with %s. The configuration is in %s.\n", res.Machine.CPUs, res.Machine.Go, resultsFile)
		if n := res.Config.Ranks; n > 1 {
			fmt.Fprintf(w, "\nEvery batch was split among %d ranks. The machine and the times are those of the first.\n", n)
		}
		for _, r := range res.Runs {
			if r.Error != "" {
				fmt.Fprintf(w, "\n%s failed in %s\n", runID{r.Variant, r.Seed}, r.Error)
			}
		}
		if r := e.Reference; r != nil {
			fmt.Fprintf(w, "\n## %s\n\n%s", r.Title, r.table().markdown())
		}
		return nil
	})
}

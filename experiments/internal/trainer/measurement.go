package trainer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Measurement is a number that one experiment alone takes of its models, say a
// constant that is estimated. The table has a column for each name.
type Measurement struct {
	Name  string  `json:"name"` // head of the column, with the unit if it has one
	Value float64 `json:"value"`
}

// measurementName is what a head of a table can hold.
var measurementName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ()/·⁻%,.=+-]{0,59}$`)

// measured returns the value of a name. It is not ok if there is none.
func (e Epoch) measured(name string) (value float64, ok bool) {
	for _, m := range e.Measurements {
		if m.Name == name {
			return m.Value, true
		}
	}
	return 0, false
}

// measurements lists those of an epoch, each after a comma.
func (e Epoch) measurements() string {
	var b strings.Builder
	for _, m := range e.Measurements {
		fmt.Fprintf(&b, ", %s %.4g", m.Name, m.Value)
	}
	return b.String()
}

// measurementNames are those of the last epochs of all runs, in the order in which
// they are first met.
func measurementNames(res Results) []string {
	var names []string
	for _, r := range res.Runs {
		if r.Final == nil {
			continue
		}
		for _, m := range r.Final.Measurements {
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	return names
}

// measurementCell is "mean ± sd" of the runs that have a value, or a dash.
func measurementCell(finals []Epoch, name string) string {
	var values []float64
	for _, f := range finals {
		if x, ok := f.measured(name); ok {
			values = append(values, x)
		}
	}
	if len(values) == 0 {
		return "–"
	}
	return MeanSD(values, Significant(4))
}

package miniboone

import (
	"math"

	"github.com/pkg/errors"
)

// Split divides a table (rows, 43) as Papamakarios et al. do: the last tenth of the
// rows, rounded down, is to test with, the last tenth of the others to validate
// with. Columns are normalized by mean and standard deviation of all that is not
// to test with. The table is not changed. It is an error if it has fewer than 11
// rows, which leaves a part empty, or a column of which all but the test's rows are
// the same or too far apart for float64.
func Split(x []float64) (*Data, error) {
	rows := len(x) / Features
	if len(x)%Features != 0 || rows < 11 {
		return nil, errors.Errorf("miniboone: %d numbers, expected rows of %d and at least 11 of them", len(x), Features)
	}
	test := rows - rows/10
	validation := test - test/10

	var d Data
	for j := range Features {
		var err error
		if d.Mean[j], d.Std[j], err = moments(x[:test*Features], j); err != nil {
			return nil, err
		}
	}
	normalized := make([]float64, len(x))
	for k, v := range x {
		j := k % Features
		y := (v - d.Mean[j]) / d.Std[j]
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return nil, errors.Errorf("miniboone: row %d: column %d is %v, expected a number near the others, of mean %v and standard deviation %v",
				k/Features, j, v, d.Mean[j], d.Std[j])
		}
		normalized[k] = y
	}
	part := func(from, to int) []float64 { return normalized[from*Features : to*Features : to*Features] }
	d.Train, d.Validation, d.Test = part(0, validation), part(validation, test), part(test, rows)
	return &d, nil
}

// moments returns the mean and the standard deviation, the root of the mean square,
// of a column.
func moments(x []float64, column int) (mean, std float64, err error) {
	rows := float64(len(x) / Features)
	varies := false
	for k := column; k < len(x); k += Features {
		mean += x[k] / rows
		varies = varies || x[k] != x[column]
	}
	for k := column; k < len(x); k += Features {
		std += (x[k] - mean) * (x[k] - mean) / rows
	}
	std = math.Sqrt(std)
	if !varies || !(std > 0) || math.IsInf(std, 0) {
		return 0, 0, errors.Errorf("miniboone: column %d has the standard deviation %v about %v, expected a positive number", column, std, mean)
	}
	return mean, std, nil
}

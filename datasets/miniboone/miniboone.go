// Package miniboone reads the MiniBooNE data on which densities are learnt: 43
// features of 36 488 events of a neutrino detector, a table of NumPy's .npy format.
//
//	data, err := miniboone.Load("data.npy")
//	rows := len(data.Train) / miniboone.Features
//
// The table is that of Papamakarios, Pavlakou, Murray, "Masked autoregressive flow
// for density estimation" (NeurIPS 2017), which is made of the signal events of
// "MiniBooNE particle identification" by B. Roe, UCI machine learning repository,
// CC BY 4.0: events whose first feature is below −100 are left out, and so are
// seven features in which values are often repeated. Split divides it into the
// parts that losses are published for. There is no part of it here; the first rows
// of the table are a table.
//
// The tests read the table in the environment variable MINIBOONE_FILE, and leave
// out what needs it if that is not set.
package miniboone

import (
	"os"

	"github.com/pkg/errors"
)

// Features is the number of columns of the table.
const Features = 43

// Data is a table in three parts, each (rows, 43) row-major, with normalized
// columns: (x − Mean)/Std.
type Data struct {
	Train, Validation, Test []float64

	// Mean and Std are the mean and the standard deviation of each column of the
	// table in the rows of Train and Validation. The log density of an event in
	// the units of the table is that of its normalized row minus Σ log Std.
	Mean, Std [Features]float64
}

// Load reads a table from a file and splits it. The error has the cause
// fs.ErrNotExist if there is none.
func Load(path string) (*Data, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "miniboone")
	}
	defer f.Close()
	x, err := Read(f)
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	data, err := Split(x)
	return data, errors.Wrap(err, path)
}

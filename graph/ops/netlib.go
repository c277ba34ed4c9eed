//go:build netlib

package ops

import (
	"gonum.org/v1/netlib/blas/netlib"
	"gorgonia.org/gorgonia"
)

// The build tag netlib runs matrix products on a BLAS in C, to be linked with,
// say, CGO_LDFLAGS=-lopenblas. Bias and activation are then passes of their own,
// and results may depend on the number of threads.
func init() { gorgonia.Use(netlib.Implementation{}) }

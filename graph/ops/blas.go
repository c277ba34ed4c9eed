//go:build !netlib

package ops

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/kernel"
)

func init() { gorgonia.Use(kernel.BLAS{}) }

//go:build netlib

package ops_test

import (
	"testing"

	"gonum.org/v1/netlib/blas/netlib"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
)

// TestNetlib compares every operation on the BLAS that the tag chose with the
// same on the kernels of this project.
func TestNetlib(t *testing.T) {
	chosen := gorgonia.WhichBLAS()
	if _, ok := chosen.(netlib.Implementation); !ok {
		t.Fatalf("products run on %T", chosen)
	}
	defer gorgonia.Use(chosen)
	for dt, tol := range map[tensor.Dtype]float64{tensor.Float32: 1e-5, tensor.Float64: 1e-12} {
		for _, c := range cases() {
			gorgonia.Use(kernel.BLAS{})
			want := newTrial(t, c, dt)
			gorgonia.Use(chosen)
			got := newTrial(t, c, dt)
			compare(t, c.name, got.value(got.out), want.value(want.out), tol)
			for i := range got.grads {
				compare(t, c.name+" gradient", got.value(got.grads[i]), want.value(want.grads[i]), tol)
			}
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/regnde/regnde/docs/doctest"
	"github.com/regnde/regnde/experiments/internal/trainertest"
)

// TestFloat32InDocs compares the evaluations that docs/solvers.md quotes with those
// that its commands count. Kernels of different processors round differently, which
// shows in float32 where the tolerance is below its epsilon.
func TestFloat32InDocs(t *testing.T) {
	r := trainertest.Runner{Experiment: experiment}
	var text strings.Builder
	text.WriteString("\n| tolerance | float32 | float64 |\n|---|---:|---:|\n")
	for _, tol := range []string{"1.4e-8", "1e-6", "1e-4"} {
		fmt.Fprintf(&text, "| %s |", tol)
		for _, dtype := range []string{"float32", "float64"} {
			status, stdout, stderr := r.Run(t, "-bench", "1", "-tol", tol, "-dtype", dtype)
			var line struct{ NFE int }
			if err := json.Unmarshal([]byte(stdout), &line); err != nil || status != 0 {
				t.Fatalf("status %d, error %v: %s%s", status, err, stdout, stderr)
			}
			fmt.Fprintf(&text, " %d |", line.NFE)
		}
		text.WriteString("\n")
	}
	doctest.Check(t, "../../docs/solvers.md", "float32", text.String(), 0.15)
}

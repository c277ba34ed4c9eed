package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// TestSaveTimesMeetTheTolerance: states at save times, which lie within steps, have
// errors within a small factor of the tolerance, as those at the ends of steps
// have, at every tolerance that the method can meet in reasonable time.
func TestSaveTimesMeetTheTolerance(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const saves = 101
	for _, m := range methods {
		if !m.Adaptive() {
			continue
		}
		for _, p := range []problems.Problem{problems.Rotation(1), problems.Growth(), problems.Kepler(0.3)} {
			p := until(2, p)
			saveAt := floats.Span(make([]float64, saves), p.T0, p.T1)
			for tol := 1e-3; tol > 0.9*smallestTolerance(m); tol /= 1000 {
				sol := predict(t, m, p, &Settings{AbsTol: tol, RelTol: tol, SaveAt: saveAt})
				z := value.Float64s(sol.Z)
				worst, exact := 0.0, make([]float64, len(p.Y0))
				for i, at := range saveAt {
					p.Exact(at, exact)
					for j, x := range exact {
						worst = max(worst, math.Abs(z[i*len(exact)+j]-x)/(1+math.Abs(x)))
					}
				}
				if worst > 15*tol {
					t.Errorf("%s, %s at %.0e: error %.1e at save times", m.Name, p.Name, tol, worst)
				}
			}
		}
	}
}

func smallestTolerance(m *Tableau) float64 {
	switch {
	case m.Order <= 2:
		return 1e-6
	case m.Order == 3:
		return 1e-9
	}
	return 1e-12
}

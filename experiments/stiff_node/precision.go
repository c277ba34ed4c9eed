package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/networks/robertson"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators"
)

// field is a right-hand side without parameters.
type field = integrators.Dynamics

// stiffProblem is an initial value problem that methods are compared on.
type stiffProblem struct {
	name string
	f    field
	z0   []float64
	t1   float64
}

// stiffProblems are the values of the flag -problem of work-precision.
var stiffProblems = []stiffProblem{
	{"van-der-pol", vanDerPol(1000), []float64{2, 0}, 2000},
	{"robertson", robertson.Kinetics, start, end},
}

func problemNamed(name string) (stiffProblem, error) {
	var names []string
	for _, p := range stiffProblems {
		if p.name == name {
			return p, nil
		}
		names = append(names, p.name)
	}
	return stiffProblem{}, errors.Errorf("-problem is %q, expected %s", trainer.Clip(name, maxValue), strings.Join(names, " or "))
}

// attempts bounds the steps of a solve, so that an explicit method comes to an end.
const attempts = 5_000_000

// solve returns the solution at the end by a method within a number of attempted steps,
// and how long it took: a short solve, of which the first one compiles, is repeated
// until the least of the times is of some worth.
func (p stiffProblem) solve(method integrators.Method, tol float64, attempts int) (*integrators.Solution, time.Duration, error) {
	o, err := integrators.NewSolver(integrators.Equation{Drift: p.f, T1: p.t1}, method, &integrators.Settings{
		AbsTol: tol, RelTol: tol, MinStep: minStep, MaxSteps: attempts,
	})
	if err != nil {
		return nil, 0, err
	}
	z0 := tensor.New(tensor.WithShape(1, len(p.z0)), tensor.WithBacking(slices.Clone(p.z0)))
	var sol *integrators.Solution
	least, began := time.Duration(math.MaxInt64), time.Now()
	for least == math.MaxInt64 || time.Since(began) < repeating {
		start := time.Now()
		if sol, err = o.Predict(z0); err != nil {
			return nil, time.Since(start), err
		}
		least = min(least, time.Since(start))
	}
	return sol, least, nil
}

// repeating is the time for which a short solve is repeated.
const repeating = 300 * time.Millisecond

// reference returns the solution at the end as accurately as the methods here can.
func (p stiffProblem) reference() ([]float64, error) {
	sol, _, err := p.solve(integrators.Rodas5P, 1e-12, attempts)
	if err != nil {
		return nil, errors.Wrap(err, "reference")
	}
	return value.Float64s(sol.Z), nil
}

// point is what one method makes of a problem at one tolerance.
type point struct {
	method             string
	tol, relativeError float64
	stats              integrators.Stats
	seconds            float64
	failure            error // why it did not come to the end, nil if it did
}

// workPrecision solves the problem by the methods at the tolerances.
func workPrecision(p stiffProblem, methods []string, tols []float64, report func(point)) ([]point, error) {
	want, err := p.reference()
	if err != nil {
		return nil, err
	}
	var points []point
	for _, name := range methods {
		method, err := model.Method(trainer.Config{Method: name})
		if err != nil {
			return nil, err
		}
		for _, tol := range tols {
			q := point{method: name, tol: tol}
			sol, d, err := p.solve(method, tol, attempts)
			var f *integrators.Failure
			switch {
			case errors.As(err, &f):
				q.stats, q.failure, q.relativeError = f.Stats, err, math.NaN()
			case err != nil:
				return nil, err
			default:
				q.stats, q.relativeError = sol.Stats, relativeError(value.Float64s(sol.Z), want)
			}
			q.seconds = d.Seconds()
			points = append(points, q)
			report(q)
		}
	}
	return points, nil
}

// relativeError is the largest relative error of an entry.
func relativeError(z, want []float64) float64 {
	e := make([]float64, len(z))
	for i := range z {
		e[i] = math.Abs(z[i]-want[i]) / math.Abs(want[i])
	}
	return floats.Max(e)
}

// precisionHeader is the first line of work-precision.csv.
const precisionHeader = "problem,method,tolerance,relative_error,nfe,accepted,rejected,stiff,seconds,failure"

// line is the line of a point in work-precision.csv.
func (q point) line(problem string) string {
	failure := ""
	if q.failure != nil {
		failure = strings.ReplaceAll(q.failure.Error(), ",", ";")
	}
	return fmt.Sprintf("%s,%s,%g,%.4g,%d,%d,%d,%d,%.3g,%s", problem, q.method, q.tol, q.relativeError,
		q.stats.NFE, q.stats.Accepted, q.stats.Rejected, q.stats.Stiff, q.seconds, failure)
}

// precisionFigure draws the error against evaluations and seconds, one line a method.
func precisionFigure(problem string, points []point) figure.Figure {
	f := figure.Figure{Caption: problem + ": relative error at the end of the time span, tolerances along each line. Jacobians are not counted as evaluations, but take time."}
	for _, q := range []struct {
		label string
		work  func(point) float64
	}{
		{"evaluations", func(q point) float64 { return float64(q.stats.NFE) }},
		{"seconds", func(q point) float64 { return q.seconds }},
	} {
		p := figure.Panel{XLabel: q.label, YLabel: "relative error", LogX: true, LogY: true}
		for i, x := range points {
			if i == 0 || points[i-1].method != x.method {
				p.Series = append(p.Series, figure.Series{Name: x.method})
			}
			s := &p.Series[len(p.Series)-1]
			s.X, s.Y = append(s.X, q.work(x)), append(s.Y, x.relativeError)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

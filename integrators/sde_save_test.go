package integrators

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/integrators/problems"
)

// wienerProcess is dy = dW from 0, whose solution is the path.
func wienerProcess() stochastic {
	return stochastic{
		problems.Stochastic{Name: "Wiener process", T1: 1, Y0: []float64{0}},
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.scale(0, z) },
		func(e *expr, z *gorgonia.Node) *gorgonia.Node { return e.shift(1, e.scale(0, z)) },
	}
}

// sampledPath returns W(t) - W(t0) at the ends of the intervals of the noise's grid,
// one matrix after the other, from t0 on.
func sampledPath(t testing.TB, noise *Noise, rows, cols int, p stochastic) [][]float64 {
	t.Helper()
	path, err := noise.Sample(rows, cols, p.T0, p.T1)
	if err != nil {
		t.Fatal(err)
	}
	w := [][]float64{make([]float64, rows*cols)}
	for _, in := range path {
		w = append(w, floats.AddTo(make([]float64, rows*cols), w[len(w)-1], in.DW))
	}
	return w
}

// TestSavedStatesHaveTheNoise compares states between the ends of steps with their
// formula, on a path that is known there: a straight line, and the diffusion at the
// start of the step times what the path is beyond its own straight line.
func TestSavedStatesHaveTheNoise(t *testing.T) {
	const n, per, count = 4, 48, 3 // per: more than one call of the dense output serves
	p := noisyPulse().over(0.3, 0.8)
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		tol := 1e-13
		if dt == tensor.Float32 {
			tol = 1e-5
		}
		for _, m := range sdeMethods {
			noise := &Noise{Seed: 2, Grid: n * per}
			w := sampledPath(t, noise, count, 1, p)
			at := func(i int) float64 { return p.T0 + (p.T1-p.T0)*float64(i)/(n*per) }
			var times []float64
			for i := range w {
				times = append(times, at(i), at(i)) // twice each, and at the ends of the span
			}
			times[len(times)-1], times[len(times)-2] = p.T1, p.T1
			z0 := value.New(dt, count, 1)
			value.SetFloat64s(z0, []float64{1, 2, -0.5})
			z := value.Float64s(predictFrom(t, newSDE(t, m, p, noise, &Settings{FixedSteps: n, SaveAt: times}), z0).Z)
			state := func(i int) []float64 { return z[2*i*count : (2*i+1)*count] }
			for i := range w {
				from := min(i/per, n-1) * per
				theta := float64(i-from) / per
				for r := range count {
					g := make([]float64, 1)
					p.Diffusion(at(from), state(from)[r:r+1], g)
					want := (1-theta)*state(from)[r] + theta*state(from + per)[r] +
						g[0]*(w[i][r]-(1-theta)*w[from][r]-theta*w[from+per][r])
					if got := state(i)[r]; !near(got, want, tol) || z[(2*i+1)*count+r] != got {
						t.Fatalf("%s, %v: row %d at %v is %v and %v, expected %v", m.Name, dt, r, at(i), got, z[(2*i+1)*count+r], want)
					}
				}
			}
		}
	}
}

// TestSavedPath: the solution of dy = dW is W at all times where W is known, whatever
// steps are taken or rejected; between them it has the quadratic variation of W, 1,
// where straight lines between ten steps have 0.01 of it.
func TestSavedPath(t *testing.T) {
	const many, count, grid = 1000, 10, 64
	p := wienerProcess()
	start := rows(count, make([]float64, count)...)
	for _, m := range sdeMethods {
		for _, set := range []Settings{{FixedSteps: 10}, {AbsTol: 0.1, RelTol: 0.1}, {AbsTol: 0.1, RelTol: 0.1, InitialStep: 1}} {
			if set.FixedSteps == 0 && !m.Adaptive() {
				continue
			}
			for i := range grid + 1 {
				set.SaveAt = append(set.SaveAt, float64(i)/grid)
			}
			noise := &Noise{Seed: 3, Grid: grid}
			z := value.Float64s(predictFrom(t, newSDE(t, m, p, noise, &set), start).Z)
			for i, w := range sampledPath(t, noise, count, 1, p) {
				if got := z[i*count : (i+1)*count]; !floats.EqualApprox(got, w, 1e-12) {
					t.Errorf("%s, %+v: saved %v at %v, expected %v", m.Name, set, got, set.SaveAt[i], w)
				}
			}

			set.SaveAt = floats.Span(make([]float64, many+1), 0, 1)
			o := newSDE(t, m, p, &Noise{Seed: 4, Grid: -1}, &set)
			z = value.Float64s(predictFrom(t, o, start).Z)
			variation := 0.0
			for i := count; i < len(z); i++ {
				variation += (z[i] - z[i-count]) * (z[i] - z[i-count]) / count
			}
			if off := (variation - 1) / math.Sqrt(2./(many*count)); math.Abs(off) > alarm {
				t.Errorf("%s, %+v: quadratic variation %v in %d steps, off 1 by %.1f standard deviations", m.Name, o.Last().Stats, variation, o.Last().Accepted, off)
			}
		}
	}
}

// TestSaveTimesLeaveSteps: save times change neither the steps nor the states at
// their ends, and a saved trajectory depends on its key alone, not on the batch.
func TestSaveTimesLeaveSteps(t *testing.T) {
	const t1 = 0.5
	p := spiralSDE().over(0, t1)
	z0 := rows(2, 2, 0, 1, -1)
	for _, m := range adaptiveSRI {
		for _, grid := range []int{-1, 8} {
			set := Settings{AbsTol: 0.1, RelTol: 0.1, InitialStep: t1, Record: true}
			noise := &Noise{Seed: 4, Grid: grid}
			last := predictFrom(t, newSDE(t, m, p, noise, &set), z0)
			end := value.Float64s(last.Z)
			if last.Rejected == 0 {
				t.Errorf("%s: no step was rejected", m.Name)
			}
			set.SaveAt = append(floats.Span(make([]float64, 50), 0, t1-0.01), t1, t1)
			sol := predictFrom(t, newSDE(t, m, p, noise, &set), z0)
			if sol.Stats != last.Stats || !slices.Equal(sol.Steps, last.Steps) {
				t.Errorf("%s: save times change the steps", m.Name)
			}
			z := value.Float64s(sol.Z)
			if !slices.Equal(z[:4], value.Float64s(z0)) || !slices.Equal(z[len(z)-4:], end) || !slices.Equal(z[len(z)-8:len(z)-4], end) {
				t.Errorf("%s: saved %v and %v at the ends, expected %v and %v", m.Name, z[:4], z[len(z)-8:], z0, end)
			}
		}
	}
	for _, m := range sdeMethods {
		solve := func(z0 gorgonia.Value, keys ...uint64) []float64 {
			noise := &Noise{Seed: 4, Keys: keys}
			set := &Settings{FixedSteps: 4, SaveAt: floats.Span(make([]float64, 20), 0, t1)}
			return value.Float64s(predictFrom(t, newSDE(t, m, p, noise, set), z0).Z)
		}
		batch, alone := solve(z0, 9, 5), solve(row(1, -1), 5)
		for i := range 20 {
			if got, want := alone[2*i:2*i+2], batch[4*i+2:4*i+4]; !floats.EqualApprox(got, want, 1e-14) {
				t.Errorf("%s: saved %v alone, %v in a batch", m.Name, got, want)
			}
		}
	}
}

// TestConvergenceBetweenSteps: a state between the ends of steps has strong order 1,
// or that of the method if it is less. Straight lines have 1/2.
func TestConvergenceBetweenSteps(t *testing.T) {
	const paths, grid, at = 1000, 192, 64 // the time 1/3, which is no end of a step
	p := geometricBrownian(0.5, 0.7)
	noise := &Noise{Seed: 2, Grid: grid}
	w := sampledPath(t, noise, paths, 1, p)[at]
	exact := make([]float64, paths)
	for i := range exact {
		p.Exact(float64(at)/grid, w[i:i+1], exact[i:i+1])
	}
	for _, m := range sdeMethods {
		slope := strongSlope(exact, []int{4, 8, 16, 32, 64}, func(n int) []float64 {
			set := &Settings{FixedSteps: n, SaveAt: []float64{float64(at) / grid}}
			return value.Float64s(predictFrom(t, newSDE(t, m, p, noise, set), p.start(paths)).Z)
		})
		if order := min(1, m.StrongOrder); !(math.Abs(slope-order) <= 0.1) {
			t.Errorf("%s converges with slope %.2f between steps, expected %v ± 0.1", m.Name, slope, order)
		}
	}
}

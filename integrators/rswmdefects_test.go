package integrators

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// listedRSwM3 is rejection sampling with memory as Rackauckas and Nie list it, by
// lengths of pieces, with three defects that its implementation in
// DiffEqNoiseProcess 5.5.1 had. It shows that the tests of the law of brownian
// notice them.
type listedRSwM3 struct {
	n               int // paths
	rng             *rand.Rand
	at, dt          float64
	w, z            []float64
	future, present []listedPiece

	// cutVariance takes the length of the cut for that of the piece in the variance
	// of the bridge, when a step is rejected.
	cutVariance bool
	// forgetExact does not keep a piece that ends with the step.
	forgetExact bool
	// shortVariance takes the new length of the step for the old one in the variance
	// of the bridge, when a step whose pieces were not kept is rejected.
	shortVariance bool
}

type listedPiece struct {
	length float64
	w, z   []float64
}

const discarded = 1e-15 // length

func (r *listedRSwM3) dW() []float64 { return r.w }
func (r *listedRSwM3) dZ() []float64 { return r.z }

// normal returns q·x plus noise of a variance.
func (r *listedRSwM3) normal(q float64, x []float64, variance float64) []float64 {
	y := make([]float64, r.n)
	for i := range y {
		y[i] = math.Sqrt(variance) * r.rng.NormFloat64()
	}
	if x != nil {
		floats.AddScaled(y, q, x)
	}
	return y
}

// bridge returns the part of length q·p.length of p and the rest, where length is
// that in the variance of the bridge.
func (r *listedRSwM3) bridge(p listedPiece, q, length float64) (part, rest listedPiece) {
	part = listedPiece{q * p.length, r.normal(q, p.w, q*(1-q)*length), r.normal(q, p.z, q*(1-q)*length)}
	rest = listedPiece{(1 - q) * p.length, make([]float64, r.n), make([]float64, r.n)}
	floats.SubTo(rest.w, p.w, part.w)
	floats.SubTo(rest.z, p.z, part.z)
	return part, rest
}

func (r *listedRSwM3) add(sign float64, p listedPiece) {
	floats.AddScaled(r.w, sign, p.w)
	floats.AddScaled(r.z, sign, p.z)
}

func pop(s *[]listedPiece) listedPiece {
	p := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return p
}

func (r *listedRSwM3) prepare(to float64) {
	r.at += r.dt
	r.dt = to - r.at
	r.present = nil
	r.w, r.z = make([]float64, r.n), make([]float64, r.n)
	done := 0.0
	for len(r.future) > 0 {
		p := pop(&r.future)
		q := (r.dt - done) / p.length
		if q > 1 {
			done += p.length
			r.add(1, p)
			r.present = append(r.present, p)
			continue
		}
		part, rest := r.bridge(p, q, p.length)
		done += part.length
		r.add(1, part)
		if rest.length > discarded {
			r.future = append(r.future, rest)
		}
		if part.length > discarded && !(r.forgetExact && rest.length <= discarded) {
			r.present = append(r.present, part)
		}
		break
	}
	if left := r.dt - done; left > discarded {
		p := listedPiece{left, r.normal(0, nil, left), r.normal(0, nil, left)}
		r.add(1, p)
		r.present = append(r.present, p)
	}
}

func (r *listedRSwM3) reject(to float64) {
	dt := to - r.at
	beyond := r.dt - dt
	if len(r.present) == 0 {
		length := r.dt
		if r.shortVariance {
			length = dt
		}
		part, rest := r.bridge(listedPiece{r.dt, r.w, r.z}, dt/r.dt, length)
		r.future, r.present = append(r.future, rest), append(r.present, part)
		r.w, r.z, r.dt = part.w, part.z, dt
		return
	}
	r.dt = dt
	for back := 0.0; len(r.present) > 0; {
		p := pop(&r.present)
		back += p.length
		r.add(-1, p)
		if back < beyond {
			r.future = append(r.future, p)
			continue
		}
		cut := back - beyond
		length := p.length
		if r.cutVariance {
			length = cut
		}
		part, rest := r.bridge(p, cut/p.length, length)
		if rest.length > discarded {
			r.future = append(r.future, rest)
		}
		r.present = append(r.present, part)
		r.add(1, part)
		return
	}
}

// TestDefectsAreNoticed runs the listed method, without defect and with each, and
// brownian on schedules that need a bridge, a piece that ends with a step, and both.
// There are 308 statistics that no defect touches; the probability of a false alarm,
// over seeds, is 1.8e-4.
func TestDefectsAreNoticed(t *testing.T) {
	const paths = 20_000
	schedules := []schedule{
		// Rejected once.
		{{0, 1, false}, {0, 0.5, true}, {0.5, 1, true}},
		// A piece that ends with a step is all of it, which is then rejected.
		{{0, 0.5, false}, {0, 0.25, true}, {0.25, 0.5, false}, {0.25, 0.375, true}, {0.375, 0.5, true}, {0.5, 1, true}},
		// A piece that ends with a step is the second of it.
		{{0, 1, false}, {0, 0.25, false}, {0, 0.125, true}, {0.125, 1, false}, {0.125, 0.75, true}, {0.75, 1, true}},
	}
	listed := func(defects listedRSwM3) noiseProcess {
		defects.n, defects.rng = paths, rand.New(rand.NewPCG(1, 2))
		return &defects
	}
	for _, tt := range []struct {
		name    string
		start   func() noiseProcess
		noticed [3]bool // by schedule
	}{
		{"brownian", func() noiseProcess { return startBrownian(t, paths, 1, true, &Noise{Seed: 6, Grid: -1}, 0, 1) }, [3]bool{}},
		{"no defect", func() noiseProcess { return listed(listedRSwM3{}) }, [3]bool{}},
		{"variance of the cut", func() noiseProcess { return listed(listedRSwM3{cutVariance: true}) }, [3]bool{true, true, true}},
		{"exact pieces forgotten", func() noiseProcess { return listed(listedRSwM3{forgetExact: true}) }, [3]bool{false, false, true}},
		{"the same, variance of the new step", func() noiseProcess {
			return listed(listedRSwM3{forgetExact: true, shortVariance: true})
		}, [3]bool{false, true, true}},
	} {
		for i, s := range schedules {
			worst, n := s.largestDeviation(tt.start())
			if tt.noticed[i] && worst < 2*alarm {
				t.Errorf("%s, schedule %d: all of %d statistics within %.1f standard deviations, expected the tests to notice", tt.name, i, n, worst)
			}
			if !tt.noticed[i] && worst > alarm {
				t.Errorf("%s, schedule %d: a statistic of %d is off by %.1f standard deviations, expected at most %v", tt.name, i, n, worst, alarm)
			}
		}
	}
}

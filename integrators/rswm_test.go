package integrators

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// noiseProcess is what the loop of a solver makes of noise.
type noiseProcess interface {
	prepare(to float64)
	reject(to float64)
	dW() []float64
	dZ() []float64
}

var _, _ noiseProcess = (*brownian)(nil), (*brownianTree)(nil)

func startBrownian(t testing.TB, rows, cols int, useZ bool, n *Noise, t0, t1 float64) *brownian {
	t.Helper()
	b := newBrownian(rows, cols, useZ)
	if err := b.start(n, t0, t1); err != nil {
		t.Fatal(err)
	}
	return b
}

// schedule is a sequence of attempted steps over [0, 1]: attempt i ends at to and
// is accepted or not. Times are multiples of 2⁻¹⁰, so that differences of times
// are exact and steps often end at times that are known already.
type schedule []attempt

type attempt struct {
	from, to float64
	accepted bool
}

// randomSchedule accepts half of the attempts. It ends them at new times or at
// those of attempts that were rejected.
func randomSchedule(rng *rand.Rand) schedule {
	const ticks = 1024
	var s schedule
	known := []int{ticks}
	for from := 0; from < ticks; {
		to := min(ticks, from+1+rng.IntN(ticks/4))
		if i := slices.IndexFunc(known, func(k int) bool { return k > from }); rng.IntN(2) == 0 && known[i] < ticks {
			later := known[i : len(known)-1]
			to = later[rng.IntN(len(later))]
		}
		for {
			accepted := to == from+1 || rng.IntN(2) == 0
			s = append(s, attempt{float64(from) / ticks, float64(to) / ticks, accepted})
			if accepted {
				break
			}
			if i, found := slices.BinarySearch(known, to); !found {
				known = slices.Insert(known, i, to)
			}
			to = from + 1 + rng.IntN(to-from-1)
		}
		from = to
	}
	return s
}

// run takes the steps of a schedule and calls visit after each attempt.
func (s schedule) run(p noiseProcess, visit func(a attempt)) {
	retry := false
	for _, a := range s {
		if retry {
			p.reject(a.to)
		} else {
			p.prepare(a.to)
		}
		visit(a)
		retry = !a.accepted
	}
}

// largestDeviation runs a schedule and returns the largest deviation from the law
// of Brownian motion, in standard deviations, of these statistics over the entries
// of W and Z, each of which is normal with mean 0 and variance 1 for many entries:
// the mean and the variance of the increments of every attempt, accepted or not;
// the correlations between W and Z and with the accepted step before; the mean and
// the variance of the path at the end, and the mean of its quadratic variation.
func (s schedule) largestDeviation(p noiseProcess) (worst float64, statistics int) {
	check := func(z float64) {
		worst = max(worst, math.Abs(z))
		statistics++
	}
	var previous, path, quadratic [2][]float64 // of W and of Z
	var squares float64                        // Σ h² of accepted steps
	s.run(p, func(a attempt) {
		h := a.to - a.from
		now := [2][]float64{p.dW(), p.dZ()}
		n := float64(len(now[0]))
		check(floats.Dot(now[0], now[1]) / h / math.Sqrt(n))
		for i, x := range now {
			check(floats.Sum(x) / math.Sqrt(n*h))
			check((floats.Dot(x, x)/(n*h) - 1) / math.Sqrt(2/n))
			if previous[i] == nil {
				previous[i], path[i], quadratic[i] = make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
			} else if norm := floats.Norm(previous[i], 2); norm > 0 {
				check(floats.Dot(x, previous[i]) / norm / math.Sqrt(h))
			}
			if a.accepted {
				copy(previous[i], x)
				floats.Add(path[i], x)
				for j, v := range x {
					quadratic[i][j] += v * v
				}
			}
		}
		if a.accepted {
			squares += h * h
		}
	})
	for i, w := range path {
		n := float64(len(w))
		check(floats.Sum(w) / math.Sqrt(n))
		check((floats.Dot(w, w)/n - 1) / math.Sqrt(2/n))
		check((floats.Sum(quadratic[i])/n - 1) / math.Sqrt(2*squares/n))
	}
	return worst, statistics
}

// alarm is the number of standard deviations from which a statistic fails a test.
// One that is normal does so with probability 5.7e-7.
const alarm = 5

// TestBrownianLaw: for 100 000 paths forced to reject, the increments of every
// attempt and the paths have the law of Brownian motion, if noise is drawn step by
// step and if it begins with a path of the user's own, of the same law, and goes on
// with a grid. With at most 500 statistics the probability of a false alarm, over
// seeds, is 2.9e-4.
func TestBrownianLaw(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	const paths = 100_000
	rng := rand.New(rand.NewPCG(1, 2))
	total := 0
	path, err := (&Noise{Seed: 99, Grid: 3}).Sample(paths, 1, 0, 0.6)
	if err != nil {
		t.Fatal(err)
	}
	path[1].DZ = nil
	for i, noise := range []Noise{{Grid: -1}, {Path: path, Grid: 5}} {
		noise.Seed = uint64(i)
		worst, n := randomSchedule(rng).largestDeviation(startBrownian(t, paths, 1, true, &noise, 0, 1))
		total += n
		if worst > alarm {
			t.Errorf("noise %d: a statistic of %d is off by %.1f standard deviations, expected at most %v", i, n, worst, alarm)
		}
	}
	if total < 300 || total > 500 {
		t.Errorf("%d statistics, expected 300 to 500", total)
	}
}

// TestSelectedSteps rejects steps for their noise, as an adaptive method does: the
// path keeps its law although noise that is left as it is was selected to be
// small. The values at two times have mean 0, variance t and kurtosis 3; statistics
// 6, probability of a false alarm 3.4e-6.
func TestSelectedSteps(t *testing.T) {
	if worst := selectedSteps(t, func(b *brownian, to float64) { b.reject(to) }); worst > alarm {
		t.Errorf("a statistic is off by %.1f standard deviations, expected at most %v", worst, alarm)
	}
	// Draw anew instead of taking the bridge: the paths spread too little.
	forget := func(b *brownian, to float64) {
		b.prepare(b.to + (to - b.from)) // a fresh increment of the same length
	}
	if worst := selectedSteps(t, forget); worst < 2*alarm {
		t.Errorf("without memory: all statistics within %.1f standard deviations, expected the test to notice", worst)
	}
}

// selectedSteps takes steps of length 1/8 that are retried at half their length
// while |ΔW| > √h, and returns the largest deviation of the paths.
func selectedSteps(t *testing.T, retry func(b *brownian, to float64)) float64 {
	const paths = 10_000
	b := newBrownian(1, 1, false)
	half, end := make([]float64, paths), make([]float64, paths)
	for i := range paths {
		// A path may need more time than [0, 1] if it is to be drawn anew.
		if err := b.start(&Noise{Seed: uint64(i), Grid: -1}, 0, 1); err != nil {
			t.Fatal(err)
		}
		w := 0.0
		for at := 0.0; at < 1; {
			h := min(1./8, 1-at)
			if at < 0.5 {
				h = min(h, 0.5-at)
			}
			b.prepare(b.to + h)
			for math.Abs(b.dW()[0]) > math.Sqrt(h) && h > 1e-3 {
				h /= 2
				retry(b, b.from+h)
			}
			at += h
			w += b.dW()[0]
			if at == 0.5 {
				half[i] = w
			}
		}
		end[i] = w
	}
	var worst float64
	for _, x := range []struct {
		values []float64
		t      float64
	}{{half, 0.5}, {end, 1}} {
		n := float64(paths)
		mean, sd := stat.Mean(x.values, nil), math.Sqrt(stat.Moment(2, x.values, nil))
		worst = max(worst, math.Abs(mean)/math.Sqrt(x.t/n))
		worst = max(worst, math.Abs(sd*sd/x.t-1)/math.Sqrt(2/n))
		worst = max(worst, math.Abs(stat.Moment(4, x.values, nil)/math.Pow(sd, 4)-3)/math.Sqrt(24/n))
	}
	return worst
}

// TestPiecesSumToTheWhole: over the time of a step that was rejected, the steps
// that are taken in its place have its increment and its integral of W.
func TestPiecesSumToTheWhole(t *testing.T) {
	b := startBrownian(t, 3, 2, true, &Noise{Seed: 4, Grid: -1}, 0, 1)
	integral := func() []float64 { // I(1,0)
		x := slices.Clone(b.dW())
		floats.AddScaled(x, 1/math.Sqrt(3), b.dZ())
		floats.Scale((b.to-b.from)/2, x)
		return x
	}
	b.prepare(0.125)
	b.prepare(0.8)
	w, i := slices.Clone(b.dW()), integral()
	sumW, sumI := make([]float64, 6), make([]float64, 6)
	accept := func() {
		floats.AddScaled(sumI, b.to-b.from, sumW)
		floats.Add(sumI, integral())
		floats.Add(sumW, b.dW())
	}
	b.reject(0.7)
	b.reject(0.3)
	accept()
	b.prepare(0.75)
	b.reject(0.7) // known
	b.reject(0.31)
	accept()
	b.prepare(0.8)
	accept()
	if !floats.EqualApprox(sumW, w, 1e-15) || !floats.EqualApprox(sumI, i, 1e-15) {
		t.Errorf("the steps have W = %v and ∫W = %v, expected %v and %v as over the rejected step", sumW, sumI, w, i)
	}
}

// TestGridFixesPath: at the times of the grid, W is the same whatever steps are
// tried, with Z or without.
func TestGridFixesPath(t *testing.T) {
	const grid = 16
	noise := &Noise{Seed: 7, Grid: grid}
	rng := rand.New(rand.NewPCG(3, 4))
	want := make([][]float64, grid+1)
	want[0] = make([]float64, 6)
	b := startBrownian(t, 2, 3, false, noise, 0, 1)
	for i := 1; i <= grid; i++ {
		b.prepare(float64(i) / grid)
		want[i] = floats.AddTo(make([]float64, 6), want[i-1], b.dW())
	}
	for range 20 {
		b := startBrownian(t, 2, 3, rng.IntN(2) == 0, noise, 0, 1)
		from := make([]float64, 6)
		randomSchedule(rng).run(b, func(a attempt) {
			if !a.accepted {
				return
			}
			for i, w := range want {
				if at := float64(i) / grid; at >= a.from && at <= a.to {
					got := floats.AddTo(make([]float64, 6), b.fill(at), from)
					if !floats.EqualApprox(got, w, 1e-14) {
						t.Errorf("W(%v) = %v, expected %v", at, got, w)
					}
				}
			}
			floats.Add(from, b.dW())
		})
	}
}

// TestGridOfAnySpan: rounding of the times of steps and grid does not leave gaps
// or slivers between them.
func TestGridOfAnySpan(t *testing.T) {
	for _, span := range [][2]float64{{0, 1}, {0.1, 0.7}, {-3, 1e-3}, {1e6, 1e6 + 1}} {
		const grid = 48
		noise := &Noise{Seed: 7, Grid: grid}
		path, err := noise.Sample(1, 1, span[0], span[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, per := range []int{1, 3, 4} { // intervals a step
			b := startBrownian(t, 1, 1, true, noise, span[0], span[1])
			at, h := span[0], (span[1]-span[0])*float64(per)/grid
			for i := 0; i < grid; i += per {
				at += h
				b.prepare(at)
				var w, z float64
				for j, in := range path[i : i+per] {
					n := float64(j) // intervals before
					z = (n*z + in.DZ[0] + math.Sqrt(3)*(w-n*in.DW[0])) / (n + 1)
					w += in.DW[0]
				}
				if b.dW()[0] != w || math.Abs(b.dZ()[0]-z) > 1e-7*math.Sqrt(h) {
					t.Fatalf("span %v, %d intervals a step: ΔW, ΔZ = %v, %v at %v, expected %v, %v", span, per, b.dW()[0], b.dZ()[0], at, w, z)
				}
				if len(b.present) != per || len(b.future) != 0 {
					t.Fatalf("span %v: a step of %d pieces and %d beyond it, expected %d and 0", span, len(b.present), len(b.future), per)
				}
			}
		}
	}
}

// TestRowsAreIndependent: the noise of a row depends on its key, not on the batch.
func TestRowsAreIndependent(t *testing.T) {
	const cols = 3
	steps := randomSchedule(rand.New(rand.NewPCG(5, 6)))
	for _, grid := range []int{0, -1} {
		paths := func(keys ...uint64) map[uint64][]float64 {
			b := startBrownian(t, len(keys), cols, true, &Noise{Seed: 1, Keys: keys, Grid: grid}, 0, 1)
			noise := map[uint64][]float64{}
			steps.run(b, func(attempt) {
				for r, k := range keys {
					noise[k] = append(noise[k], b.dW()[r*cols:(r+1)*cols]...)
					noise[k] = append(noise[k], b.dZ()[r*cols:(r+1)*cols]...)
				}
			})
			return noise
		}
		batch := paths(0, 17, 1<<63, 4)
		for key, want := range batch {
			if got := paths(key)[key]; !slices.Equal(got, want) {
				t.Errorf("key %d alone has noise %v, in a batch %v", key, got[:4], want[:4])
			}
		}
		if got := paths(4, 0, 3)[0]; !slices.Equal(got, batch[0]) {
			t.Errorf("key 0 in another place has noise %v, expected %v", got[:4], batch[0][:4])
		}
	}
	// nil keys are row numbers.
	a := startBrownian(t, 3, 1, false, &Noise{Seed: 8}, 0, 1)
	b := startBrownian(t, 3, 1, false, &Noise{Seed: 8, Keys: []uint64{0, 1, 2}}, 0, 1)
	a.prepare(0.3)
	b.prepare(0.3)
	if !slices.Equal(a.dW(), b.dW()) {
		t.Errorf("without keys ΔW = %v, expected %v as with the numbers of rows", a.dW(), b.dW())
	}
}

// TestNeighbouringStreams: the first draws of neighbouring seeds and keys are
// independent and normal. Statistics 6, probability of a false alarm 3.4e-6.
func TestNeighbouringStreams(t *testing.T) {
	const n = 20_000
	byKey := startBrownian(t, n, 1, false, &Noise{}, 0, 1)
	byKey.prepare(1)
	bySeed := make([]float64, n)
	b := newBrownian(1, 1, false)
	for i := range bySeed {
		if err := b.start(&Noise{Seed: uint64(i), Grid: 1}, 0, 1); err != nil {
			t.Fatal(err)
		}
		b.prepare(1)
		bySeed[i] = b.dW()[0]
	}
	for name, x := range map[string][]float64{"keys": byKey.dW(), "seeds": bySeed} {
		for what, z := range map[string]float64{
			"mean":        floats.Sum(x) / math.Sqrt(n),
			"variance":    (floats.Dot(x, x)/n - 1) / math.Sqrt(2./n),
			"correlation": floats.Dot(x[1:], x[:n-1]) / math.Sqrt(n),
		} {
			if math.Abs(z) > alarm {
				t.Errorf("%s of neighbouring %s is off by %.1f standard deviations", what, name, z)
			}
		}
	}
}

// TestFill reads the path inside of an accepted step: at known times what is known,
// between them the bridge, without changing the steps to come.
func TestFill(t *testing.T) {
	for _, useZ := range []bool{false, true} {
		var next [2][]float64
		for i, read := range []bool{false, true} {
			b := startBrownian(t, 1, 2, useZ, &Noise{Seed: 3, Grid: 4}, 1, 2)
			b.prepare(1.75)
			known := slices.Clone(b.present[0].dw)
			b.reject(1.7)
			b.reject(1.625)
			dw := slices.Clone(b.dW())
			if read {
				w := b.fill(1)
				if w[0] != 0 || w[1] != 0 {
					t.Errorf("W(1) - W(1) = %v, expected 0", w)
				}
				w = slices.Clone(b.fill(1.125))
				again := b.fill(1.125)
				if !slices.Equal(again, w) || w[0] == known[0]/2 {
					t.Errorf("W(1.125) - W(1) = %v, read again %v, expected one value of a bridge over %v", w, again, known)
				}
				if w = b.fill(1.25); !floats.EqualApprox(w, known, 1e-15) {
					t.Errorf("W(1.25) - W(1) = %v, expected %v as known", w, known)
				}
				b.fill(1.4)
				if w = b.fill(1.625); !floats.EqualApprox(w, dw, 1e-15) {
					t.Errorf("W(1.625) - W(1) = %v, expected %v at the end of the step", w, dw)
				}
			}
			for _, to := range []float64{1.69, 1.9, 2} {
				b.prepare(to)
				next[i] = append(append(next[i], b.dW()...), b.dZ()...)
			}
		}
		if !slices.Equal(next[0], next[1]) {
			t.Errorf("steps after a fill have %v, without it %v", next[1], next[0])
		}
	}
}

// TestFillHasTheIntegral: what is filled in sums to I(1,0) of the step up to the
// error of the rectangle rule, of deviation h√(1/12n²) here, whatever pieces the
// step is made of. An independent Z would be off by h√(1/12) = 0.29.
func TestFillHasTheIntegral(t *testing.T) {
	const n, paths = 400, 1000
	for _, grid := range []int{-1, 3, 64} {
		b := startBrownian(t, paths, 1, true, &Noise{Seed: 8, Grid: grid}, 0, 1)
		b.prepare(0.9)
		b.reject(0.7) // through a known piece
		b.reject(0.6)
		h := 0.6
		integral := make([]float64, paths)
		for i := range n {
			floats.AddScaled(integral, h/n, b.fill((float64(i)+0.5)*h/n))
		}
		worst := 0.0
		for i, z := range b.dZ() {
			worst = max(worst, math.Abs(integral[i]-h*(b.dW()[i]+z/math.Sqrt(3))/2))
		}
		if worst > 5*math.Sqrt(h)*h/(math.Sqrt(12)*n) {
			t.Errorf("grid %d: ∫W of the path that is filled in is off by %v", grid, worst)
		}
	}
}

// TestSteadyStateAllocatesNothing, neither in steps nor in solves.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	noise := &Noise{Seed: 1, Grid: 10}
	b := startBrownian(t, 4, 2, true, noise, 0, 1)
	steps := randomSchedule(rand.New(rand.NewPCG(7, 8)))
	solve := func() {
		if err := b.start(noise, 0, 1); err != nil {
			t.Fatal(err)
		}
		steps.run(b, func(attempt) {})
	}
	solve()
	if n := testing.AllocsPerRun(10, solve); n != 0 {
		t.Errorf("%v allocations a solve, expected none", n)
	}
}

func BenchmarkBrownian(b *testing.B) {
	noise := &Noise{Grid: -1}
	p := startBrownian(b, 512, 32, true, noise, 0, 1)
	to := 0.0
	for b.Loop() {
		to++
		p.prepare(to)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*512*32), "ns/normal")
}

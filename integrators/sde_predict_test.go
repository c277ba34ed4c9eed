package integrators

import (
	"math"
	"slices"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

var adaptiveSRI = []*SRI{SOSRI, SOSRI2, SRIW1}

// TestSDEFollowsThePlainLoop compares every attempted step of adaptive solves of
// matrix states with one on plain slices.
func TestSDEFollowsThePlainLoop(t *testing.T) {
	rejected := 0
	for _, m := range adaptiveSRI {
		for _, s := range []struct {
			what     string
			p        stochastic
			rows     int
			tol      float64
			noise    *Noise
			settings Settings
		}{
			{"of the default noise", cubicStep(), 3, 0.05, nil, Settings{}},
			{"from another time", noisyPulse().over(0.3, 0.8), 4, 0.1, &Noise{Seed: 7}, Settings{}},
			{"drawn step by step", noisyPulse(), 6, 0.1, &Noise{Seed: 8, Grid: -1}, Settings{}},
			{"with keys", spiralSDE().over(0, 0.5), 3, 0.2, &Noise{Seed: 9, Keys: []uint64{4, 4, 1 << 60}}, Settings{}},
			{"with a first step that is too long", spiralSDE().over(0, 0.25), 3, 0.1, &Noise{Seed: 1}, Settings{InitialStep: 0.25}},
			{"with one that is too long, drawn step by step", spiralSDE().over(1, 1.3), 3, 0.1, &Noise{Seed: 2, Grid: -1}, Settings{InitialStep: 0.3}},
			{"of additive noise", ornsteinUhlenbeck(2, 3).over(-1, 0), 5, 0.05, nil, Settings{}},
		} {
			s.settings.AbsTol, s.settings.RelTol, s.settings.Record = s.tol, s.tol, true
			o := newSDE(t, m, s.p, s.noise, &s.settings)
			u := repeatRows(s.p.Stochastic, s.rows)
			for i := range u {
				u[i] += float64(i%5)/5 - 0.3
			}
			got := predictFrom(t, o, rows(s.rows, u...))
			if err := followSDE(got, o, s.p, u, s.tol); err != nil {
				t.Errorf("%s, %s %s: %v", m.Name, s.p.Name, s.what, err)
			}
			if s.settings.InitialStep > 0 && got.Steps[0].Accepted {
				t.Errorf("%s, %s %s: accepted", m.Name, s.p.Name, s.what)
			}
			rejected += got.Rejected
		}
	}
	if rejected < 20 {
		t.Errorf("only %d rejected steps: nothing said about rejection", rejected)
	}
}

// followSDE takes the steps of an adaptive solution again on plain slices, from u
// with the noise of the solver. Times and sizes must be exactly what the control
// says after the errors of the solution; errors and stiffness agree up to
// rounding.
func followSDE(got *Solution, o *Solver, p stochastic, u []float64, tol float64) error {
	const hmin = 1e-10
	m, hmax := o.method.(*SRI), p.T1-p.T0
	rows := len(u) / len(p.Y0)
	control, err := newSDEControl(nil, m.StrongOrder)
	if err != nil {
		return err
	}
	path := newBrownian(rows, len(p.Y0), m.UsesZ())
	if err := path.start(&o.noise, p.T0, p.T1); err != nil {
		return err
	}
	t, h := p.T0, got.Steps[0].H
	if want := min(hmax, plainSDEFirstStep(m, p.Stochastic, u, tol, hmin, hmax)); o.settings.InitialStep == 0 && !near(h, want, 1e-12) {
		return errors.Errorf("first step %v, expected %v", h, want)
	}
	step := newPlainSRI(m, p.Stochastic, rows)
	accepted, rejected := 0, false
	for i, g := range got.Steps {
		end := min(t+limitStep(h, hmin, hmax), p.T1)
		h = end - t
		if g.T != t || g.H != h {
			return errors.Errorf("step %d from %v of size %v, expected from %v of size %v", i, g.T, g.H, t, h)
		}
		if rejected {
			path.reject(t + h)
		} else {
			path.prepare(t + h)
		}
		step.take(t, h, u, path.dW(), path.dZ())
		if e := step.scaledError(u, tol); !near(g.E, e, 1e-12) {
			return errors.Errorf("step %d with E = %v, expected %v", i, g.E, e)
		}
		if m.EstimatesStiffness() {
			if s := step.stiffness(m.StiffStages[0], m.StiffStages[1]); !near(g.S, s, 1e-10) {
				return errors.Errorf("step %d with S = %v, expected %v", i, g.S, s)
			}
		}
		if g.Accepted != (g.E <= 1) {
			return errors.Errorf("step %d with E = %v: accepted is %v", i, g.E, g.Accepted)
		}
		if rejected = !g.Accepted; rejected {
			h = control.reject(g.E, h)
			continue
		}
		accepted++
		t += h
		copy(u, step.u1)
		h = control.accept(g.E, h)
	}
	if got.Accepted != accepted || got.Rejected != len(got.Steps)-accepted {
		return errors.Errorf("%d accepted, %d rejected, expected %d, %d", got.Accepted, got.Rejected, accepted, len(got.Steps)-accepted)
	}
	if z := value.Float64s(got.Z); !floats.EqualApprox(z, u, 1e-12*(1+floats.Norm(u, 2))) || math.Abs(t-p.T1) > 1e-14 {
		return errors.Errorf("ends at %v in %v, expected at %v in %v", t, z, p.T1, u)
	}
	return nil
}

// TestFixedSRIStepsFollowThePlainLoop, for methods without an error estimate too.
func TestFixedSRIStepsFollowThePlainLoop(t *testing.T) {
	const n = 13
	for _, m := range sdeMethods {
		for _, p := range []stochastic{cubicStep(), noisyPulse().over(0.3, 0.8), spiralSDE().over(0, 0.2)} {
			got := value.Float64s(predictFrom(t, newSDE(t, m, p, &Noise{Seed: 3}, &Settings{FixedSteps: n}), p.start(3)).Z)

			path := startBrownian(t, 3, len(p.Y0), m.UsesZ(), &Noise{Seed: 3}, p.T0, p.T1)
			step := newPlainSRI(m, p.Stochastic, 3)
			u := repeatRows(p.Stochastic, 3)
			h := (p.T1 - p.T0) / n
			for i := range n {
				path.prepare(p.T0 + float64(i+1)*h)
				step.take(p.T0+float64(i)*h, h, u, path.dW(), path.dZ())
				copy(u, step.u1)
			}
			if !floats.EqualApprox(got, u, 1e-12*(1+floats.Norm(u, 2))) {
				t.Errorf("%s, %s: ends in %v, expected %v", m.Name, p.Name, got, u)
			}
		}
	}
}

// TestSDENFE: the choice of the first step costs two evaluations of drift and
// diffusion each, an attempt those of the method, accepted or not.
func TestSDENFE(t *testing.T) {
	for _, tt := range []struct {
		method           *SRI
		drift, diffusion int
	}{{SOSRI, 4, 4}, {SOSRI2, 4, 4}, {SRIW1, 2, 4}, {Milstein, 1, 2}, {EulerMaruyama, 1, 1}} {
		for _, set := range []Settings{
			{},
			{AbsTol: 0.3, RelTol: 0.3, InitialStep: 1}, // too long
			{FixedSteps: 17},
			{FixedSteps: 17, SaveAt: []float64{0.1, 0.9}},
			{AbsTol: 0.3, RelTol: 0.3, SaveAt: []float64{0.1, 0.9}},
		} {
			if set.FixedSteps == 0 && !tt.method.Adaptive() {
				continue
			}
			o := newSDE(t, tt.method, cubicStep(), nil, &set)
			sol := predictFrom(t, o, rows(2, 1, 2, 3, 4))
			once := 0
			if set.FixedSteps == 0 && set.InitialStep == 0 {
				once = 2
			}
			attempts := sol.Accepted + sol.Rejected
			if sol.NFE != once+tt.drift*attempts || sol.DiffusionNFE != once+tt.diffusion*attempts {
				t.Errorf("%s, %+v: %d evaluations of the drift, %d of the diffusion in %d attempts, expected %d + %d and %d + %d times as many",
					tt.method.Name, set, sol.NFE, sol.DiffusionNFE, attempts, once, tt.drift, once, tt.diffusion)
			}
			if set.InitialStep > 0 && tt.method != SRIW1 && sol.Rejected == 0 {
				t.Errorf("%s: no rejected step in the count", tt.method.Name)
			}
			if o.Last().Stats != sol.Stats {
				t.Errorf("%s: statistics %+v, those of the last solve %+v", tt.method.Name, sol.Stats, o.Last().Stats)
			}
		}
	}
}

// TestIdentityAsField: drift or diffusion that hand the state on as it is, the
// same node, are multiplied like any other.
func TestIdentityAsField(t *testing.T) {
	identity := func(_ *expr, z *gorgonia.Node) *gorgonia.Node { return z }
	for _, m := range sdeMethods {
		for _, p := range [][2]vectorField{{identity, identity}, {identity, scaled(1)}, {scaled(1), identity}} {
			var ends [2]float64
			for i, fields := range [][2]vectorField{{scaled(1), scaled(1)}, p} {
				q := geometricBrownian(1, 1)
				q.f, q.g = fields[0], fields[1]
				ends[i] = value.Scalar(predictFrom(t, newSDE(t, m, q, nil, &Settings{FixedSteps: 5}), row(1)).Z)
			}
			if !near(ends[1], ends[0], 1e-14) {
				t.Errorf("%s: ends in %v, expected %v", m.Name, ends[1], ends[0])
			}
		}
	}
}

// TestRejectedNoiseIsKept: a solve that rejects its first, far too long step
// goes along the path of the solve that samples the same noise beforehand, and
// along that of its accepted steps one by one.
func TestRejectedNoiseIsKept(t *testing.T) {
	const t1 = 0.5
	p := spiralSDE().over(0, t1)
	z0 := rows(2, 2, 0, 1, -1)
	for _, m := range adaptiveSRI {
		set := &Settings{AbsTol: 0.05, RelTol: 0.05, InitialStep: t1, Record: true}
		noise := &Noise{Seed: 5}
		sol := predictFrom(t, newSDE(t, m, p, noise, set), z0)
		end := value.Float64s(sol.Z)
		if sol.Rejected == 0 {
			t.Errorf("%s: no step was rejected", m.Name)
		}

		path, err := noise.Sample(2, 2, 0, t1)
		if err != nil {
			t.Fatal(err)
		}
		again := predictFrom(t, newSDE(t, m, p, &Noise{Seed: 5, Path: path, Grid: -1}, set), z0)
		if !slices.Equal(value.Float64s(again.Z), end) || !slices.Equal(again.Steps, sol.Steps) {
			t.Errorf("%s: over a sampled path ends in %v, expected %v", m.Name, value.Float64s(again.Z), end)
		}

		b := startBrownian(t, 2, 2, true, noise, 0, t1)
		o := newSDE(t, m, p, nil, &Settings{FixedSteps: 1})
		z, retry := z0, false
		for _, s := range sol.Steps {
			if retry {
				b.reject(s.T + s.H)
			} else {
				b.prepare(s.T + s.H)
			}
			if retry = !s.Accepted; retry {
				continue
			}
			o.noise.Path = []Increment{{Length: s.H, DW: slices.Clone(b.dW()), DZ: slices.Clone(b.dZ())}}
			if err := o.SetSpan(0, s.H); err != nil {
				t.Fatal(err)
			}
			step := predictFrom(t, o, z)
			z = rows(2, value.Float64s(step.Z)...)
		}
		if got := value.Float64s(z); !slices.Equal(got, end) {
			t.Errorf("%s: the accepted steps one by one end in %v, expected %v", m.Name, got, end)
		}
	}
}

// TestSeeds: a seed gives one solution, another seed another.
func TestSeeds(t *testing.T) {
	for _, set := range []Settings{{AbsTol: 0.1, RelTol: 0.1}, {FixedSteps: 9}} {
		o := newSDE(t, SOSRI, cubicStep(), &Noise{Seed: 1}, &set)
		solve := func() []float64 {
			return value.Float64s(predictFrom(t, o, rows(2, 1, 2, 3, 4)).Z)
		}
		first := solve()
		if again := solve(); !slices.Equal(again, first) {
			t.Errorf("%v the first time, %v the second", first, again)
		}
		o.SetSeed(2)
		if other := solve(); slices.Equal(other, first) {
			t.Errorf("seeds 1 and 2 both end in %v", other)
		}
		o.SetSeed(1)
		if again := solve(); !slices.Equal(again, first) {
			t.Errorf("%v with the seed set again, expected %v", again, first)
		}
	}
}

// TestBatchPosition: with fixed steps a trajectory is the same alone and in any
// batch, if it keeps its key.
func TestBatchPosition(t *testing.T) {
	states := map[uint64][]float64{0: {1, 2}, 7: {-1, 0.5}, 1 << 40: {0.1, 0}, 3: {2, -2}}
	solve := func(m *SRI, keys ...uint64) map[uint64][]float64 {
		var z0 []float64
		for _, k := range keys {
			z0 = append(z0, states[k]...)
		}
		o := newSDE(t, m, spiralSDE().over(0, 0.3), &Noise{Seed: 11, Keys: keys}, &Settings{FixedSteps: 30})
		z := value.Float64s(predictFrom(t, o, rows(len(keys), z0...)).Z)
		ends := map[uint64][]float64{}
		for i, k := range keys {
			ends[k] = z[2*i : 2*i+2]
		}
		return ends
	}
	for _, m := range sdeMethods {
		batch := solve(m, 3, 7, 0, 1<<40)
		for k, want := range batch {
			if got := solve(m, k)[k]; !floats.EqualApprox(got, want, 1e-14) {
				t.Errorf("%s: key %d alone ends in %v, in a batch %v", m.Name, k, got, want)
			}
			if got := solve(m, 7, 1<<40, 3, 0)[k]; !floats.EqualApprox(got, want, 1e-14) {
				t.Errorf("%s: key %d elsewhere ends in %v, expected %v", m.Name, k, got, want)
			}
		}
	}
	// A part of a batch, with the keys that its rows have in the whole.
	o := newSDE(t, SOSRI, spiralSDE().over(0, 0.3), nil, &Settings{FixedSteps: 30})
	whole := value.Float64s(predictFrom(t, o, spiralSDE().start(3)).Z)
	o.SetKeys([]uint64{1, 2})
	if part := value.Float64s(predictFrom(t, o, spiralSDE().start(2)).Z); !floats.EqualApprox(part, whole[2:], 1e-14) {
		t.Errorf("rows 1 and 2 end in %v, in the batch in %v", part, whole[2:])
	}
	o.SetKeys(nil)
	if again := value.Float64s(predictFrom(t, o, spiralSDE().start(3)).Z); !slices.Equal(again, whole) {
		t.Errorf("without keys again it ends in %v, expected %v", again, whole)
	}

	// Rows of the same key and start have the same path.
	o = newSDE(t, SOSRI, spiralSDE(), &Noise{Keys: []uint64{5, 5, 6}}, &Settings{AbsTol: 0.3, RelTol: 0.3})
	z := value.Float64s(predictFrom(t, o, spiralSDE().start(3)).Z)
	if !slices.Equal(z[:2], z[2:4]) || slices.Equal(z[:2], z[4:]) {
		t.Errorf("rows of keys 5, 5 and 6 end in %v, expected the first two to be equal", z)
	}
}

// TestSDEInFloat32 follows the solve in double precision.
func TestSDEInFloat32(t *testing.T) {
	for _, m := range sdeMethods {
		o := newSDE(t, m, spiralSDE(), &Noise{Seed: 6}, &Settings{FixedSteps: 100})
		want := value.Float64s(predictFrom(t, o, spiralSDE().start(3)).Z)
		z0 := value.New(tensor.Float32, 3, 2)
		value.SetFloat64s(z0, []float64{2, 0, 2, 0, 2, 0})
		sol := predictFrom(t, o, z0)
		if got := value.Float64s(sol.Z); sol.Z.Dtype() != tensor.Float32 || floats.Distance(got, want, math.Inf(1)) > 1e-4 {
			t.Errorf("%s: ends in %v of %v, in double precision %v", m.Name, got, sol.Z.Dtype(), want)
		}
	}
}

// TestMilsteinOnAdditiveNoise: a diffusion that depends on time alone leaves no
// correction, so the method coincides with that of Euler and Maruyama, however fast
// it changes.
func TestMilsteinOnAdditiveNoise(t *testing.T) {
	p := ornsteinUhlenbeck(1, 0.5)
	p.g = func(e *expr, z *gorgonia.Node) *gorgonia.Node {
		at := e.do(e.s.Time)
		return e.add(e.scale(0, z), e.scale(0.5, e.shift(1, e.apply(gorgonia.Sin, e.scale(20, at)))))
	}
	for _, n := range []int{1, 4, 32} {
		var ends [2][]float64
		for i, m := range []*SRI{EulerMaruyama, Milstein} {
			ends[i] = value.Float64s(predictFrom(t, newSDE(t, m, p, &Noise{Seed: 3}, &Settings{FixedSteps: n}), p.start(20)).Z)
		}
		if !floats.EqualApprox(ends[1], ends[0], 1e-14) {
			t.Errorf("%d steps: Milstein ends in %v, expected %v as Euler–Maruyama", n, ends[1], ends[0])
		}
	}
}

package optim

import (
	"math"

	"github.com/pkg/errors"
)

// A Schedule lets the learning rate follow the number of the step: step n = 1,
// 2, … is taken at the rate LearnRate·Factor(n). Factor must be finite and not
// negative, and depend on n alone, so that a run that is resumed goes on with
// it.
type Schedule interface{ Factor(n int) float64 }

var _, _, _, _, _ Schedule = Constant(1), Inverse{}, StepDecay{}, Cosine{}, WarmUp{}

// Constant is the same factor for all steps.
type Constant float64

// Factor returns c.
func (c Constant) Factor(int) float64 { return float64(c) }

// Inverse falls as 1/(1 + Gamma·n).
type Inverse struct {
	Gamma float64 // γ ≥ 0
}

// Factor returns 1/(1 + γn).
func (s Inverse) Factor(n int) float64 { return 1 / (1 + s.Gamma*float64(n)) }

func (s Inverse) check() error { return checkRate("Inverse: Gamma", s.Gamma) }

// StepDecay falls by a factor at regular intervals, to Ratioᵏ after k·Every
// steps.
type StepDecay struct {
	Every int     // number of steps between falls, at least 1
	Ratio float64 // factor of each fall, default 0.1
}

// Factor returns Ratioᵏ, k = ⌊(n-1)/Every⌋.
func (s StepDecay) Factor(n int) float64 {
	ratio := s.Ratio
	if ratio == 0 {
		ratio = 0.1
	}
	return math.Pow(ratio, float64((n-1)/max(1, s.Every)))
}

func (s StepDecay) check() error {
	if s.Every < 1 {
		return errors.Errorf("optim: StepDecay: Every = %d, expected at least one step", s.Every)
	}
	return checkRate("StepDecay: Ratio", s.Ratio)
}

// Cosine falls from 1 to Final along half a cosine, and stays there: Loshchilov
// and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
// Eq. 5, without restarts.
type Cosine struct {
	Steps int     // number of steps until Final is reached, at least 1
	Final float64 // last factor, default 0
}

// Factor returns Final + (1-Final)(1 + cos(π(n-1)/Steps))/2 up to step Steps,
// Final from the next one on.
func (s Cosine) Factor(n int) float64 {
	if n > s.Steps {
		return s.Final
	}
	return s.Final + (1-s.Final)*(1+math.Cos(math.Pi*float64(n-1)/float64(s.Steps)))/2
}

func (s Cosine) check() error {
	if s.Steps < 1 {
		return errors.Errorf("optim: Cosine: Steps = %d, expected at least one", s.Steps)
	}
	return checkRate("Cosine: Final", s.Final)
}

// WarmUp rises linearly over its first steps, to 1 in step Steps, and then
// follows another schedule from its beginning.
type WarmUp struct {
	Steps int      // number of steps of the rise, at least 1
	Then  Schedule // schedule after the rise, default Constant(1)
}

// Factor returns n/Steps, and that of Then at n-Steps beyond.
func (s WarmUp) Factor(n int) float64 {
	switch {
	case n <= s.Steps:
		return float64(n) / float64(s.Steps)
	case s.Then == nil:
		return 1
	}
	return s.Then.Factor(n - s.Steps)
}

func (s WarmUp) check() error {
	if s.Steps < 1 {
		return errors.Errorf("optim: WarmUp: Steps = %d, expected at least one", s.Steps)
	}
	return checkSchedule(s.Then)
}

// checkSchedule fails if a field of a schedule of this package is out of range.
func checkSchedule(s Schedule) error {
	if c, ok := s.(interface{ check() error }); ok {
		return c.check()
	}
	return nil
}

func checkRate(name string, v float64) error {
	if !validRate(v) {
		return errors.Errorf("optim: %s = %v, expected a finite number ≥ 0", name, v)
	}
	return nil
}

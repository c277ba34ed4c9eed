package optim

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/exclusive"
)

var (
	// ErrNoGradient is the cause of a Step that found a parameter without a
	// gradient: it was not differentiated, or the graph has not been run.
	ErrNoGradient = errors.New("no gradient")

	// ErrNonFinite is the cause of a Step that found NaN or an infinity in a
	// gradient.
	ErrNonFinite = errors.New("non-finite gradient")
)

// Settings is what all rules share. The zero value, and nil in its place,
// stands for the defaults.
type Settings struct {
	LearnRate      float64  // η, default the rule's, as in Flux
	Schedule       Schedule // schedule of the learning rate, default nil: constant
	Clip           float64  // largest 2-norm of the gradient over all parameters, default 0: no clipping
	WeightDecay    float64  // w of the L2 term w·x added to the gradient, default 0
	DecoupledDecay float64  // λ of the term η·λ·x taken off x beside the update, as in AdamW, default 0
	InverseDecay   float64  // γ of the factor 1/(1+γn) on the gradient of step n, default 0
}

// Solver drives a Rule. It implements gorgonia.Solver and Optimizer. A Solver
// belongs to one model, as its state has one entry for each parameter, and is for
// one goroutine at a time: a step that begins during another fails with the
// cause graph.ErrInUse.
type Solver struct {
	use      exclusive.Use
	rule     Rule
	settings Settings // settings, with the learning rate in force

	steps         int         // number of steps taken so far
	first, second [][]float64 // moments, one vector for each parameter; nil before the first step

	params  []parameter // parameters of the step being taken
	changed []changing  // those of them that others may read
	delta   [512]float64
}

// New returns a solver for the rule. It returns an error that names the field
// if one of the rule's fields or of the settings is out of range.
func New(rule Rule, settings *Settings) (*Solver, error) {
	if rule == nil {
		return nil, errors.New("optim: no rule, expected Momentum, Adam, AdaMax, AdaBelief or one of your own")
	}
	learnRate := 0.001
	if ours, ok := asStock(rule); ok {
		var err error
		if rule, err = ours.withDefaults(); err != nil {
			return nil, err
		}
		learnRate = ours.defaultLearnRate()
	} else if err := checkName(rule.Name()); err != nil {
		return nil, err
	}
	s := &Solver{rule: rule}
	if settings != nil {
		s.settings = *settings
	}
	if s.settings.LearnRate == 0 {
		s.settings.LearnRate = learnRate
	}
	if err := s.settings.check(rule.Name()); err != nil {
		return nil, err
	}
	return s, nil
}

// checkName fails unless the state of a rule of that name is told from others.
func checkName(name string) error {
	if name == "" {
		return errors.New("optim: a rule without a name, expected one that its states are known by")
	}
	if slices.ContainsFunc(rules, func(r stock) bool { return strings.EqualFold(name, r.Name()) }) {
		return errors.Errorf("optim: rule %q, expected another name than that of a rule of this package", name)
	}
	return nil
}

// secondMoment reports whether the rule keeps a second state vector.
func (s *Solver) secondMoment() bool {
	ours, ok := asStock(s.rule)
	return !ok || ours.secondMoment()
}

func (s *Settings) check(rule string) error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"LearnRate", s.LearnRate},
		{"Clip", s.Clip},
		{"WeightDecay", s.WeightDecay},
		{"DecoupledDecay", s.DecoupledDecay},
		{"InverseDecay", s.InverseDecay},
	} {
		if !validRate(f.value) {
			return errors.Errorf("optim: %s: %s = %v, expected a finite number ≥ 0", rule, f.name, f.value)
		}
	}
	return checkSchedule(s.Schedule)
}

func validRate(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }

// LearnRate returns the learning rate set, by which the schedule is multiplied.
func (s *Solver) LearnRate() float64 { return s.settings.LearnRate }

// Rate returns the learning rate of the next step, that set times the schedule.
func (s *Solver) Rate() float64 {
	if s.settings.Schedule == nil {
		return s.settings.LearnRate
	}
	return s.settings.LearnRate * s.settings.Schedule.Factor(s.steps+1)
}

// SetLearnRate sets the learning rate of the following steps, by which the
// schedule is multiplied. Zero is a rate of zero; a negative or non-finite rate
// makes the next Step fail.
func (s *Solver) SetLearnRate(rate float64) { s.settings.LearnRate = rate }

// Step updates every parameter of the model in place. The gradients are read,
// not changed. Values and gradients must be contiguous *tensor.Dense of the same
// shape and of dtype float32 or float64; the parameters must be the same in
// number, length and order in every call.
//
// If Step returns an error, neither a parameter nor the state has changed, but for
// one case. The error's cause (errors.Is) is ErrNoGradient or ErrNonFinite if that
// is what is wrong with a gradient, ErrState if the model is not the one the state
// belongs to, and graph.ErrInUse if a predictor reads the parameters. It is
// ErrNonFinite as well if the update makes a parameter infinite or NaN, as a state or a
// rule can: then it has been made. After the first call Step does not allocate. A panic
// of the rule or the schedule is not recovered.
func (s *Solver) Step(model []gorgonia.ValueGrad) error {
	if err := s.use.Begin("optimizer"); err != nil {
		return err
	}
	defer s.use.End()
	defer s.release()
	if err := s.bind(model); err != nil {
		return err
	}
	defer s.endChange()
	if err := s.beginChange(model); err != nil {
		return err
	}
	if s.first == nil {
		s.allocate()
	}

	rate := s.Rate()
	s.steps++
	clip := s.clipFactor()
	decay := 1 / (1 + s.settings.InverseDecay*float64(s.steps))
	broken := -1 // a parameter that is not finite any more
	for i := range s.params {
		p := &s.params[i]
		for from := 0; from < p.len(); from += len(s.delta) {
			to := min(from+len(s.delta), p.len())
			delta := s.delta[:to-from]
			p.gradient(delta, from, clip, s.settings.WeightDecay, decay)
			m, v := s.first[i][from:to], []float64(nil)
			if s.second != nil {
				v = s.second[i][from:to]
			}
			s.rule.Update(delta, m, v, rate, s.steps)
			if s.settings.DecoupledDecay != 0 {
				p.decay(delta, from, rate*s.settings.DecoupledDecay)
			}
			if !p.subtract(delta, from) {
				broken = i
			}
		}
	}
	if broken >= 0 {
		return errors.Wrapf(ErrNonFinite, "optim: parameter %d after step %d", broken, s.steps)
	}
	return nil
}

// bind fills s.params from the model. It checks everything that can go wrong.
func (s *Solver) bind(model []gorgonia.ValueGrad) error {
	if rate := s.Rate(); !validRate(s.settings.LearnRate) || !validRate(rate) {
		return errors.Errorf("optim: learning rate %v, in step %d %v, expected finite numbers ≥ 0", s.settings.LearnRate, s.steps+1, rate)
	}
	if len(model) == 0 {
		return errors.New("optim: the model has no parameters, expected at least one")
	}
	for i, vg := range model {
		p, err := newParameter(vg)
		if err != nil {
			return errors.Wrapf(err, "optim: parameter %d%s", i, nameOf(vg))
		}
		s.params = append(s.params, p)
	}
	return s.checkMoments()
}

// release lets go of the model's tensors but keeps the slice for the next step.
func (s *Solver) release() {
	clear(s.params)
	s.params = s.params[:0]
}

// allocate starts all moments at zero.
func (s *Solver) allocate() {
	s.first = make([][]float64, len(s.params))
	for i := range s.params {
		s.first[i] = make([]float64, s.params[i].len())
	}
	if s.secondMoment() {
		s.second = make([][]float64, len(s.params))
		for i := range s.params {
			s.second[i] = make([]float64, s.params[i].len())
		}
	}
}

// clipFactor returns min(1, Clip/‖g‖). The sum of squares is scaled by the
// largest entry, so that it neither overflows nor underflows.
func (s *Solver) clipFactor() float64 {
	if s.settings.Clip == 0 {
		return 1
	}
	var largest float64
	for i := range s.params {
		largest = max(largest, s.params[i].maxAbs())
	}
	if largest == 0 {
		return 1
	}
	var sum float64
	for i := range s.params {
		sum += s.params[i].sumSquares(largest)
	}
	return min(1, s.settings.Clip/largest/math.Sqrt(sum))
}

func nameOf(vg gorgonia.ValueGrad) string {
	if n, ok := vg.(gorgonia.Namer); ok {
		return " (" + n.Name() + ")"
	}
	return ""
}

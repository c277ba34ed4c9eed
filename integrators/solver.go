package integrators

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// solver holds the functions of an equation for one form of state.
type solver struct {
	o *equation
	form
	begin  *graph.Function         // z; t → stages, RMS(z/sk), RMS(slope/sk)
	probe  *graph.Function         // z, stages; t, h → scaled change of the slope
	step   *graph.Function         // z, k1 if it carries; noise, t, h → results, see below
	bare   *graph.Function         // the same without terms if these include an integral, for prediction
	dense  map[int]*graph.Function // z, stages; h, w → states at that many times
	starts int                     // number of stages of begin
	noise  int                     // position of the noise among the arguments of step
	timeAt int                     // that of t; h is next
	// Positions of the results of step; those of z1 and the last stage are 0
	// and 1. Negative where there is none. The terms come last.
	errorAt, stiffnessAt, stagesAt, termsAt int
	stages                                  int            // of the dense output
	saved                                   gorgonia.Value // what Predict returns

	runs  []*run           // that were released
	args  []gorgonia.Value // of the dense output
	pull  *pullback        // nil until needed
	zeros []gorgonia.Value // results of no step, nil until needed
}

func newSolver(o *equation, f form) (*solver, error) {
	s := &solver{o: o, form: f, dense: map[int]*graph.Function{}}
	for _, compile := range []func() error{s.compileBegin, s.compileProbe, s.compileStep} {
		if err := compile(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *solver) compileBegin() (err error) {
	s.begin, err = graph.NewFunction("first stage", s.o.params, []graph.Input{s.state("z"), number("t")},
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			z := in[0]
			stages, err := s.o.begin(sc, z, in[1])
			if err != nil {
				return nil, err
			}
			d0, err := ops.ScaledRMS(z, nil, z, s.o.settings.AbsTol, s.o.settings.RelTol)
			if err != nil {
				return nil, err
			}
			d1, err := s.o.slope(z, stages)
			return append(stages, d0, d1), err
		})
	if err != nil {
		return err
	}
	s.starts = len(s.begin.Outputs()) - 2
	return nil
}

func (s *solver) compileProbe() (err error) {
	in := []graph.Input{s.state("z")}
	for i := range s.starts {
		in = append(in, s.state(fmt.Sprintf("stage %d", i)))
	}
	in = append(in, number("t"), number("h"))
	s.probe, err = graph.NewFunction("probe", s.o.params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			n := len(in)
			change, err := s.o.probe(sc, in[0], in[1:n-2], in[n-2], in[n-1])
			return gorgonia.Nodes{change}, err
		})
	return err
}

// compileStep compiles the step of solves that are not differentiated, which is
// that of all solves unless there is an integral.
func (s *solver) compileStep() (err error) {
	if !integrates(s.o.settings.Regularizers) {
		s.bare, err = s.stepFor(true)
		return err
	}
	s.bare, err = s.newStep(nil)
	return err
}

// stepFor returns the step of a solve: one with the terms of all regularizers if
// it is to be differentiated.
func (s *solver) stepFor(differentiate bool) (*graph.Function, error) {
	if !differentiate {
		return s.bare, nil
	}
	var err error
	if s.step == nil {
		if s.step, err = s.newStep(s.o.settings.Regularizers); err != nil {
			return nil, err
		}
		s.step.SetCheckpoint(s.o.settings.Memory == Checkpoint)
	}
	return s.step, nil
}

// newStep compiles a step with the terms of the given regularizers.
func (s *solver) newStep(rs []Regularizer) (*graph.Function, error) {
	in := []graph.Input{s.state("z")}
	if s.o.carries() {
		in = append(in, s.state("k1"))
	}
	s.noise = len(in)
	for i := range s.o.noises() {
		n := s.state(fmt.Sprintf("noise %d", i))
		n.Data = true
		in = append(in, n)
	}
	s.timeAt = len(in)
	in = append(in, number("t"), number("h"))
	return graph.NewFunction(s.o.name()+" step", s.o.params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			var k1 *gorgonia.Node
			if s.o.carries() {
				k1 = in[1]
			}
			st, err := s.o.step(sc, in[0], k1, in[s.noise:s.timeAt], in[s.timeAt], in[s.timeAt+1], rs)
			if err != nil {
				return nil, err
			}
			return s.results(st), nil
		})
}

// results orders the results of a step and notes their positions.
func (s *solver) results(st *step) gorgonia.Nodes {
	out := gorgonia.Nodes{st.z1}
	add := func(n *gorgonia.Node) int {
		if n == nil {
			return -1
		}
		out = append(out, n)
		return len(out) - 1
	}
	add(st.last)
	s.errorAt, s.stiffnessAt = add(st.e), add(st.s)
	s.stagesAt, s.stages = len(out), len(st.stages)
	out = append(out, s.inner(st.stages)...)
	s.termsAt = len(out)
	return append(out, st.terms...)
}

// inner leaves out the stages that a FSAL step takes in or hands on anyway.
func (s *solver) inner(k gorgonia.Nodes) gorgonia.Nodes {
	if s.o.carries() && len(k) > 0 {
		return k[1 : len(k)-1]
	}
	return k
}

// innerStages is the number of stages that inner leaves.
func (s *solver) innerStages() int {
	if s.o.carries() {
		return max(0, s.stages-2)
	}
	return s.stages
}

// stateAt returns the position of z among n inputs of step, which begin with the
// parameters if there are any. k1 is next.
func (s *solver) stateAt(n int) int { return n - s.timeAt - 2 }

// denseFor returns the function that interpolates at m times within a step.
func (s *solver) denseFor(m int) (*graph.Function, error) {
	if f, ok := s.dense[m]; ok {
		return f, nil
	}
	in := []graph.Input{s.state("z")}
	for i := range s.stages {
		in = append(in, s.state(fmt.Sprintf("k%d", i+1)))
	}
	in = append(in, number("h"), weights(m*s.o.denseWeights()))
	f, err := graph.NewFunction("dense output", nil, in, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		n := s.stages
		return s.o.interpolate(in[0], in[n+1], in[n+2], in[1:n+1], m)
	})
	if err != nil {
		return nil, err
	}
	s.dense[m] = f
	return f, nil
}

func weights(n int) graph.Input {
	return graph.Input{Name: "weights", Dtype: tensor.Float64, Shape: tensor.Shape{n}, Data: true}
}

func (s *solver) bytes() int {
	n := s.begin.Bytes() + s.probe.Bytes() + s.bare.Bytes()
	if s.step != nil && s.step != s.bare {
		n += s.step.Bytes()
	}
	for _, f := range s.dense {
		n += f.Bytes()
	}
	return n
}

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
	functions                      // of solves that are differentiated, nil until needed
	bare      functions            // of the others, without integrals
	probe     *graph.Function      // z, stages; t, h → scaled change of the slope
	dense     map[int]*denseOutput // z, stages; h, w, noise → states at that many times
	starts    int                  // number of stages of begin
	noise     int                  // position of the noise among the arguments of step
	timeAt    int                  // that of t; h is next
	// Positions of the results of step; those of z1 and the last stage are 0
	// and 1. Negative where there is none. The terms come last, but for the
	// integrand that is handed on.
	errorAt, stiffnessAt, stagesAt, termsAt int
	stages                                  int            // of the dense output
	saved                                   gorgonia.Value // what Predict returns

	runs      []*run           // that were released
	args      []gorgonia.Value // of the dense output
	firstArgs []gorgonia.Value // of a first stage of a step's own
	pull      *pullback        // nil until needed
	zeros     []gorgonia.Value // results of no step, nil until needed
}

// functions are those whose results are differentiated.
type functions struct {
	begin *graph.Function // z; t → stages, RMS(z/sk), RMS(slope/sk), g if it is handed on
	step  *graph.Function // z, k1 if it carries; noise, t, h; g → results
}

func newSolver(o *equation, f form) (*solver, error) {
	s := &solver{o: o, form: f, dense: map[int]*denseOutput{}}
	var err error
	if s.bare.begin, err = s.newBegin(false); err != nil {
		return nil, err
	}
	s.starts = len(s.bare.begin.Outputs()) - 2
	if err := s.compileProbe(); err != nil {
		return nil, err
	}
	if s.bare.step, err = s.newStep(false); err != nil {
		return nil, err
	}
	if !integrates(o.settings.Regularizers) {
		s.functions = s.bare
	}
	return s, nil
}

// functionsFor returns the functions of a solve.
func (s *solver) functionsFor(differentiate bool) (functions, error) {
	if !differentiate {
		return s.bare, nil
	}
	if s.step != nil {
		return s.functions, nil
	}
	begin, err := s.newBegin(true)
	if err != nil {
		return functions{}, err
	}
	step, err := s.newStep(true)
	if err != nil {
		return functions{}, err
	}
	s.functions = functions{begin, step}
	return s.functions, nil
}

// hands reports whether a step takes over, with the first stage, the integrand
// there.
func (s *solver) hands() bool { return s.o.carries() && integrates(s.o.settings.Regularizers) }

// newBegin compiles the first stage, with the integrand there if it is to be
// handed to the first step.
func (s *solver) newBegin(integral bool) (*graph.Function, error) {
	return graph.NewFunction("first stage", s.o.params, []graph.Input{s.state("z"), clockInput()},
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			z := in[0]
			stages, g, err := s.o.begin(sc, z, in[1], integral && s.hands())
			if err != nil {
				return nil, err
			}
			d0, err := ops.ScaledRMS(z, nil, z, s.o.settings.AbsTol, s.o.settings.RelTol)
			if err != nil {
				return nil, err
			}
			d1, err := s.o.slope(z, stages)
			out := append(stages, d0, d1)
			if g != nil {
				out = append(out, g)
			}
			return out, err
		})
}

func (s *solver) compileProbe() (err error) {
	in := []graph.Input{s.state("z")}
	for i := range s.starts {
		in = append(in, s.state(fmt.Sprintf("stage %d", i)))
	}
	in = append(in, clockInput(), number("h"))
	s.probe, err = graph.NewFunction("probe", s.o.params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			n := len(in)
			change, err := s.o.probe(sc, in[0], in[1:n-2], in[n-2], in[n-1])
			return gorgonia.Nodes{change}, err
		})
	return err
}

// newStep compiles a step, with the terms of the regularizers, unless they include
// an integral that is not wanted.
func (s *solver) newStep(integral bool) (*graph.Function, error) {
	rs := s.o.settings.Regularizers
	if integrates(rs) && !integral {
		rs = nil
	}
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
	in = append(in, clockInput(), number("h"))
	if integral && s.hands() {
		in = append(in, graph.Input{Name: "g", Dtype: s.dtype})
	}
	f, err := graph.NewFunction(s.o.name()+" step", s.o.params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			from := point{z: in[0]}
			if s.o.carries() {
				from.k1 = in[1]
			}
			if integral && s.hands() {
				from.g = in[s.integrandAt()]
			}
			st, err := s.o.step(sc, from, in[s.noise:s.timeAt], in[s.timeAt], in[s.timeAt+1], rs)
			if err != nil {
				return nil, err
			}
			return s.results(st), nil
		})
	if err != nil {
		return nil, err
	}
	f.SetCheckpoint(s.o.settings.Memory == Checkpoint)
	return f, nil
}

// integrandAt is the position of g among the arguments of step, handedAt that
// among its results.
func (s *solver) integrandAt() int { return s.timeAt + 2 }
func (s *solver) handedAt() int    { return s.termsAt + len(s.o.settings.Regularizers) }

// results orders the results of a step and notes their positions.
func (s *solver) results(st *step) gorgonia.Nodes {
	out := gorgonia.Nodes{st.end.z}
	add := func(n *gorgonia.Node) int {
		if n == nil {
			return -1
		}
		out = append(out, n)
		return len(out) - 1
	}
	add(st.end.k1)
	s.errorAt, s.stiffnessAt = add(st.e), add(st.s)
	s.stagesAt, s.stages = len(out), len(st.stages)
	out = append(out, s.inner(st.stages)...)
	s.termsAt = len(out)
	out = append(out, st.terms...)
	add(st.end.g)
	return out
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
func (s *solver) stateAt(n int) int {
	if s.hands() {
		n--
	}
	return n - s.timeAt - 2
}

// denseFor returns the function that interpolates at m times within a step.
func (s *solver) denseFor(m int) (*denseOutput, error) {
	if f, ok := s.dense[m]; ok {
		return f, nil
	}
	in := []graph.Input{s.state("z")}
	for i := range s.stages {
		in = append(in, s.state(fmt.Sprintf("k%d", i+1)))
	}
	var params *graph.Params
	if s.extends() {
		params = s.o.params
		in = append(in, clockInput())
	}
	in = append(in, number("h"), weights(m*s.o.denseWeights()))
	for i := range s.fills(m) {
		n := s.state(fmt.Sprintf("noise %d", i))
		n.Data = true
		in = append(in, n)
	}
	f, err := graph.NewFunction("dense output", params, in, func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		z, stages, last := in[0], in[1:s.stages+1], len(in)-s.fills(m)
		h, w, noise := in[last-2], in[last-1], in[last:]
		stages, err := s.o.extend(sc, z, in[s.stages+1], h, stages)
		if err != nil {
			return nil, err
		}
		return s.o.interpolate(z, h, w, stages, noise, m)
	})
	if err != nil {
		return nil, err
	}
	f.SetCheckpoint(s.extends() && s.o.settings.Memory == Checkpoint)
	s.dense[m] = &denseOutput{f, int64(f.FrameBytes())}
	return s.dense[m], nil
}

// fills is the number of matrices of noise that the dense output at m times takes,
// after its weights.
func (s *solver) fills(m int) int {
	if s.o.noises() == 0 {
		return 0
	}
	return m
}

// fillsAt is the position of the first of them among the inputs that are no
// parameters.
func (s *solver) fillsAt() int { return s.denseInputs() - s.denseParams() }

func weights(n int) graph.Input {
	return graph.Input{Name: "weights", Dtype: tensor.Float64, Shape: tensor.Shape{n}, Data: true}
}

func (s *solver) bytes() int {
	n := s.bare.begin.Bytes() + s.probe.Bytes() + s.bare.step.Bytes()
	if s.step != nil && s.step != s.bare.step {
		n += s.begin.Bytes() + s.step.Bytes()
	}
	for _, f := range s.dense {
		n += f.Bytes()
	}
	return n
}

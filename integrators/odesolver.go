package integrators

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// odeSolver holds the functions of an ODE for one form of state.
type odeSolver struct {
	o *ODE
	form
	begin  *graph.Function         // z; t → f(z, t), RMS(z/sk), RMS(f/sk)
	probe  *graph.Function         // z, f0; t, h → RMS((f(z + h·f0, t + h) − f0)/sk)
	step   *graph.Function         // z, k1 if FSAL; t, h → results, see below
	dense  map[int]*graph.Function // z, stages; h, w → states at that many times
	timeAt int                     // position of t among the arguments of step; h is next
	// Positions of the results of step; those of z1 and the last stage are 0
	// and 1. Negative where there is none.
	errorAt, stiffnessAt, termsAt, stagesAt int
	stages                                  int            // of the dense output
	saved                                   gorgonia.Value // what Predict returns

	runs  []*odeRun        // that were released
	args  []gorgonia.Value // of the dense output
	pull  *pullback        // nil until needed
	zeros []gorgonia.Value // results of no step, nil until needed
}

func newODESolver(o *ODE, f form) (*odeSolver, error) {
	s := &odeSolver{o: o, form: f, dense: map[int]*graph.Function{}}
	for _, compile := range []func() error{s.compileBegin, s.compileProbe, s.compileStep} {
		if err := compile(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *odeSolver) compileBegin() (err error) {
	s.begin, err = graph.NewFunction("first stage", s.o.params, []graph.Input{s.state("z"), number("t")},
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			z := in[0]
			k1, err := s.o.evaluate(sc, z, in[1], in[1], 0)
			if err != nil {
				return nil, err
			}
			set := &s.o.settings
			d0, err := ops.ScaledRMS(z, nil, z, set.AbsTol, set.RelTol)
			if err != nil {
				return nil, err
			}
			d1, err := ops.ScaledRMS(k1, nil, z, set.AbsTol, set.RelTol)
			return gorgonia.Nodes{k1, d0, d1}, err
		})
	return err
}

func (s *odeSolver) compileProbe() (err error) {
	s.probe, err = graph.NewFunction("probe", s.o.params, []graph.Input{s.state("z"), s.state("f0"), number("t"), number("h")},
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			z, f0, t, h := in[0], in[1], in[2], in[3]
			z1, err := advance(z, h, gorgonia.Nodes{f0}, []float64{1})
			if err != nil {
				return nil, err
			}
			f1, err := s.o.evaluate(sc, z1, t, h, 1)
			if err != nil {
				return nil, err
			}
			set := &s.o.settings
			change, err := ops.ScaledRMS(f1, f0, z, set.AbsTol, set.RelTol)
			return gorgonia.Nodes{change}, err
		})
	return err
}

func (s *odeSolver) compileStep() (err error) {
	in := []graph.Input{s.state("z")}
	if s.o.method.FSAL {
		in = append(in, s.state("k1"))
	}
	s.timeAt = len(in)
	in = append(in, number("t"), number("h"))
	s.step, err = graph.NewFunction(s.o.method.Name+" step", s.o.params, in,
		func(sc *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			var k1 *gorgonia.Node
			if s.o.method.FSAL {
				k1 = in[1]
			}
			st, err := s.o.expression(sc, in[0], k1, in[s.timeAt], in[s.timeAt+1])
			if err != nil {
				return nil, err
			}
			return s.results(st), nil
		})
	if err != nil {
		return err
	}
	s.step.SetCheckpoint(s.o.settings.Memory == Checkpoint)
	return nil
}

// results orders the results of a step and notes their positions.
func (s *odeSolver) results(st *step) gorgonia.Nodes {
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
	s.termsAt = len(out)
	out = append(out, st.terms...)
	s.stagesAt, s.stages = len(out), len(st.stages)
	return append(out, s.inner(st.stages)...)
}

// inner leaves out the stages that a FSAL step takes in or hands on anyway.
func (s *odeSolver) inner(k gorgonia.Nodes) gorgonia.Nodes {
	if s.o.method.FSAL && len(k) > 0 {
		return k[1 : len(k)-1]
	}
	return k
}

// innerStages is the number of stages that inner leaves.
func (s *odeSolver) innerStages() int {
	if s.o.method.FSAL {
		return max(0, s.stages-2)
	}
	return s.stages
}

// stateAt returns the position of z among n inputs of step, which begin with the
// parameters if there are any. k1 is next.
func (s *odeSolver) stateAt(n int) int { return n - s.timeAt - 2 }

// denseFor returns the function that interpolates at m times within a step.
func (s *odeSolver) denseFor(m int) (*graph.Function, error) {
	if f, ok := s.dense[m]; ok {
		return f, nil
	}
	in := []graph.Input{s.state("z")}
	for i := range s.stages {
		in = append(in, s.state(fmt.Sprintf("k%d", i+1)))
	}
	in = append(in, number("h"), weights(m*s.stages))
	f, err := graph.NewFunction("dense output", nil, in, func(_ *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		n := s.stages
		return interpolate(in[0], in[n+1], in[n+2], in[1:n+1], m)
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

func (s *odeSolver) bytes() int {
	n := s.begin.Bytes() + s.probe.Bytes() + s.step.Bytes()
	for _, f := range s.dense {
		n += f.Bytes()
	}
	return n
}

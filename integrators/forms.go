package integrators

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/value"
)

// form is the shape and element type of a state, with those of the context.
type form struct {
	batch, dim int
	dtype      tensor.Dtype
	context    string // as contextForm writes it
}

func (f form) String() string { return fmt.Sprintf("(%d, %d) of %v", f.batch, f.dim, f.dtype) }

// state describes an input of the form.
func (f form) state(name string) graph.Spec {
	return graph.Spec{Name: name, Dtype: f.dtype, Shape: tensor.Shape{f.batch, f.dim}}
}

// states describes inputs of the form, numbered from first on; data if they are
// set on the frame.
func (f form) states(name string, first, n int, data bool) []graph.Spec {
	specs := make([]graph.Spec, n)
	for i := range specs {
		specs[i] = f.state(fmt.Sprintf(name, first+i))
		specs[i].Data = data
	}
	return specs
}

// matrix describes an input of the element type with a row for each of the batch.
func (f form) matrix(name string, cols int) graph.Spec {
	return graph.Spec{Name: name, Dtype: f.dtype, Shape: tensor.Shape{f.batch, cols}}
}

// scalars describes n scalars of the element type, numbered from zero on.
func (f form) scalars(name string, n int) []graph.Spec {
	specs := make([]graph.Spec, n)
	for i := range specs {
		specs[i] = graph.Spec{Name: fmt.Sprintf(name, i), Dtype: f.dtype}
	}
	return specs
}

// contextForm writes shapes and element types of a context. It fails if a part is nil.
func contextForm(context []gorgonia.Value) (string, error) {
	var form []byte
	for i, v := range context {
		if v == nil {
			return "", errors.Errorf("context %d is nil, expected a value", i)
		}
		shape := v.Shape()
		form = append(form, byte(v.Dtype().Kind()))
		form = binary.AppendUvarint(form, uint64(len(shape)))
		for _, n := range shape {
			form = binary.AppendUvarint(form, uint64(n))
		}
	}
	return string(form), nil
}

// contextInputs describes the inputs of a context.
func contextInputs(context []gorgonia.Value) []graph.Spec {
	specs := make([]graph.Spec, len(context))
	for i, v := range context {
		specs[i] = graph.Spec{Name: fmt.Sprintf("context %d", i), Dtype: v.Dtype(), Shape: v.Shape().Clone()}
	}
	return specs
}

// compiledFor returns the functions for states like z0 and a context like this.
func (s *Solver) compiledFor(z0 gorgonia.Value, context []gorgonia.Value) (*compiled, error) {
	if z0 == nil {
		return nil, errors.New("no initial state, expected a matrix (batch, dim)")
	}
	given, err := contextForm(context)
	if err != nil {
		return nil, err
	}
	if len(z0.Shape()) != 2 {
		return nil, errors.Errorf("initial state of shape %v, expected a matrix (batch, dim)", z0.Shape())
	}
	if err := value.Check(z0); err != nil {
		return nil, errors.Wrap(err, "initial state")
	}
	f := form{z0.Shape()[0], z0.Shape()[1], z0.Dtype(), given}
	if n := s.settings.ErrorColumns; n > f.dim {
		return nil, errors.Errorf("an error norm of %d columns of the state %v, expected at most %d", n, f, f.dim)
	}
	c, ok := s.compiled[f]
	if !ok {
		if c, err = compile(s, f, contextInputs(context)); err != nil {
			return nil, err
		}
		s.compiled[f] = c
	}
	s.used(f)
	return c, nil
}

// used puts f in front of the forms most recently used, and forgets the functions
// of the one least recently used if there are too many. Solutions in graphs
// keep theirs.
func (s *Solver) used(f form) {
	i := slices.Index(s.recent, f)
	if i < 0 {
		i = len(s.recent)
		s.recent = append(s.recent, f)
	}
	copy(s.recent[1:i+1], s.recent[:i])
	s.recent[0] = f
	if n := len(s.recent) - 1; n >= s.settings.Forms {
		delete(s.compiled, s.recent[n])
		s.recent = s.recent[:n]
	}
}

package graph

import (
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/extent"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/value"
)

// Params are the parameters of a model: named arrays in one flat
// vector θ. A graph has one node for all of them, of which every parameter is
// a view; optimizers, checkpoints and gradient clipping work on one slice.
//
// Params is a gorgonia.ValueGrad, to be handed to a gorgonia.Solver.
type Params struct {
	dtype  tensor.Dtype
	params []*Param
	byName map[string]*Param
	data   []float64  // initial entries, until the vector is first used
	mu     sync.Mutex // mutex of the first use of the vector
	value  atomic.Pointer[tensor.Dense]
	grad   gorgonia.Value
	use    exclusive.Use // use of the gradient
	reads  exclusive.Shared
	origin *Params // parameters that these are like, but for their values; nil if they are none's
}

var _ gorgonia.ValueGrad = (*Params)(nil)

// Param is one named parameter: entries [Offset, Offset+Size) of the vector.
type Param struct {
	Name   string
	Shape  tensor.Shape // shape: (rows, columns), (entries) or more dimensions
	Offset int          // position of the first entry in the vector
	owner  *Params
}

// Size returns the number of entries.
func (p *Param) Size() int { return p.Shape.TotalSize() }

// NewParams returns an empty set of parameters of element type dt,
// tensor.Float32 or tensor.Float64.
func NewParams(dt tensor.Dtype) *Params {
	return &Params{dtype: dt, byName: map[string]*Param{}}
}

// Add declares a parameter of one or more dimensions. init fills its entries,
// row-major; nil leaves them 0. It is an error to reuse a name, or to add a
// parameter once the vector has been used.
func (p *Params) Add(name string, init func(w []float64), shape ...int) (*Param, error) {
	if err := checkFloats(p.dtype); err != nil {
		return nil, errors.Wrap(err, "parameters")
	}
	if p.value.Load() != nil {
		return nil, errors.Errorf("parameter %q is added after the parameters were first used, expected before", name)
	}
	if name == "" || !utf8.ValidString(name) {
		return nil, errors.Errorf("parameter name %q, expected some UTF-8", name)
	}
	if q, ok := p.byName[name]; ok {
		return nil, errors.Errorf("parameter %q is declared twice, first with shape %v, expected a name of its own for every layer", name, q.Shape)
	}
	if len(shape) == 0 {
		return nil, errors.Errorf("parameter %q has shape %v, expected at least one dimension", name, shape)
	}
	for _, d := range shape {
		if d <= 0 {
			return nil, errors.Errorf("parameter %q has shape %v, expected positive dimensions", name, shape)
		}
	}
	if n, err := extent.Of(shape...); err != nil || n > extent.Most-len(p.data) {
		return nil, errors.Errorf("parameter %q has shape %v, expected at most %d entries with those of the others", name, shape, extent.Most-len(p.data))
	}
	q := &Param{Name: name, Shape: append(tensor.Shape{}, shape...), Offset: len(p.data), owner: p}
	w := make([]float64, q.Size())
	if init != nil {
		init(w)
	}
	p.data = append(p.data, w...)
	p.params = append(p.params, q)
	p.byName[name] = q
	return q, nil
}

// checkFloats fails unless dt is float32 or float64. The zero Dtype, of a field
// that was left out, does not print.
func checkFloats(dt tensor.Dtype) error {
	switch dt {
	case tensor.Float32, tensor.Float64:
		return nil
	case tensor.Dtype{}:
		return errors.New("no element type, expected float32 or float64")
	}
	return errors.Errorf("element type %v, expected float32 or float64", dt)
}

// Dtype returns the element type.
func (p *Params) Dtype() tensor.Dtype { return p.dtype }

// Len returns the number of entries of the vector.
func (p *Params) Len() int {
	if v := p.value.Load(); v != nil {
		return v.DataSize()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.value.Load(); v != nil {
		return v.DataSize()
	}
	return len(p.data)
}

// List returns the parameters in the order in which they were added.
func (p *Params) List() []*Param { return p.params }

// Lookup returns the parameter of the given name, nil if there is none.
func (p *Params) Lookup(name string) *Param { return p.byName[name] }

// Value returns the flat vector. Its memory is that of the parameters for as
// long as they live.
func (p *Params) Value() gorgonia.Value { return p.Vector() }

// Vector returns the flat vector as a tensor of one dimension.
func (p *Params) Vector() *tensor.Dense {
	if v := p.value.Load(); v != nil {
		return v
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v := p.value.Load(); v != nil {
		return v
	}
	v := raw.New(p.dtype, tensor.Shape{len(p.data)}).(*tensor.Dense)
	value.SetFloat64s(v, p.data)
	p.data = nil
	p.value.Store(v)
	return v
}

// Grad returns the gradient last set, in the layout of the vector.
func (p *Params) Grad() (gorgonia.Value, error) {
	if p.grad == nil {
		return nil, errors.New("the parameters have no gradient, expected that of an evaluation: there was none, or the last one failed")
	}
	return p.grad, nil
}

// SetGrad sets what Grad returns, nil for none.
func (p *Params) SetGrad(g gorgonia.Value) { p.grad = g }

// Float64s returns a copy of the vector.
func (p *Params) Float64s() []float64 {
	v := p.Vector()
	if p.dtype == tensor.Float64 {
		return append([]float64(nil), raw.Elements[float64](v)...)
	}
	x := make([]float64, p.Len())
	for i, w := range raw.Elements[float32](v) {
		x[i] = float64(w)
	}
	return x
}

// SetFloat64s overwrites the vector; x must have its length, Len, or it panics. No
// prediction may read it meanwhile, see BeginChange.
func (p *Params) SetFloat64s(x []float64) {
	value.SetFloat64s(p.Vector(), x)
}

// NonFinite returns the name of the first parameter with an entry that is not
// finite, "" if there is none. It accepts a nil receiver.
func (p *Params) NonFinite() string {
	if p == nil || p.value.Load() == nil {
		return ""
	}
	for _, q := range p.params {
		if !value.Finite(raw.View(p.value.Load(), q.Offset, tensor.Shape{q.Size()})) {
			return q.Name
		}
	}
	return ""
}

package graph

import (
	"gorgonia.org/tensor"
)

// An instance of a predictor has parameters of its own, which are those of the model
// but for their values: these are of the model at present, or of a snapshot.

// sharing returns parameters like p, to follow. It accepts a nil receiver.
func (p *Params) sharing() *Params {
	if p == nil {
		return nil
	}
	s := &Params{dtype: p.dtype, params: p.params, byName: p.byName, origin: p}
	s.value.Store(p.Vector())
	return s
}

// follow takes the values of theta, nil for those of the parameters that p is like. It
// accepts a nil receiver.
func (p *Params) follow(theta *tensor.Dense) {
	switch {
	case p == nil:
	case theta != nil:
		p.value.Store(theta)
	default:
		p.value.Store(p.origin.Vector())
	}
}

// root returns the parameters that p is like, or p. It accepts a nil receiver.
func (p *Params) root() *Params {
	if p == nil || p.origin == nil {
		return p
	}
	return p.origin
}

// BeginChange begins to change the values of the parameters, until EndChange, as
// optimizers and Load do. The cause of the error is ErrInUse while they are changed,
// or a predictor without a snapshot reads them.
func (p *Params) BeginChange() error { return p.reads.BeginChange("parameters") }

// EndChange ends what BeginChange began.
func (p *Params) EndChange() { p.reads.EndChange() }

// BeginRead begins to read the values of the parameters, until EndRead, as Save does.
// The cause of the error is ErrInUse while they are changed.
func (p *Params) BeginRead() error { return p.reads.BeginRead("parameters") }

// EndRead ends what BeginRead began.
func (p *Params) EndRead() { p.reads.EndRead() }

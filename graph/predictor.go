package graph

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/profile"
)

// A Predictor evaluates an expression without a gradient, for any number of
// goroutines. A call has an instance of its own: functions, frames and solvers that
// no other call uses meanwhile, and that later ones use again. So no lock is held
// while a call computes, and its answer is the same bits in whatever instance,
// whatever else is running.
//
// Instances and what they keep are bounded by PredictorSettings. The expression is
// traced in each instance, one at a time, for each list of shapes and element types
// of values; a differential equation in it is a single operation, which solves with
// two frames, and with steps per row with those of fewer rows as well.
type Predictor struct {
	*predictions
	call CallSettings
}

// predictions is what the views of a predictor share.
type predictions struct {
	params   *Params
	build    Builder
	shapes   int
	exact    bool
	pool     pool
	tracing  sync.Mutex
	snapshot atomic.Pointer[tensor.Dense] // values of the parameters; nil for those of params
}

// PredictorSettings bound what a predictor keeps. nil or a zero field means the
// default.
type PredictorSettings struct {
	// Instances is the largest number of calls that compute at once, each in an
	// instance of its own; others wait for one of them to end, first come, first
	// served. GOMAXPROCS if zero: more would share the same processors.
	Instances int
	// Shapes is the largest number of lists of shapes and element types of values
	// whose functions an instance keeps, those used last; 32 if zero. The memory of a
	// predictor is at most Instances·Shapes times that of one function, with what the
	// solvers in it keep, which integrators.Settings.Forms bounds.
	Shapes int
	// RowExact gives a row of the results the same bits whatever other rows it is
	// predicted with, and however many, see Scope.RowExact: layers beside solves, and
	// solves with integrators.PerRow. With shared steps a solution depends on all rows.
	RowExact bool
}

// NewPredictor returns a predictor of the expression that build adds. The values
// given to Predict become nodes, passed to build in order. params may be nil if
// the expression has none. Those of a solver in it that are not params are read as they
// are, by no snapshot and with nothing refused.
//
// build is called by one goroutine at a time, but by any. An operation of one's own
// that it adds must not write to what two calls of build have in common, nor may a
// Function of the caller's be called in it by several goroutines: ErrInUse.
func NewPredictor(params *Params, build Builder, settings *PredictorSettings) (*Predictor, error) {
	if build == nil {
		return nil, errors.New("predictor: the builder is nil, expected a function")
	}
	var set PredictorSettings
	if settings != nil {
		set = *settings
	}
	if set.Instances < 0 || set.Shapes < 0 {
		return nil, errors.Errorf("predictor of %d instances and %d shapes, expected positive bounds", set.Instances, set.Shapes)
	}
	return &Predictor{predictions: &predictions{
		params: params, build: build, shapes: cmp.Or(set.Shapes, 32), exact: set.RowExact,
		pool: newPool(cmp.Or(set.Instances, runtime.GOMAXPROCS(0))),
	}}, nil
}

// With returns the same predictor for calls under the given settings.
func (p *Predictor) With(call CallSettings) *Predictor {
	return &Predictor{predictions: p.predictions, call: call}
}

// Predict evaluates the expression for the given values, of any shape. The results
// are the caller's. They are not checked: a loss among them may be infinite.
//
// The parameters are those of the last Snapshot or, without one, as they are now. In
// that case they must not change until Predict returns: the cause of the error is
// ErrInUse if an optimizer of package optim, Params.Load or package exchange is changing
// them, and theirs is while Predict reads them.
//
// When the context ends, or the limit on time or evaluations is reached, Predict
// returns an error of that cause, context.Canceled and context.DeadlineExceeded among
// them. That is noticed while the call waits for an instance, before and after its
// computation and, within a solve, before every attempt at a step: no later than one
// attempt. Within a solve it is an *integrators.Failure. A call that failed leaves
// others, and its instance, as they are.
func (p *Predictor) Predict(ctx context.Context, in ...gorgonia.Value) (out []gorgonia.Value, err error) {
	if p.call.Report != nil {
		*p.call.Report = Report{}
	}
	if ctx == nil {
		return nil, errors.New("predictor: the context is nil, expected one")
	}
	if p.call.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.call.TimeLimit)
		defer cancel()
	}
	if err := p.call.check(); err != nil {
		return nil, errors.Wrap(err, "predictor")
	}
	i, err := p.pool.take(ctx, in)
	if err != nil {
		return nil, errors.Wrap(err, "predictor")
	}
	if i == nil {
		i = newInstance(p.predictions)
	}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, errors.Wrap(panicked(r), "predictor")
			i = nil // in whatever state it is
		}
		p.pool.give(i)
	}()
	theta, err := p.beginRead()
	if err != nil {
		return nil, err
	}
	defer p.endRead(theta)
	kernel.Enter()
	defer kernel.Leave()
	profile.Enter(profile.Forward)
	defer profile.Enter(profile.Outside)
	return i.predict(Prediction{Context: ctx, CallSettings: p.call}, theta, in)
}

// Snapshot keeps a copy of the parameters as they are now, which calls that begin
// from now on have in place of the parameters. So these can be trained, loaded or
// written while others predict, and taken over between two steps by another Snapshot.
// The cause of the error is ErrInUse while they are changed.
func (p *Predictor) Snapshot() error {
	if p.params == nil {
		return nil
	}
	if err := p.params.reads.BeginRead("parameters"); err != nil {
		return errors.Wrap(err, "snapshot")
	}
	defer p.params.reads.EndRead()
	p.snapshot.Store(p.params.Vector().Clone().(*tensor.Dense))
	return nil
}

// beginRead returns the values of the parameters for one call, nil for those of the
// parameters themselves, which are kept from changing until endRead.
func (p *predictions) beginRead() (theta *tensor.Dense, err error) {
	if theta = p.snapshot.Load(); theta == nil && p.params != nil {
		err = p.params.reads.BeginRead("parameters")
	}
	return theta, errors.Wrap(err, "predictor")
}

func (p *predictions) endRead(theta *tensor.Dense) {
	if theta == nil && p.params != nil {
		p.params.reads.EndRead()
	}
}

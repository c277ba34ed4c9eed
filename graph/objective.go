package graph

import (
	stderrors "errors"
	"math"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/exclusive"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/profile"
)

// ErrNonFinite is the cause of the error of an evaluation whose loss is NaN or
// infinite.
var ErrNonFinite = stderrors.New("loss is not finite")

// LossBuilder adds a scalar loss to the graph of s. Like a Builder it may panic with
// an error, as gorgonia.Must does.
type LossBuilder func(s *Scope, in gorgonia.Nodes) (loss *gorgonia.Node, err error)

// An Objective is a scalar function of the parameters, evaluated together with
// its gradient. Its graph is unrolled anew where the structure is new, and
// taken from a cache where it is not.
type Objective struct {
	params *Params
	build  LossBuilder
	cache  cache

	last   *outer
	timing Timing

	use   exclusive.Use
	sites usedSites
}

// Timing says where the time of one evaluation went, in seconds.
type Timing struct {
	// Graph is building, differentiating and planning.
	Graph float64
	// Forward includes the numeric solves, Reverse the forward passes that
	// checkpointing repeats.
	Forward, Reverse float64
}

// NewObjective returns the objective that build describes. The values given to
// Evaluate become nodes, passed to build in order; build is called for each new
// list of shapes and element types, and where a structure is new.
func NewObjective(params *Params, build LossBuilder, settings *CacheSettings) (*Objective, error) {
	if params == nil || params.Len() == 0 {
		return nil, errors.New("objective without parameters, expected at least one")
	}
	if build == nil {
		return nil, errors.New("objective: the builder of the loss is nil, expected a function")
	}
	o := &Objective{params: params, build: build}
	return o, o.cache.configure(settings)
}

// Evaluate returns the loss for the given values, of any shape, and sets the
// gradient with respect to the flat vector on the parameters, where Params.Grad
// returns it. It is overwritten by the next Evaluate, and taken off the parameters
// by one that fails, so that no step of an optimizer follows from it. The cause of
// the error is ErrNonFinite if the loss is, and ErrInUse if the objective, a
// solver in it or the gradient of the parameters is in use by another goroutine.
func (o *Objective) Evaluate(in ...gorgonia.Value) (loss float64, err error) {
	if err := o.use.Begin("objective"); err != nil {
		return 0, err
	}
	defer o.use.End()
	if err := o.params.use.Begin("gradient of the parameters"); err != nil {
		return 0, err
	}
	defer o.params.use.End()
	defer o.sites.end()
	o.params.SetGrad(nil)
	defer func() {
		if r := recover(); r != nil {
			loss, err = 0, errors.Wrap(panicked(r), "objective")
		}
	}()
	o.timing = Timing{}
	if o.last != nil {
		for _, s := range o.last.sites { // which take their frames back
			if err := o.sites.begin(s.site); err != nil {
				return 0, err
			}
		}
		o.last.release()
		o.last = nil
	}
	profile.Enter(profile.Forward)
	defer profile.Enter(profile.Outside)
	u, err := o.replay(in)
	if err != nil {
		return 0, err
	}
	o.last = u
	loss = raw.Of(u.m.Value(u.loss)).Float64()
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, errors.Wrapf(ErrNonFinite, "objective: the loss is %v, expected a finite number", loss)
	}
	profile.Enter(profile.Reverse)
	start := time.Now()
	if err := u.reverse.run(&u.m.regs); err != nil {
		return 0, err
	}
	o.timing.Reverse = time.Since(start).Seconds()
	o.params.SetGrad(u.m.Value(u.grad))
	return loss, nil
}

// Recorded returns the values recorded under a key in the last evaluation, in
// order, see Scope.Record. They are overwritten by the next.
func (o *Objective) Recorded(key any) []gorgonia.Value {
	if o.last == nil {
		return nil
	}
	var v []gorgonia.Value
	for _, n := range o.last.scope.Recorded(key) {
		v = append(v, o.last.m.Value(n))
	}
	return v
}

// Timing returns where the time of the last evaluation went.
func (o *Objective) Timing() Timing { return o.timing }

// Cache returns what the cache of graphs has done so far.
func (o *Objective) Cache() CacheStats { return o.cache.stats() }

// replay runs the forward pass of a cached graph, as far as its structure is
// that of the new values; from the first difference on it goes over to another
// graph, or to a new one.
func (o *Objective) replay(in []gorgonia.Value) (*outer, error) {
	start := time.Now()
	defer func() { o.timing.Forward = time.Since(start).Seconds() - o.timing.Graph }()
	var solved []Solved
	u := o.cache.lookup(in, nil)
	for u != nil {
		next, err := u.rerun(in, &solved)
		if err != nil {
			releaseAll(solved)
			return nil, err
		}
		if next {
			o.cache.hit(u)
			return u, nil
		}
		u = o.cache.lookup(in, structures(solved))
	}
	before := time.Now()
	u, err := o.unroll(in, solved)
	if err != nil {
		return nil, err
	}
	o.timing.Graph = time.Since(before).Seconds() - u.running
	o.cache.add(u)
	return u, nil
}

func structures(solved []Solved) []string {
	s := make([]string, len(solved))
	for i := range solved {
		s[i] = solved[i].Structure()
	}
	return s
}

func releaseAll(solved []Solved) {
	for _, s := range solved {
		s.Release()
	}
}

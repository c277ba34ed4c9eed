package graph

import (
	"fmt"
	"slices"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/profile"
)

// outer is one unrolled graph: built, differentiated and planned for one
// structure, and run as often as that structure comes up.
type outer struct {
	scope   *Scope
	m       *Machine
	specs   []Spec // what the inputs are like
	inputs  gorgonia.Nodes
	sites   []*siteNodes
	calls   []*Call
	used    *usedSites // sites that the evaluation uses
	former  *outer     // graph used before, nil if there is none
	loss    *gorgonia.Node
	grad    *gorgonia.Node
	forward []*program // programs before each site and after the last one
	reverse *program

	given   []Solved // outcomes that were computed on the way to this graph
	running float64  // seconds of the construction of the graph that were evaluation
}

// siteNodes is a site in an outer graph.
type siteNodes struct {
	site      Site
	args      gorgonia.Nodes
	structure string
	bind      func(Solved)
	solved    Solved
}

// Unroll adds the solution of a site to the graph. Inside an objective the
// arguments are evaluated, the site solves numerically, and its outcome
// becomes part of the graph; in a predictor it becomes one opaque operation.
// The first result is the solution, the others are the site's own.
func (s *Scope) Unroll(site Site, args ...*gorgonia.Node) (gorgonia.Nodes, error) {
	switch {
	case s == nil:
		return nil, errors.New("solve: the scope is nil, expected that of the graph")
	case site == nil:
		return nil, errors.New("solve: the site is nil, expected a solver")
	case slices.Contains(args, nil):
		return nil, errors.Errorf("solve: argument %d is nil, expected a node", slices.Index(args, nil))
	}
	if s.instance != nil {
		n, err := s.instance.opaque(site, args)
		return gorgonia.Nodes{n}, err
	}
	if s.outer == nil {
		return nil, errors.New("a differential equation is solved inside a function or its own dynamics, where the number of steps cannot vary, expected in an objective or a predictor")
	}
	return s.outer.unroll(site, args)
}

func (u *outer) unroll(site Site, args gorgonia.Nodes) (gorgonia.Nodes, error) {
	start := time.Now()
	for i, a := range args {
		if err := inGraph(u.scope.g, a); err != nil {
			return nil, errors.Wrapf(err, "argument %d of a differential equation", i)
		}
	}
	if err := u.m.Run(); err != nil {
		return nil, err
	}
	n := &siteNodes{site: site, args: args}
	if k := len(u.sites); k < len(u.given) {
		n.solved = u.given[k]
	} else {
		var err error
		if err = u.used.begin(site); err != nil {
			return nil, err
		}
		if n.solved, err = solve(site, u.values(args)); err != nil {
			return nil, err
		}
		u.former.adapt(n.solved, k)
	}
	n.structure = n.solved.Structure()
	u.sites = append(u.sites, n)
	u.running += time.Since(start).Seconds()
	out, bind, err := n.solved.Emit(u.scope, args)
	n.bind = bind
	return out, err
}

// solve solves at a site in a forward pass.
func solve(s Site, in []gorgonia.Value) (Solved, error) {
	profile.Enter(profile.Solve)
	defer profile.Enter(profile.Forward)
	return s.Solve(in)
}

func (u *outer) values(nodes gorgonia.Nodes) []gorgonia.Value {
	v := make([]gorgonia.Value, len(nodes))
	for i, n := range nodes {
		v[i] = u.m.Value(n)
	}
	return v
}

// unroll builds a new outer graph, taking over the outcomes of its first sites.
func (o *Objective) unroll(in []gorgonia.Value, given []Solved) (*outer, error) {
	g := gorgonia.NewGraph()
	u := &outer{m: NewMachine(g), given: given, used: &o.sites, former: o.cache.lookup(in, nil)}
	u.scope = NewScope(g, o.params)
	u.scope.outer = u
	fail := func(err error) (*outer, error) {
		u.release()
		releaseAll(given[min(len(u.sites), len(given)):]) // the others have a site
		return nil, err
	}
	var err error
	if u.specs, err = specsOf(in); err != nil {
		return nil, errors.Wrap(err, "objective")
	}
	for i, spec := range u.specs {
		n, err := spec.node(g, "")
		if err == nil {
			err = gorgonia.UnsafeLet(n, in[i])
		}
		if err != nil {
			return fail(err)
		}
		u.inputs = append(u.inputs, n)
	}
	err = recovered(fmt.Sprintf("builder of the loss, given %d values", len(in)), func() (err error) {
		u.loss, err = o.build(u.scope, u.inputs)
		return err
	})
	if err != nil {
		return fail(err)
	}
	if err := u.scope.checkNodes(u.loss); err != nil {
		return fail(err)
	}
	if err := checkOperations(g); err != nil {
		return fail(err)
	}
	if err := checkRandom(g); err != nil {
		return fail(err)
	}
	start := time.Now()
	if err := u.m.Run(); err != nil {
		return fail(err)
	}
	u.running += time.Since(start).Seconds()
	u.forward = u.m.programs
	if err := u.differentiate(); err != nil {
		return fail(err)
	}
	u.given, u.former = nil, nil
	return u, nil
}

func (u *outer) differentiate() error {
	g := u.scope.g
	if len(u.loss.Shape()) != 0 {
		return errors.Errorf("the loss has shape %v, expected a scalar", u.loss.Shape())
	}
	if err := undifferentiated(g); err != nil {
		return err
	}
	loss, theta := gorgonia.Nodes{u.loss}, gorgonia.Nodes{u.scope.theta}
	u.m.extend(g)
	active, err := u.m.between(theta, loss)
	if err != nil {
		return errors.Wrap(err, "differentiate")
	}
	reserve(g, 4*len(active)+256)
	order, err := gorgonia.Sort(g) // as Gorgonia's own derivatives
	if err != nil {
		return errors.Wrap(err, "differentiate")
	}
	d, err := u.m.backpropagate(order, active, loss, gorgonia.Nodes{g.AddNode(one(u.loss.Dtype()))}, theta)
	if err != nil {
		return errors.Wrap(err, "differentiate")
	}
	u.grad = d[0]
	grad := int(u.grad.ID())
	u.reverse = u.m.plan(func(id int) bool { return id == grad })
	return nil
}

// rerun runs the forward pass on new inputs. It returns false if a site comes
// out with another structure; solved then holds the outcomes so far.
func (u *outer) rerun(in []gorgonia.Value, solved *[]Solved) (same bool, err error) {
	defer func() {
		if !same {
			u.release()
		}
	}()
	for i, n := range u.inputs {
		u.m.regs.set(int(n.ID()), in[i])
	}
	for k, p := range u.forward {
		if k > 0 {
			s := u.sites[k-1]
			if k > len(*solved) {
				if err := u.used.begin(s.site); err != nil {
					return false, err
				}
				v, err := solve(s.site, u.values(s.args))
				if err != nil {
					return false, err
				}
				u.adapt(v, k-1)
				*solved = append(*solved, v)
			}
			v := (*solved)[k-1]
			if v.Structure() != s.structure {
				return false, nil
			}
			s.bind(v)
		}
		if err := p.run(&u.m.regs); err != nil {
			return false, err
		}
	}
	for k, s := range u.sites {
		s.solved = (*solved)[k]
	}
	return true, nil
}

// release gives back the frames that the sites and calls hold.
func (u *outer) release() {
	for _, s := range u.sites {
		if s.solved != nil {
			s.solved.Release()
			s.solved = nil
		}
	}
	for _, c := range u.calls {
		c.release()
	}
}

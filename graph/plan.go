package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
	"github.com/regnde/regnde/graph/ops"
)

// A plan turns a run of nodes, in the order they were created, into a program.
// It
//
//   - leaves out what nobody wants, and the terms of a reverse pass that are
//     zero because an output received no gradient;
//   - turns chains of additions and scaled copies into one weighted sum, and
//     lets products that are only summed accumulate in place;
//   - gives each remaining result a buffer, shared among results whose lives
//     do not overlap unless the result is kept.
//
// Its time is linear in the nodes.
type plan struct {
	*table
	from, to int // first node ID of the run and the one after the last

	// keep says that a node's value must survive the program.
	keep func(id int) bool
	// zero says that a leaf is known to vanish; nil means none is.
	zero func(id int) bool

	state []nodeState // states of the nodes, by ID − from
	program
	uses []use // registers that each instruction uses
}

type nodeState struct {
	zero    bool
	wanted  bool
	readers int
	// into is the sum that absorbs the node, 0 for none: a sum is never node 0.
	into int
	// part is the place in a sum that is a flat vector, nil in any other.
	part *operation.Scatter
	// started is set once an instruction has written the register.
	started bool
	// floating registers are filled by their instruction with a value that may
	// share the memory of its arguments.
	floating bool
	// gradients are the wanted results of a reverse call.
	gradients []int
}

// use lists the registers of one instruction.
type use struct{ reads, writes []int }

func newPlan(t *table, from, to int, keep, zero func(id int) bool) *program {
	return newPlanOnto(t, from, to, keep, zero, func(int) bool { return false })
}

// newPlanOnto plans a program that adds to what the registers of the sums in
// onto hold.
func newPlanOnto(t *table, from, to int, keep, zero, onto func(id int) bool) *program {
	p := &plan{table: t, from: from, to: to, keep: keep, zero: zero, state: make([]nodeState, max(0, to-from))}
	p.findZeros()
	p.findWanted()
	p.absorbSums()
	for id := from; id < to; id++ {
		p.at(id).started = onto(id)
	}
	for id := from; id < to; id++ {
		if s := p.at(id); s.wanted && !s.zero {
			p.emit(id)
		}
	}
	phases := p.formPhases()
	p.assignBuffers()
	p.joinPhases(phases)
	p.summarize()
	return &p.program
}

// at returns the state of a node of this run.
func (p *plan) at(id int) *nodeState { return &p.state[id-p.from] }

// here reports whether the node belongs to this run.
func (p *plan) here(id int) bool { return id >= p.from && id < p.to }

func (p *plan) vanishes(id int) bool { return p.here(id) && p.at(id).zero }

// combination is a linear combination.
type combination interface {
	Terms() (terms []ops.Term, scale, weights int)
}

// findZeros marks results that vanish whatever the values of their inputs.
func (p *plan) findZeros() {
	if p.zero == nil {
		return
	}
	for id := p.from; id < p.to; id++ {
		s := p.at(id)
		switch p.kind[id] {
		case leaf:
			s.zero = p.nodes[id] != nil && p.zero(id)
		case shared:
			s.zero = p.vanishes(p.args[id][0])
		case addition, lincomb:
			s.zero = p.allVanish(p.summands(id))
		case scatter, fused, plain:
			for _, i := range p.op(id).LinearIn() {
				s.zero = s.zero || p.vanishes(p.args[id][i])
			}
		}
	}
}

// summands returns the arguments that a sum adds.
func (p *plan) summands(id int) []int {
	if p.kind[id] == lincomb {
		terms, _, _ := p.op(id).(combination).Terms()
		return p.args[id][:len(terms)]
	}
	return p.args[id]
}

func (p *plan) allVanish(ids []int) bool {
	for _, id := range ids {
		if !p.vanishes(id) {
			return false
		}
	}
	return true
}

// findWanted marks what the kept nodes depend on and counts the readers.
func (p *plan) findWanted() {
	for id := p.to - 1; id >= p.from; id-- {
		s := p.at(id)
		if p.nodes[id] == nil {
			continue
		}
		if p.keep(id) {
			s.wanted = true
			s.readers++ // so that it is never absorbed
		}
		if !s.wanted || s.zero {
			continue
		}
		for _, a := range p.args[id] {
			if p.here(a) {
				p.at(a).wanted = true
				p.at(a).readers++
			}
		}
		if p.kind[id] == gradient && p.here(p.args[id][0]) {
			call := p.at(p.args[id][0])
			call.gradients = append(call.gradients, id)
		}
	}
}

// absorbSums decides which results are added to a sum in place of getting a
// register of their own. A sum is node 0 of no graph, since it has arguments.
func (p *plan) absorbSums() {
	for id := p.to - 1; id >= p.from; id-- {
		s := p.at(id)
		if !s.wanted || s.zero {
			continue
		}
		root := id
		if s.into != 0 {
			root = s.into
		}
		switch p.kind[id] {
		case addition:
			for _, a := range p.args[id] {
				if k := p.kindHere(a); k == addition || k == lincomb || k == scatter || k == fused || k == gradient {
					p.at(a).into = root
				}
			}
		case scatter:
			if k := p.kindHere(p.args[id][0]); k == lincomb || k == fused {
				a := p.at(p.args[id][0])
				a.into, a.part = root, p.op(id).Scatters()
			}
		}
	}
}

// kindHere returns the kind of a node of this run that nobody else reads, leaf
// for any other.
func (p *plan) kindHere(id int) kind {
	if !p.here(id) || p.at(id).zero || p.at(id).readers != 1 {
		return leaf
	}
	return p.kind[id]
}

// summarize lists what the program reads from outside and what vanishes.
func (p *plan) summarize() {
	seen := map[int]bool{}
	for _, u := range p.uses {
		for _, id := range u.reads {
			if !p.here(id) && !seen[id] {
				seen[id] = true
				p.external = append(p.external, id)
			}
		}
	}
	for id := p.from; id < p.to; id++ {
		if p.at(id).zero {
			if p.vanishing == nil {
				p.vanishing = map[int]bool{}
			}
			p.vanishing[id] = true
		}
	}
}

// program is a linear sequence of instructions, and the buffers they need.
type program struct {
	code []instruction
	// kept registers need a buffer that outlives the program.
	kept []int
	// scratch registers need a buffer that is free again after the program.
	scratch []placement
	// floating registers bring a buffer of their own.
	floating []int
	// external registers are read and belong to an earlier run of nodes.
	external []int
	// vanishing nodes are zero and have no value.
	vanishing map[int]bool

	bound []binding // buffers of the scratch registers
}

// placement puts a register into a block of the workspace.
type placement struct{ reg, block int }

// binding is a register with its buffer.
type binding struct {
	reg   int
	buf   gorgonia.Value
	array raw.Array
}

// bind gives a register a buffer.
func (p *program) bind(reg int, buf gorgonia.Value) {
	p.bound = append(p.bound, binding{reg, buf, raw.Of(buf)})
}

// load points the scratch registers at their buffers.
func (p *program) load(r *registers) {
	for _, b := range p.bound {
		r.values[b.reg], r.arrays[b.reg] = b.buf, b.array
	}
}

// run executes the program. A panic of an operation is returned as an error.
func (p *program) run(r *registers) (err error) {
	var i instruction
	defer func() {
		if e := recover(); e != nil {
			err = errors.Errorf("%v: %v", i, e)
		}
	}()
	for _, i = range p.code {
		if err := i.run(r); err != nil {
			return errors.Wrap(err, i.String())
		}
	}
	return nil
}

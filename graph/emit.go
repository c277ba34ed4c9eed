package graph

import (
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph/internal/operation"
)

// emit appends the instructions of a wanted node.
func (p *plan) emit(id int) {
	s, args := p.at(id), p.args[id]
	switch p.kind[id] {
	case leaf: // bound from outside
	case gradient: // written by the reverse call
	case shared:
		s.floating = true
		first, _ := p.op(id).Aliases()
		p.push(&share{op: p.op(id), src: args[0], dst: id, first: first, n: p.op(id).Shape().TotalSize(), valued: p.valued}, args, id)
	case addition:
		if s.into == 0 {
			p.pushSum(id)
		}
	case lincomb:
		switch {
		case s.part != nil:
			p.contribute(id, s.into, s.part)
		case s.into == 0:
			p.pushSum(id)
		}
	case scatter:
		if a := args[0]; !p.here(a) || p.at(a).part == nil {
			root := id
			if s.into != 0 {
				root = s.into
			}
			p.begin(root)
			p.contribute(id, root, nil)
		}
	case fused:
		if s.into != 0 {
			p.contribute(id, s.into, s.part)
			return
		}
		fallthrough
	case plain:
		p.needZeros(args)
		p.push(&compute{operands: newOperands(args), op: p.op(id), kernel: p.op(id).Kernel(), dst: id}, args, id)
	case native:
		p.needZeros(args)
		p.nodes[id].Op().(nativeOp).emit(p, id)
	case stock:
		p.needZeros(args)
		op := p.nodes[id].Op()
		if f := waveOf(p.nodes[id]); f != nil {
			p.push(&wave{op: op, f: f, src: args[0], dst: id}, args, id)
			return
		}
		if r := reductionOf(p.nodes[id]); r != nil {
			r.src, r.dst = args[0], id
			p.push(r, args, id)
			return
		}
		s.floating = true
		if into := readTarget(op); into != nil {
			p.push(&read{src: args[0], into: into}, args)
			return
		}
		do := &produce{args: args, in: make([]gorgonia.Value, len(args)), op: op, n: p.nodes[id], dst: id, t: p.table}
		if !operation.Own(op) {
			do.probes = p.probes
			if isObject(op) && p.objects[op] > 1 { // in an outer graph too, where one node each is in order
				do.probes = stateProbes
			}
		}
		p.push(do, args, id)
	}
}

func (p *plan) push(i instruction, reads []int, writes ...int) {
	p.code = append(p.code, i)
	p.uses = append(p.uses, use{reads: reads, writes: writes})
}

// begin zeroes the flat vector root before parts are added to it.
func (p *plan) begin(root int) {
	if s := p.at(root); !s.started {
		s.started = true
		p.push(&zero{root}, nil, root)
	}
}

// contribute appends the addition of a result to the sum root, or to a part of
// it. Whatever comes first overwrites.
func (p *plan) contribute(id, root int, part *operation.Scatter) {
	if part != nil {
		p.begin(root)
	}
	s, args := p.at(root), p.args[id]
	p.push(newAccumulate(p.op(id), args, root, part, !s.started), args, root)
	s.started = true
}

// pushSum appends the linear terms of a sum; its products have accumulated
// before.
func (p *plan) pushSum(id int) {
	terms := p.terms(id, nil)
	if len(terms) == 0 {
		return
	}
	var reads []int
	for _, t := range terms {
		reads = append(reads, t.x)
		if t.scale >= 0 {
			reads = append(reads, t.scale)
		}
		if t.weights >= 0 {
			reads = append(reads, t.weights)
		}
	}
	s := p.at(id)
	p.push(newSum(terms, id, s.started, p.nodes), reads, id)
	s.started = true
}

// terms appends the linear terms of a sum, looking through the sums that it
// has absorbed and leaving out what vanishes and what accumulates.
func (p *plan) terms(id int, to []term) []term {
	if p.kind[id] == lincomb {
		specs, scale, weights := p.op(id).(combination).Terms()
		for i, spec := range specs {
			if p.vanishes(p.args[id][i]) {
				continue
			}
			t := term{x: p.args[id][i], c: spec.C, scale: -1, weights: -1}
			if spec.Scaled {
				t.scale = p.args[id][scale]
			}
			if spec.Weight > 0 {
				t.weights, t.weight = p.args[id][weights], spec.Weight-1
			}
			to = append(to, t)
		}
		return to
	}
	for _, a := range p.args[id] {
		switch {
		case p.vanishes(a):
		case !p.here(a) || p.at(a).into == 0:
			to = append(to, term{x: a, c: 1, scale: -1, weights: -1})
		case p.kind[a] == addition || p.kind[a] == lincomb:
			to = p.terms(a, to)
		}
	}
	return to
}

// needZeros provides zeros for arguments that vanish where the operation wants
// a value all the same.
func (p *plan) needZeros(args []int) {
	for _, a := range args {
		if p.vanishes(a) && !p.at(a).started {
			p.at(a).started = true
			p.push(&zero{a}, nil, a)
		}
	}
}

package graph

import "slices"

// A span is a run of instructions that make up a phase.
type span struct {
	from, to int
	steps    []rowStep
}

// formPhases reorders the program so that instructions that work row by row come
// in long runs, and returns these. Instructions that do not, such as the
// gradients of weights, which sum over the rows, move before a run if they do
// not depend on it, and behind it otherwise, where nothing in it depends on
// them. Each instruction is looked at once.
func (p *plan) formPhases() []span {
	s := schedule{plan: p, marks: make([]mark, len(p.state)), phase: 1}
	code, uses := p.code, p.uses
	p.code, p.uses = make([]instruction, 0, len(code)), make([]use, 0, len(uses))
	for i, c := range code {
		u := uses[i]
		if ordered(c) {
			s.close()
			p.push(c, u.reads, u.writes...)
			continue
		}
		if step := p.rowStep(c); step.rows > 0 && (len(s.steps) == 0 || step.rows == s.steps[0].rows) {
			switch {
			case step.sum == nil:
				if s.conflicts(u, after|whole|summed) || s.writes(step.whole) {
					s.close()
				}
				s.add(step, u, during)
				s.note(use{reads: step.whole}, whole)
				continue
			case s.canSum(step, u):
				s.add(step, u, summed)
				continue
			}
		}
		if !s.conflicts(u, during|after|summed) {
			p.push(c, u.reads, u.writes...)
			continue
		}
		s.after = append(s.after, delayed{c, u})
		s.note(u, after)
	}
	s.close()
	return s.spans
}

// ordered reports whether an instruction does more than write its registers, so
// that it must keep its place.
func ordered(i instruction) bool {
	switch i.(type) {
	case *compute, *accumulate, *sum, *zero, *share, *produce:
		return false
	}
	return true
}

// schedule is the phase being formed.
type schedule struct {
	*plan
	steps  []rowStep
	during []use // registers that each step uses
	after  []delayed
	marks  []mark // marks of the registers of the run
	phase  int    // number of the phase
	spans  []span
}

type delayed struct {
	instruction
	use
}

// A group says when a register is used, with respect to a phase.
type group uint8

const (
	during group = 1 << iota
	whole        // during the phase, by every row
	summed       // at the end of the phase, as a sum over rows
	after
)

// add appends a step to the phase, whose result is written as the group says.
func (s *schedule) add(step rowStep, u use, written group) {
	s.steps = append(s.steps, step)
	s.during = append(s.during, u)
	s.note(use{reads: u.reads}, during)
	s.note(use{writes: u.writes}, written)
}

// canSum reports whether the phase can form a sum over rows. It cannot if an
// operand, or what is in the place of the result, is there only after the phase,
// or if the place is used otherwise.
func (s *schedule) canSum(step rowStep, u use) bool {
	if s.conflicts(use{reads: u.reads}, after|whole|summed) || s.conflicts(use{writes: u.writes}, during|whole|after) {
		return false
	}
	for _, other := range s.steps {
		t, o := step.into, other.into
		if other.sum != nil && t.reg == o.reg && t != o && t.from < o.to && o.from < t.to {
			return false
		}
	}
	return true
}

// mark says in which groups of a phase a register is read and written.
type mark struct {
	phase         int
	read, written group
}

// mark returns the mark of a register, nil if it belongs to an earlier run and
// is only read.
func (s *schedule) mark(id int) *mark {
	if !s.here(id) {
		return nil
	}
	m := &s.marks[id-s.from]
	if m.phase != s.phase {
		*m = mark{phase: s.phase}
	}
	return m
}

func (s *schedule) note(u use, g group) {
	for _, id := range u.reads {
		if m := s.mark(id); m != nil {
			m.read |= g
		}
	}
	for _, id := range u.writes {
		if m := s.mark(id); m != nil {
			m.written |= g
		}
	}
}

// conflicts reports whether an instruction must stay behind those of the groups.
func (s *schedule) conflicts(u use, g group) bool {
	for _, id := range u.reads {
		if m := s.mark(id); m != nil && m.written&g != 0 {
			return true
		}
	}
	for _, id := range u.writes {
		if m := s.mark(id); m != nil && (m.read|m.written)&g != 0 {
			return true
		}
	}
	return false
}

// writes reports whether the phase writes one of the registers.
func (s *schedule) writes(ids []int) bool {
	for _, id := range ids {
		if m := s.mark(id); m != nil && m.written&during != 0 {
			return true
		}
	}
	return false
}

// close appends the phase and what comes behind it to the program.
func (s *schedule) close() {
	from, work := len(s.code), 0
	for i, step := range s.steps {
		work += step.work
		u := s.during[i]
		if i == len(s.steps)-1 { // what is read whole stays until the last row is through
			u.reads = slices.Clone(u.reads)
			for _, other := range s.steps {
				u.reads = append(u.reads, other.whole...)
			}
		}
		s.push(step.instruction, u.reads, u.writes...)
	}
	if len(s.steps) > 1 && work >= phaseWork {
		s.spans = append(s.spans, span{from, len(s.code), s.steps})
	}
	for _, d := range s.after {
		s.push(d.instruction, d.reads, d.writes...)
	}
	s.steps, s.during, s.after = nil, nil, nil
	s.phase++
}

// joinPhases puts each phase in the place of its instructions.
func (p *plan) joinPhases(spans []span) {
	if len(spans) == 0 {
		return
	}
	var code []instruction
	at := 0
	for _, s := range spans {
		code = append(code, p.code[at:s.from]...)
		code = append(code, newPhase(s.steps))
		at = s.to
	}
	p.code = append(code, p.code[at:]...)
}

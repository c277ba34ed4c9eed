package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/raw"
)

// assignBuffers places every register that needs a buffer: kept ones are left
// to the owner of the program, the others share blocks of a workspace as their
// lives allow.
func (p *plan) assignBuffers() {
	last := p.lastUses()
	free := map[form][]int{}
	blocks := map[form]int{}
	placed := make([]bool, p.to-p.from)
	dying := make([][]int, len(p.code))
	for i, u := range p.uses {
		for _, id := range u.writes {
			if placed[id-p.from] {
				continue
			}
			placed[id-p.from] = true
			end := last[id-p.from]
			switch {
			case p.at(id).floating:
				p.floating = append(p.floating, id)
			case end == forever:
				p.kept = append(p.kept, id)
			default:
				f := formOf(p.nodes[id])
				var b int
				if n := len(free[f]); n > 0 {
					b, free[f] = free[f][n-1], free[f][:n-1]
				} else {
					b = blocks[f]
					blocks[f]++
				}
				p.scratch = append(p.scratch, placement{reg: id, block: b})
				dying[max(end, i)] = append(dying[max(end, i)], len(p.scratch)-1)
			}
		}
		for _, j := range dying[i] {
			s := p.scratch[j]
			f := formOf(p.nodes[s.reg])
			free[f] = append(free[f], s.block)
		}
	}
}

const forever = int(^uint(0) >> 1)

// lastUses returns, for each register of the run, the last instruction that
// may read its memory.
func (p *plan) lastUses() []int {
	last := make([]int, p.to-p.from)
	for id := p.from; id < p.to; id++ {
		if p.nodes[id] != nil && p.keep(id) {
			last[id-p.from] = forever
		}
	}
	for i := len(p.uses) - 1; i >= 0; i-- {
		u := p.uses[i]
		end := i
		for _, w := range u.writes {
			if p.at(w).floating { // what it shares lives as long as it does
				end = max(end, last[w-p.from])
			}
		}
		for _, a := range u.reads {
			if p.here(a) {
				last[a-p.from] = max(last[a-p.from], end)
			}
		}
	}
	return last
}

// form is what makes two blocks interchangeable. In a phase, processors are at
// different instructions, so that what shares a block must have the same rows.
type form struct {
	dtype      tensor.Dtype
	rows, size int
}

func formOf(n *gorgonia.Node) form {
	f := form{dtype: n.Dtype(), rows: 1, size: n.Shape().TotalSize()}
	if s := n.Shape(); len(s) == 2 {
		f.rows = s[0]
	}
	return f
}

// workspace is memory that programs of one owner use in turn.
type workspace struct {
	blocks map[form][]*tensor.Dense
}

// place returns a value for node n in block b of the workspace.
func (w *workspace) place(n *gorgonia.Node, b int) gorgonia.Value {
	if len(n.Shape()) == 0 {
		return raw.New(n.Dtype(), nil)
	}
	f := formOf(n)
	if w.blocks == nil {
		w.blocks = map[form][]*tensor.Dense{}
	}
	for len(w.blocks[f]) <= b {
		w.blocks[f] = append(w.blocks[f], tensor.New(tensor.Of(f.dtype), tensor.WithShape(f.size)))
	}
	return raw.View(w.blocks[f][b], 0, n.Shape())
}

// bytes returns the size of the workspace.
func (w *workspace) bytes() int {
	n := 0
	for f, b := range w.blocks {
		n += len(b) * f.size * int(f.dtype.Size())
	}
	return n
}

package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/ops"
)

// A phase is a run of instructions that work row by row. Instead of finishing
// one before it starts the next, each processor takes a few rows at a time
// through all of them. The rows stay in its cache, and the processors wait for
// each other once in a phase rather than once in an instruction. The results are
// the same bits.
type phase struct {
	steps []rowStep
	rows  int
	// packs are the products that pack their right factor, shares those that find
	// it packed.
	packs  []ops.RowProduct
	shares []sharedFactor
	task   func(lo, hi int)
}

// rowStep is an instruction of a phase.
type rowStep struct {
	instruction // the same for all rows at once
	rows        int
	whole       []int // registers of which every row reads all
	work        int   // multiply-adds
	bind        func(r []gorgonia.Value)
	compute     func(lo, hi int)
	product     ops.RowProduct // nil if it is none
	right       factor
}

// factor is the right factor of a product.
type factor struct {
	reg        int
	transposed bool
}

type sharedFactor struct{ product, packed ops.RowProduct }

var (
	// phaseGrain is the number of rows that go through a phase at a time: whole
	// tiles of the products, and few enough for a cache.
	phaseGrain = 24
	// phaseWork is the number of multiply-adds from which on a phase pays: what a
	// processor does in the time it takes to wake another one.
	phaseWork = 1 << 18
)

func newPhase(steps []rowStep) *phase {
	f := &phase{steps: steps, rows: steps[0].rows}
	f.task = f.compute
	packed := map[factor]ops.RowProduct{}
	for _, s := range steps {
		if s.product == nil {
			continue
		}
		if p, ok := packed[s.right]; ok {
			f.shares = append(f.shares, sharedFactor{s.product, p})
			continue
		}
		packed[s.right] = s.product
		f.packs = append(f.packs, s.product)
	}
	return f
}

func (f *phase) run(r []gorgonia.Value) error {
	if !ops.DefaultBLAS() {
		for _, s := range f.steps {
			if err := s.run(r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, s := range f.steps {
		s.bind(r)
	}
	for _, p := range f.packs {
		p.Pack()
	}
	for _, s := range f.shares {
		s.product.Share(s.packed)
	}
	kernel.Parallel(f.rows, phaseGrain, f.task)
	return nil
}

// compute takes the rows lo to hi through the phase.
func (f *phase) compute(lo, hi int) {
	for _, s := range f.steps {
		s.compute(lo, hi)
	}
}

func (f *phase) String() string { return "phase" }

// rowStep returns an instruction as a step of a phase, with rows 0 if it cannot
// be one.
func (p *plan) rowStep(i instruction) rowStep {
	switch i := i.(type) {
	case *compute:
		if op, ok := i.op.(*ops.Op); ok {
			return p.operationByRows(i, op, &i.operands, i.dst, false)
		}
	case *accumulate:
		if i.into == nil {
			return p.operationByRows(i, i.op, &i.operands, i.dst, !i.first)
		}
	case *sum:
		shape, ok := p.rows(i.dst)
		if !ok {
			break
		}
		s := rowStep{instruction: i, rows: shape[0], work: len(i.terms) * shape.TotalSize(), compute: i.work.rows}
		for _, t := range i.terms {
			for _, w := range []int{t.scale, t.weights} {
				if w >= 0 {
					s.whole = append(s.whole, w)
				}
			}
		}
		s.bind = i.bind
		return s
	}
	return rowStep{}
}

// rows returns the shape of a result, and whether it is a matrix of enough rows
// for a phase.
func (p *plan) rows(id int) (shape tensor.Shape, ok bool) {
	shape = p.nodes[id].Shape()
	return shape, len(shape) == 2 && shape[0] >= 2*phaseGrain
}

func (p *plan) operationByRows(i instruction, op *ops.Op, o *operands, dst int, accumulate bool) rowStep {
	shape, ok := p.rows(dst)
	if !ok {
		return rowStep{}
	}
	w, leading := op.Rowwise(accumulate)
	if w == nil {
		return rowStep{}
	}
	s := rowStep{instruction: i, rows: shape[0], whole: o.args[leading:], work: shape.TotalSize(), compute: w.Rows}
	s.bind = func(r []gorgonia.Value) { w.Bind(r[dst], o.gather(r)) }
	if product, ok := w.(ops.RowProduct); ok {
		operand, transposed := product.Right()
		s.product, s.right = product, factor{o.args[operand], transposed}
		s.work *= p.nodes[o.args[0]].Shape()[1]
	}
	return s
}

package graph

import (
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/internal/kernel"
	"github.com/regnde/regnde/graph/internal/operation"
	"github.com/regnde/regnde/graph/internal/raw"
)

// A phase is a run of instructions that work row by row. Instead of finishing
// one before it starts the next, each processor takes a few rows at a time
// through all of them. The rows stay in its cache, and the processors wait for
// each other once in a phase rather than once in an instruction. The results are
// the same bits.
//
// What sums over the rows, such as the gradient of a weight, adds them up in
// several parts of fixed rows, each of which one processor takes.
type phase struct {
	steps []rowStep
	rows  int
	// packs are the products that pack their right factor.
	packs []operation.RowProduct
	stale []operation.RowProduct // those of them whose factor has changed since
	// shares are the products that find their right factor packed.
	shares []sharedFactor
	// sums are the different results of the sums over rows.
	sums []*rowStep

	pack, block, part, total func(lo, hi int) // methods packAll, compute, addUp and finish, bound once
}

// rowStep is an instruction of a phase.
type rowStep struct {
	instruction // computes all rows at once
	rows        int
	whole       []int // registers that every row reads as a whole
	work        int   // number of multiply-adds
	bind        func(s *rowStep, r *registers)
	compute     func(lo, hi int)
	product     operation.RowProduct // product that the step is, nil if it is none
	right       factor
	sum         operation.RowSum // sum over rows that the step is, nil if it is none
	into        target           // place of the sum
	add         bool             // whether the sum is added to what its place holds
	dst         raw.Array
}

// target is where a sum over rows goes: some elements of a register.
type target struct{ reg, from, to int }

// factor is the right factor of a product.
type factor struct {
	reg        int
	transposed bool
}

type sharedFactor struct{ product, packed operation.RowProduct }

var (
	// phaseGrain is the number of rows that go through a phase at a time: whole
	// tiles of the products, and few enough for a cache.
	phaseGrain = 24
	// phaseWork is the number of multiply-adds from which on a phase pays: what a
	// processor does in the time it takes to wake another one.
	phaseWork = 1 << 18
	// phaseParts is the number of parts in which sums over rows are formed: more
	// processors than that find no work.
	phaseParts = 8
	// sumGrain is the number of rows that go through a phase with sums at a time.
	// Each time all of a sum is read and written, so there are more of them.
	sumGrain = 72
)

func newPhase(steps []rowStep) *phase {
	f := &phase{steps: steps, rows: steps[0].rows}
	f.pack, f.block, f.part, f.total = f.packAll, f.compute, f.addUp, f.finish
	packed := map[factor]operation.RowProduct{}
	sums := map[target]operation.RowSum{}
	for i, s := range steps {
		if s.sum != nil {
			if other, ok := sums[s.into]; ok {
				s.sum.Share(other)
				continue
			}
			sums[s.into] = s.sum
			f.sums = append(f.sums, &f.steps[i])
			continue
		}
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
	f.stale = make([]operation.RowProduct, 0, len(f.packs))
	return f
}

func (f *phase) run(r *registers) error {
	if !kernel.InUse() {
		for _, s := range f.steps {
			if err := s.run(r); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range f.steps {
		f.steps[i].bind(&f.steps[i], r)
	}
	f.stale = f.stale[:0]
	for _, p := range f.packs {
		if !p.Packed() {
			f.stale = append(f.stale, p)
		}
	}
	if len(f.stale) > 2 {
		kernel.Parallel(len(f.stale), 1, f.pack)
	} else {
		f.pack(0, len(f.stale)) // each of which is shared out
	}
	for _, s := range f.shares {
		s.product.Share(s.packed)
	}
	if len(f.sums) == 0 {
		kernel.Parallel(f.rows, phaseGrain, f.block)
		return nil
	}
	for _, s := range f.sums {
		s.sum.Reserve(f.parts())
	}
	kernel.Parallel(f.parts(), 1, f.part)
	kernel.Parallel(len(f.sums), 1, f.total)
	return nil
}

// packAll packs the right factors of some products.
func (f *phase) packAll(from, to int) {
	for _, p := range f.stale[from:to] {
		p.Pack()
	}
}

// compute takes the rows lo to hi through a phase without sums.
func (f *phase) compute(lo, hi int) {
	for i := range f.steps {
		f.steps[i].compute(lo, hi)
	}
}

// parts is the number of parts that the rows are cut into.
func (f *phase) parts() int { return min(phaseParts, f.rows/phaseGrain) }

// firstRow returns where a part begins. The parts have about as many rows, in whole
// tiles, so that processors finish together.
func (f *phase) firstRow(part int) int {
	if part == f.parts() {
		return f.rows
	}
	tiles := min(12, phaseGrain) // of any height
	return part * f.rows / f.parts() / tiles * tiles
}

// addUp takes some parts through the phase.
func (f *phase) addUp(from, to int) {
	for part := from; part < to; part++ {
		last := f.firstRow(part + 1)
		for lo := f.firstRow(part); lo < last; lo += sumGrain {
			hi := min(lo+sumGrain, last)
			for i := range f.steps {
				if s := &f.steps[i]; s.sum != nil {
					s.sum.Rows(part, lo, hi)
				} else {
					s.compute(lo, hi)
				}
			}
		}
	}
}

// finish adds up the parts of some sums.
func (f *phase) finish(from, to int) {
	for _, s := range f.sums[from:to] {
		s.sum.AddTo(s.dst, s.add)
	}
}

func (f *phase) String() string { return "phase" }

// rowStep returns an instruction as a step of a phase, with rows 0 if it cannot
// be one.
func (p *plan) rowStep(i instruction) rowStep {
	switch i := i.(type) {
	case *compute:
		if s := p.sumOverRows(i, i.op, &i.operands, i.dst, 0); s.rows > 0 {
			s.bind = func(s *rowStep, r *registers) { s.sum.Bind(i.gather(r)); s.dst = r.arrays[i.dst] }
			return s
		}
		return p.operationByRows(i, i.op, &i.operands, i.dst, false)
	case *accumulate:
		offset := 0
		if i.into != nil {
			offset = i.into.Offset
		}
		if s := p.sumOverRows(i, i.op, &i.operands, i.dst, offset); s.rows > 0 {
			s.add = !i.first || i.into != nil
			s.bind = func(s *rowStep, r *registers) { s.sum.Bind(i.gather(r)); s.dst = i.destination(r) }
			return s
		}
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
		s.bind = func(_ *rowStep, r *registers) { i.bind(r) }
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

func (p *plan) operationByRows(i instruction, op operation.Op, o *operands, dst int, accumulate bool) rowStep {
	shape, ok := p.rows(dst)
	if !ok {
		return rowStep{}
	}
	w, leading := op.Rowwise(accumulate)
	if w == nil {
		return rowStep{}
	}
	s := rowStep{instruction: i, rows: shape[0], whole: o.args[leading:], work: shape.TotalSize(), compute: w.Rows}
	s.bind = func(_ *rowStep, r *registers) { w.Bind(r.arrays[dst], o.gather(r)) }
	if product, ok := w.(operation.RowProduct); ok {
		operand, transposed := product.Right()
		s.product, s.right = product, factor{o.args[operand], transposed}
		s.work *= p.nodes[o.args[0]].Shape()[1]
	}
	return s
}

// sumOverRows is rowStep for an operation that sums over the rows of its
// operands. Its result goes to dst, from an element on.
func (p *plan) sumOverRows(i instruction, op operation.Op, o *operands, dst, from int) rowStep {
	sum, rows := op.RowSum()
	if sum == nil || rows < 2*phaseGrain {
		return rowStep{}
	}
	size := op.Shape().TotalSize()
	return rowStep{instruction: i, rows: rows, work: rows * size, sum: sum, into: target{dst, from, from + size}}
}

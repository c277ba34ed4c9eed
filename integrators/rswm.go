package integrators

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// brownian holds the noise of one solve: Brownian paths W and Z of matrices
// (rows, cols), known at the times at which steps ended or were tried to end. It
// is rejection sampling with memory (RSwM3) of Rackauckas and Nie: the noise of a
// rejected step is not thrown away, which would favour small noise, but becomes a
// Brownian bridge, the law of the path within the step given what is known of it.
//
// The pieces of path between known times lie on two stacks: those of the present
// step, the last one on top, and those of the future, the next one on top. The
// present step is [from, to]:
//
//	b.prepare(to)   ends the present step and makes the next one
//	b.reject(to)    cuts the present step short
//
// after which dW and dZ are its increments. Once it is accepted, fill reads W inside
// of it. Times are those of the solver and run forwards. They are kept instead of
// lengths so that rounding does not add up; two times closer than resolution count as
// one. Nothing is allocated once the stacks have their size.
//
// Z stands for the integral of W over a step, I(1,0) = h(ΔW + ΔZ/√3)/2, and is joined
// and split with W (bridge.go): steps of any length, or a path of pieces shorter than
// they are, have the integrals of one path.
//
// C. Rackauckas and Q. Nie, Adaptive methods for stochastic differential equations
// via natural embeddings and rejection sampling with memory, Discrete and
// Continuous Dynamical Systems B 22 (2017), 2731–2761.
type brownian struct {
	rows, cols int
	resolution float64
	increments streams   // what is drawn whole
	bridges    streams   // what is split for steps; these do not change what is drawn whole
	fills      streams   // what is split inside of accepted steps; these do not change the steps
	n1, n2     []float64 // normal variables of a split

	noise    Noise
	known    int       // increments taken from noise.Path
	drawn    int       // intervals drawn of noise.Grid
	t0, t1   float64   // time span of the grid
	horizon  float64   // end of the path that was taken or drawn
	from, to float64   // the present step
	dw, dz   []float64 // increments of the present step, dz nil without Z
	filled   int       // pieces of the present step read by fill
	inside   []float64 // W there, from the start of the step on
	present  []*piece
	future   []*piece
	free     []*piece
}

// streams draw matrices of normal variables for W and Z; z is nil without Z.
type streams struct{ w, z *rowNormals }

// piece is a part of the paths between two known times.
type piece struct {
	start, end float64
	dw, dz     []float64
}

func (p *piece) length() float64 { return p.end - p.start }

// newBrownian returns the noise of states (rows, cols), with Z or without. It has
// to be started.
func newBrownian(rows, cols int, useZ bool) *brownian {
	matrix := func() []float64 { return make([]float64, rows*cols) }
	b := &brownian{rows: rows, cols: cols, dw: matrix(), inside: matrix()}
	all := []*streams{&b.increments, &b.bridges, &b.fills}
	for _, s := range all {
		s.w = newRowNormals(rows, cols)
	}
	if useZ {
		b.dz, b.n1, b.n2 = matrix(), matrix(), matrix()
		for _, s := range all {
			s.z = newRowNormals(rows, cols)
		}
	}
	return b
}

// start begins a solve over [t0, t1], t0 ≤ t1, before the first step. The noise
// stays the caller's and must not change until the next start. The error says what
// does not fit.
func (b *brownian) start(noise *Noise, t0, t1 float64) error {
	n := noise.withDefaults()
	resolution := 1e-14 * max(math.Abs(t0), math.Abs(t1))
	if err := n.validate(b.rows, b.cols, 2*resolution); err != nil {
		return err
	}
	b.noise, b.resolution = n, resolution
	b.known, b.drawn = 0, 0
	b.horizon, b.from, b.to = t0, t0, t0
	b.free = append(append(b.free, b.present...), b.future...)
	b.present, b.future = b.present[:0], b.future[:0]
	clear(b.dw)
	clear(b.dz)
	// W is seeded alike with and without Z.
	seedRows(n.Seed, n.Keys, b.increments.w, b.bridges.w, b.increments.z, b.bridges.z, b.fills.w, b.fills.z)

	b.t0, b.t1 = t0, t1
	for _, in := range n.Path {
		b.t0 += in.Length
	}
	if b.t1-b.t0 <= 2*resolution*float64(b.noise.Grid) {
		b.noise.Grid = 0
	}
	return nil
}

// prepare accepts the present step and makes [b.to, to] the next one.
func (b *brownian) prepare(to float64) {
	b.free = append(b.free, b.present...)
	b.present = b.present[:0]
	b.from = b.to
	for {
		p := b.next(to)
		p.start = b.to
		if p.end > to+b.resolution {
			left := b.split(p, to, b.bridges)
			b.future = append(b.future, p)
			p = left
		}
		b.present = append(b.present, p)
		b.to = p.end
		if b.to >= to-b.resolution {
			break
		}
	}
	b.to = to
	b.add()
}

// reject makes [b.from, to] the present step, which was not shorter. What is known
// beyond it is kept for the future.
func (b *brownian) reject(to float64) {
	for {
		last := len(b.present) - 1
		p := b.present[last]
		if p.end <= to+b.resolution {
			break
		}
		b.future = append(b.future, p)
		if last > 0 && p.start >= to-b.resolution {
			b.present = b.present[:last]
			continue
		}
		b.present[last] = b.split(p, to, b.bridges)
		break
	}
	b.to = to
	b.add()
}

// dW returns the increment of W over the present step, which is not the caller's.
func (b *brownian) dW() []float64 { return b.dw }

// dZ returns the increment of Z over the present step, nil if the method does not
// use it.
func (b *brownian) dZ() []float64 { return b.dz }

// add computes the increments of the present step.
func (b *brownian) add() {
	b.filled = 0
	clear(b.inside)
	copy(b.dw, b.present[0].dw)
	copy(b.dz, b.present[0].dz)
	length := b.present[0].length()
	for _, p := range b.present[1:] {
		b.join(length, p)
		length += p.length()
	}
}

// fill returns W(t) - W(from), which is not the caller's, for a time t within the
// present step, which has been accepted: what is known of it is used up. Times must
// ascend. What is drawn depends on the times asked for, but no step does.
func (b *brownian) fill(t float64) []float64 {
	for ; b.filled < len(b.present); b.filled++ {
		p := b.present[b.filled]
		if p.start >= t-b.resolution {
			break
		}
		if p.end > t+b.resolution {
			left := b.split(p, t, b.fills)
			floats.Add(b.inside, left.dw)
			b.free = append(b.free, left)
			break
		}
		floats.Add(b.inside, p.dw)
	}
	return b.inside
}

// next returns the next piece from b.to on. One that is drawn without being given
// ends at to.
func (b *brownian) next(to float64) *piece {
	if n := len(b.future); n > 0 {
		p := b.future[n-1]
		b.future = b.future[:n-1]
		return p
	}
	return b.draw(to)
}

// given reports whether draw returns a piece whose end does not depend on steps.
func (b *brownian) given() bool { return b.known < len(b.noise.Path) || b.drawn < b.noise.Grid }

// draw returns the piece that follows all that is known: an increment of the path
// of the user's own, an interval of the grid or, after these, [b.to, to].
func (b *brownian) draw(to float64) *piece {
	p := b.newPiece()
	begin := b.horizon
	var in Increment
	switch {
	case b.known < len(b.noise.Path):
		in = b.noise.Path[b.known]
		p.end = begin + in.Length
		b.known++
	case b.drawn < b.noise.Grid:
		b.drawn++
		x := float64(b.drawn) / float64(b.noise.Grid)
		p.end = (1-x)*b.t0 + x*b.t1
	default:
		begin, p.end = b.to, to
	}
	b.horizon = p.end
	sd := math.Sqrt(p.end - begin)
	take(p.dw, in.DW, b.increments.w, sd)
	if p.dz != nil {
		take(p.dz, in.DZ, b.increments.z, sd)
	}
	return p
}

// take stores a given increment, or one that is drawn if nil.
func take(dst, given []float64, n *rowNormals, sd float64) {
	if given != nil {
		copy(dst, given)
		return
	}
	clear(dst)
	n.addTo(dst, sd)
}

func (b *brownian) newPiece() *piece {
	if n := len(b.free); n > 0 {
		p := b.free[n-1]
		b.free = b.free[:n-1]
		return p
	}
	p := &piece{dw: make([]float64, len(b.dw))}
	if b.dz != nil {
		p.dz = make([]float64, len(b.dz))
	}
	return p
}

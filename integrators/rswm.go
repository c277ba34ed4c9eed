package integrators

import (
	"math"
	"slices"

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
// after which dW and dZ are its increments. Times are those of the solver and run
// forwards. They are kept instead of lengths so that rounding does not add up; two
// times closer than resolution count as one. Nothing is allocated once the stacks
// have their size.
//
// W and Z are independent here, and each refines by itself. The increments of a
// step have the joint law of ΔW and I(1,0), but I(1,0) over a step is not made up
// of those over parts of it. Solves that follow the same W with different steps
// hence agree to order 1, not 3/2, unless W enters the solution only by its values.
//
// C. Rackauckas and Q. Nie, Adaptive methods for stochastic differential equations
// via natural embeddings and rejection sampling with memory, Discrete and
// Continuous Dynamical Systems B 22 (2017), 2731–2761.
type brownian struct {
	rows, cols int
	w, z       wiener // z has no streams if the method does not use it
	resolution float64

	noise    Noise
	known    int       // increments taken from noise.Path
	drawn    int       // intervals drawn of noise.Grid
	t0, t1   float64   // the grid's
	horizon  float64   // end of what was taken or drawn
	from, to float64   // the present step
	at       []float64 // W(from)
	dw, dz   []float64 // increments of the present step
	present  []*piece
	future   []*piece
	free     []*piece
}

// wiener draws the increments of a Wiener process. Bridges have streams of their
// own, so that they do not change what is drawn for the grid.
type wiener struct{ increments, bridges *rowNormals }

// piece is a part of the paths between two known times.
type piece struct {
	start, end float64
	dw, dz     []float64
}

// newBrownian returns the noise of states (rows, cols), with Z or without. It has
// to be started.
func newBrownian(rows, cols int, useZ bool) *brownian {
	b := &brownian{rows: rows, cols: cols, at: make([]float64, rows*cols), dw: make([]float64, rows*cols)}
	b.w = wiener{newRowNormals(rows, cols), newRowNormals(rows, cols)}
	if useZ {
		b.dz = make([]float64, rows*cols)
		b.z = wiener{newRowNormals(rows, cols), newRowNormals(rows, cols)}
	}
	return b
}

// start begins a solve over [t0, t1], t0 < t1, before the first step. The noise
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
	for _, x := range [][]float64{b.at, b.dw, b.dz} {
		clear(x)
	}
	// W is seeded alike with and without Z.
	matrices := []*rowNormals{b.w.increments, b.w.bridges, b.z.increments, b.z.bridges}
	if b.dz == nil {
		matrices = matrices[:2]
	}
	seedRows(n.Seed, n.Keys, matrices...)

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
	floats.Add(b.at, b.dw)
	b.free = append(b.free, b.present...)
	b.present = b.present[:0]
	b.from = b.to
	for {
		p := b.next(to)
		p.start = b.to
		if p.end > to+b.resolution {
			left := b.split(p, to)
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
		b.present[last] = b.split(p, to)
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

// value stores W(t) - W(t0) in dst, for t within the present step, and remembers
// it where it was not known.
func (b *brownian) value(t float64, dst []float64) {
	copy(dst, b.at)
	for i, p := range b.present {
		if p.start >= t-b.resolution {
			return
		}
		if p.end > t+b.resolution {
			p = b.split(p, t)
			b.present = slices.Insert(b.present, i, p)
		}
		floats.Add(dst, p.dw)
		if p.end >= t {
			return
		}
	}
}

// add computes the increments of the present step.
func (b *brownian) add() {
	clear(b.dw)
	clear(b.dz)
	for _, p := range b.present {
		floats.Add(b.dw, p.dw)
		floats.Add(b.dz, p.dz)
	}
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
	take(p.dw, in.DW, b.w, sd)
	if p.dz != nil {
		take(p.dz, in.DZ, b.z, sd)
	}
	return p
}

// take stores a given increment, or one that is drawn if nil.
func take(dst, given []float64, w wiener, sd float64) {
	if given != nil {
		copy(dst, given)
		return
	}
	clear(dst)
	w.increments.addTo(dst, sd)
}

// split cuts p at time t: it returns the part before t and leaves the part after
// it in p. With q the fraction of the first part and L the length of p, its
// increment is that of a Brownian bridge, normal of mean q·ΔW and variance
// q(1-q)L.
func (b *brownian) split(p *piece, t float64) *piece {
	left := b.newPiece()
	length := p.end - p.start
	q := (t - p.start) / length
	sd := math.Sqrt(q * (1 - q) * length)
	bridge(left.dw, p.dw, b.w, q, sd)
	if p.dz != nil {
		bridge(left.dz, p.dz, b.z, q, sd)
	}
	left.start, left.end = p.start, t
	p.start = t
	return left
}

// bridge splits the increment right into left, its fraction q and normal noise,
// and the rest.
func bridge(left, right []float64, w wiener, q, sd float64) {
	floats.ScaleTo(left, q, right)
	w.bridges.addTo(left, sd)
	floats.Sub(right, left)
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

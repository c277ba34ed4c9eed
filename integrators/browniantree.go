package integrators

import (
	"math"
	"math/bits"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"github.com/regnde/regnde/graph/parallel"
)

// brownianTree is a virtual Brownian tree: the paths W and Z of matrices (rows, cols)
// as a function of time, seed and key of the row alone, whatever is asked for and in
// which order. Nothing has to be remembered of a rejected step.
//
// Below the time span, whose increments are drawn first, lies a binary tree of
// intervals. Each has a random stream of its own, numbered as in a heap, with which it
// is split in the middle into two; one of the deepest level is split with it at the
// time that is asked for. That level's intervals are no longer than Noise.Tree. Two
// times in one of them use the same normal variables, so that the law of the path
// between them is not that of Brownian motion. Kept are the intervals on the way to
// the last time, where most ways to the next one begin.
//
// It has Z whether the method uses it or not, so that all methods follow one path.
//
// A. Jelinčič, J. Foster and P. Kidger, Single-seed generation of Brownian paths and
// integrals for adaptive and high order SDE solvers, arXiv:2405.06464 (2024).
type brownianTree struct {
	rows, cols int
	depth      int // levels below the time span
	t0, t1     float64
	useZ       bool

	roots []rowRoot
	draws *rowNormals
	way   []treeNode // from the whole time span down to the last one visited
	nodes int        // nodes of the way that are in use
	job   treeSplit  // what splitRows does

	rowsOfSplit func(lo, hi int) // splitRows, made once

	from, to treePoint // the present step
	within   treePoint
	dw, dz   []float64 // increments of the present step
	inside   []float64 // W within it, from its start on
	n1, n2   []float64 // normal variables of a split

	other, rest piece // parts of an interval that are not kept
}

// rowRoot is what the streams of a row are made from.
type rowRoot struct{ hi, lo uint64 }

// treeNode is an interval of the tree, with the path at its start.
type treeNode struct {
	piece
	number uint64 // 1 for the time span, 2n and 2n + 1 for the halves of n
	treePoint
}

// treePoint is the path at time t: W and its integral from t0 on.
type treePoint struct {
	t           float64
	w, integral []float64
}

func newBrownianTree(rows, cols int, useZ bool) *brownianTree {
	b := &brownianTree{
		rows: rows, cols: cols, useZ: useZ,
		roots: make([]rowRoot, rows), draws: newRowNormals(rows, cols),
	}
	b.from, b.to, b.within = b.point(), b.point(), b.point()
	for _, x := range []*[]float64{&b.dw, &b.dz, &b.inside, &b.n1, &b.n2, &b.other.dw, &b.other.dz, &b.rest.dw, &b.rest.dz} {
		*x = b.matrix()
	}
	b.rowsOfSplit = b.splitRows
	return b
}

func (b *brownianTree) matrix() []float64 { return make([]float64, b.rows*b.cols) }

func (b *brownianTree) point() treePoint { return treePoint{w: b.matrix(), integral: b.matrix()} }

func (b *brownianTree) start(noise *Noise, t0, t1 float64) error {
	if err := noise.validate(b.rows, b.cols, 0); err != nil {
		return err
	}
	b.depth = 0
	if t1 > t0 {
		levels := math.Ceil(math.Log2((t1 - t0) / noise.Tree))
		if levels > 48 {
			return errors.Errorf("a Brownian tree over the time span [%v, %v] down to intervals of %v, expected at least 2⁻⁴⁸ of the span", t0, t1, noise.Tree)
		}
		b.depth = max(0, int(levels))
	}
	for len(b.way) <= b.depth {
		b.way = append(b.way, treeNode{piece: piece{dw: b.matrix(), dz: b.matrix()}, treePoint: b.point()})
	}
	b.t0, b.t1 = t0, t1
	for r := range b.roots {
		root := rowSource(noise.Seed, noise.Keys, r)
		b.roots[r] = rowRoot{root.Uint64(), root.Uint64()}
	}

	top := &b.way[0]
	top.number, top.start, top.end, top.t = 1, t0, t1, t0
	clear(top.w)
	clear(top.integral)
	for r := range b.rows {
		b.draw(r, 0)
	}
	sd := math.Sqrt(t1 - t0)
	for i := range b.n1 {
		top.dw[i], top.dz[i] = sd*b.n1[i], sd*b.n2[i]
	}
	b.nodes = 1
	for _, p := range []*treePoint{&b.from, &b.to, &b.within} {
		p.copy(&top.treePoint)
	}
	return nil
}

func (b *brownianTree) prepare(to float64) {
	b.from, b.to = b.to, b.from
	b.step(to)
}

func (b *brownianTree) reject(to float64) { b.step(to) }

// step makes [b.from, to] the present step.
func (b *brownianTree) step(to float64) {
	b.visit(&b.to, to)
	floats.SubTo(b.dw, b.to.w, b.from.w)
	if !b.useZ {
		return
	}
	h := b.to.t - b.from.t
	for i, w := range b.dw {
		b.dz[i] = math.Sqrt(3) * (2*(b.to.integral[i]-b.from.integral[i]-h*b.from.w[i])/h - w)
	}
}

func (b *brownianTree) dW() []float64 { return b.dw }

func (b *brownianTree) dZ() []float64 {
	if !b.useZ {
		return nil
	}
	return b.dz
}

func (b *brownianTree) fill(t float64) []float64 {
	b.visit(&b.within, t)
	return floats.SubTo(b.inside, b.within.w, b.from.w)
}

// visit sets p to the path at time t, within the time span but for rounding.
func (b *brownianTree) visit(p *treePoint, t float64) {
	for b.nodes > 1 && !b.way[b.nodes-1].holds(t) {
		b.nodes--
	}
	node := &b.way[b.nodes-1]
	for ; b.nodes <= b.depth; b.nodes++ {
		node = b.descend(node, t)
	}
	x := 0.0
	if node.length() > 0 {
		x = min(1, max(0, (t-node.start)/node.length()))
	}
	switch x {
	case 0:
		p.copy(&node.treePoint)
	case 1:
		p.after(&node.treePoint, &node.piece, node.length())
	default:
		b.split(treeSplit{node, x, &b.other, &b.rest, p})
	}
	p.t = t
}

// holds reports whether t lies in the interval.
func (n *treeNode) holds(t float64) bool { return n.start <= t && t < n.end }

// descend puts the half of node in which t lies on the way.
func (b *brownianTree) descend(node *treeNode, t float64) *treeNode {
	child := &b.way[b.nodes]
	child.number = 2 * node.number
	middle := b.time(child.number + 1)
	if t < middle {
		child.start, child.end = node.start, middle
		child.treePoint.copy(&node.treePoint)
		b.split(treeSplit{node, 0.5, &child.piece, &b.other, nil})
		return child
	}
	child.number++
	child.start, child.end, child.t = middle, node.end, middle
	b.split(treeSplit{node, 0.5, &b.other, &child.piece, &child.treePoint})
	return child
}

// treeSplit is the cut of a node at its fraction x into left and right.
type treeSplit struct {
	node        *treeNode
	x           float64
	left, right *piece
	middle      *treePoint // set to the path at the cut, unless it is nil
}

// split cuts a node.
func (b *brownianTree) split(s treeSplit) {
	b.job = s
	parallel.For(b.rows, 1+normalsGrain/b.cols/2, b.rowsOfSplit)
}

// splitRows does the rows of a split.
func (b *brownianTree) splitRows(lo, hi int) {
	s := &b.job
	for r := lo; r < hi; r++ {
		i, j := r*b.cols, (r+1)*b.cols
		n1, n2 := b.draw(r, s.node.number)
		left, right := s.left.of(i, j), s.right.of(i, j)
		copy(right.dw, s.node.dw[i:j])
		copy(right.dz, s.node.dz[i:j])
		bridge(&left, &right, s.x, s.node.length(), n1, n2)
		if s.middle != nil {
			p, q := s.middle.of(i, j), s.node.treePoint.of(i, j)
			p.after(&q, &left, s.x*s.node.length())
		}
	}
}

// of returns the entries from i to j.
func (p *piece) of(i, j int) piece { return piece{dw: p.dw[i:j], dz: p.dz[i:j]} }

// of returns the entries from i to j.
func (p *treePoint) of(i, j int) treePoint {
	return treePoint{w: p.w[i:j], integral: p.integral[i:j]}
}

// time returns the start of an interval by its number, a dyadic fraction of the span.
func (b *brownianTree) time(number uint64) float64 {
	level := bits.Len64(number) - 1
	x := math.Ldexp(float64(number-1<<level), -level)
	return (1-x)*b.t0 + x*b.t1
}

// draw returns two normal variables for each entry of row r from its stream of an
// interval, or of number 0, which the increments of the whole are made of.
func (b *brownianTree) draw(r int, number uint64) (n1, n2 []float64) {
	c, root := scramble(number), b.roots[r]
	b.draws.streams[r].Seed(scramble(root.hi^c), scramble(root.lo+c))
	rng := &b.draws.rngs[r]
	n1, n2 = b.n1[r*b.cols:(r+1)*b.cols], b.n2[r*b.cols:(r+1)*b.cols]
	for i := range n1 {
		n1[i], n2[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	return n1, n2
}

// scramble is the finalizer of SplitMix64, after which neighbouring numbers have
// nothing in common: Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, OOPSLA 2014.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (p *treePoint) copy(q *treePoint) {
	p.t = q.t
	copy(p.w, q.w)
	copy(p.integral, q.integral)
}

// after sets the path at p to that after an interval of length h that begins at q.
func (p *treePoint) after(q *treePoint, in *piece, h float64) {
	for i, w := range in.dw {
		p.integral[i] = q.integral[i] + h*(q.w[i]+(w+in.dz[i]/math.Sqrt(3))/2)
		p.w[i] = q.w[i] + w
	}
}

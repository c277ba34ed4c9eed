package integrators

import (
	"math/rand/v2"

	"github.com/regnde/regnde/graph/parallel"
)

// rowNormals draws matrices of independent standard normal variables, every row
// from a random stream of its own, so that rows can be drawn at the same time.
type rowNormals struct {
	cols    int
	streams []rand.PCG // one a row
	rngs    []rand.Rand

	dst []float64
	sd  float64
	add func(lo, hi int) // addRows, made once
}

func newRowNormals(rows, cols int) *rowNormals {
	n := &rowNormals{cols: cols, streams: make([]rand.PCG, rows), rngs: make([]rand.Rand, rows)}
	for r := range n.rngs {
		n.rngs[r] = *rand.New(&n.streams[r])
	}
	n.add = n.addRows
	return n
}

// normalsGrain is the number of variables, some tens of microseconds, from which
// on a second processor pays.
const normalsGrain = 2048

// addTo adds a matrix of standard deviation sd to dst.
func (n *rowNormals) addTo(dst []float64, sd float64) {
	n.dst, n.sd = dst, sd
	parallel.For(len(n.rngs), 1+normalsGrain/n.cols, n.add)
}

func (n *rowNormals) addRows(lo, hi int) {
	for r := lo; r < hi; r++ {
		row, rng := n.dst[r*n.cols:(r+1)*n.cols], &n.rngs[r]
		for c := range row {
			row[c] += n.sd * rng.NormFloat64()
		}
	}
}

// rowSource returns what the streams of row r are seeded with draws from: its state is
// seed and key, and the streams of neighbouring states are alike at first.
func rowSource(seed uint64, keys []uint64, r int) *rand.PCG {
	key := uint64(r)
	if keys != nil {
		key = keys[r]
	}
	return rand.NewPCG(seed, key)
}

// seedRows starts the streams of several matrices; the nth is seeded alike whether
// those before it are there or nil. The first is there. The stream of a row is seeded
// with draws from rowSource.
func seedRows(seed uint64, keys []uint64, matrices ...*rowNormals) {
	for r := range matrices[0].streams {
		root := rowSource(seed, keys, r)
		for _, m := range matrices {
			hi, lo := root.Uint64(), root.Uint64()
			if m != nil {
				m.streams[r].Seed(hi, lo)
			}
		}
	}
}

package integrators

import "math/rand/v2"

// rowNormals draws matrices of independent standard normal variables, every row
// from a random stream of its own.
type rowNormals struct {
	cols    int
	streams []rand.PCG // one a row
	stream  *rowStream
	rng     *rand.Rand // draws from stream
}

// rowStream is the stream of the row that is being drawn.
type rowStream struct{ *rand.PCG }

func newRowNormals(rows, cols int) *rowNormals {
	s := &rowStream{}
	return &rowNormals{cols: cols, streams: make([]rand.PCG, rows), stream: s, rng: rand.New(s)}
}

// addTo adds a matrix of standard deviation sd to dst.
func (n *rowNormals) addTo(dst []float64, sd float64) {
	for r := range n.streams {
		n.stream.PCG = &n.streams[r]
		row := dst[r*n.cols : (r+1)*n.cols]
		for c := range row {
			row[c] += sd * n.rng.NormFloat64()
		}
	}
}

// seedRows starts the streams of several matrices. The stream of a row is seeded
// with draws from one that has seed and key for its state, for the streams of
// neighbouring states are alike at first.
func seedRows(seed uint64, keys []uint64, matrices ...*rowNormals) {
	for r := range matrices[0].streams {
		key := uint64(r)
		if keys != nil {
			key = keys[r]
		}
		root := rand.NewPCG(seed, key)
		for _, m := range matrices {
			m.streams[r].Seed(root.Uint64(), root.Uint64())
		}
	}
}

//go:build !purego

package kernel

import "unsafe"

// A lanePattern says how vectors are filled with the entries of a column when each is
// repeated a number of times that is at most the lanes of a vector. Entries of a
// float64 have two words in it.
type lanePattern struct {
	lanes [16][16]int32 // for each vector of a period, words of the entries loaded
	rows  [16]int       // the first of these entries
	// A period has so many vectors and entries.
	period, step int
}

var lanePatterns [3][2][17]lanePattern // by level, float32 and float64, repetitions

func init() {
	for l := avx2; l <= avx512; l++ {
		for words := 1; words <= 2; words++ {
			lanes := doublesOf(l) * 2 / words
			for width := 1; width <= lanes; width++ {
				lanePatterns[l][words-1][width] = newLanePattern(lanes, words, width)
			}
		}
	}
}

func newLanePattern(lanes, words, width int) (p lanePattern) {
	for at := 0; ; at += lanes {
		if p.period > 0 && at%width == 0 {
			p.step = at / width
			return p
		}
		first := at / width
		p.rows[p.period] = first
		for i := range lanes * words {
			p.lanes[p.period][i] = int32((at+i/words)/width-first)*int32(words) + int32(i%words)
		}
		p.period++
	}
}

// doublesOf returns the number of float64 in a register.
func doublesOf(l level) int { return map[level]int{avx2: 4, avx512: 8}[l] }

// vectorSpread is spread by vectors, but for the last entries of the column where that
// would read what is behind them.
func vectorSpread[T Float](dst []T, width int, column []float64, first, lo, hi int) bool {
	if vector == portable {
		return false
	}
	doubles := 4
	if vector == avx512 {
		doubles = 8
	}
	words := sizeof[T]() / 4
	lanes := 2 * doubles / words
	if width > lanes {
		spreadWide(dst, column[lo/width:], width-lo%width, width, (hi-lo+lanes-1)/lanes)
		return true
	}
	if width*doubles < lanes {
		return false // a vector takes more entries than a register holds
	}
	p := &lanePatterns[vector][words-1][width]
	before := (lo - first*width) / lanes
	column = column[first+before/p.period*p.step:]
	start := before % p.period
	vectors := (hi - lo + lanes - 1) / lanes
	// The v-th vector of a period reads up to entry (v·lanes)/width + doubles.
	if inside := (len(column)-doubles)*width/lanes + 1 - start; inside < vectors {
		vectors = max(0, inside)
	}
	if vectors > 0 {
		spreadNarrow(dst, column, p, start, vectors)
	}
	at := vectors * lanes
	repeat(dst[at:max(at, hi-lo)], width, column, start*lanes+at)
	return true
}

func spreadNarrow[T Float](dst []T, column []float64, p *lanePattern, start, vectors int) {
	if sizeof[T]() == 4 {
		spreadNarrow32(single(dst), unsafe.SliceData(column), &p.lanes[0][0], &p.rows[0], p.period, p.step, start, vectors)
	} else {
		spreadNarrow64(double(dst), unsafe.SliceData(column), &p.lanes[0][0], &p.rows[0], p.period, p.step, start, vectors)
	}
}

func spreadWide[T Float](dst []T, column []float64, first, width, vectors int) {
	if sizeof[T]() == 4 {
		spreadWide32(single(dst), unsafe.SliceData(column), len(column), first, width, vectors)
	} else {
		spreadWide64(double(dst), unsafe.SliceData(column), len(column), first, width, vectors)
	}
}

package tensorboard

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Histogram is how numbers are distributed, under a tag as that of a Scalar. It
// counts them in 30 bins of one width from the least to the greatest. Those that are
// not finite are left out.
type Histogram struct {
	Tag    string
	Values []float64
}

// Numbers of the fields of a HistogramProto.
const (
	histogramMin     protowire.Number = 1
	histogramMax     protowire.Number = 2
	histogramNumber  protowire.Number = 3
	histogramSum     protowire.Number = 4
	histogramSquares protowire.Number = 5
	histogramLimits  protowire.Number = 6
	histogramCounts  protowire.Number = 7
)

const bins = 30

func (h Histogram) appendTo(b []byte) []byte {
	lo, hi, n, sum, squares := math.Inf(1), math.Inf(-1), 0.0, 0.0, 0.0
	for _, x := range h.Values {
		if finite(x) {
			lo, hi = min(lo, x), max(hi, x)
			n, sum, squares = n+1, sum+x, squares+x*x
		}
	}
	if n == 0 {
		lo, hi = 0, 0
	}
	limits, counts := h.bins(lo, hi)

	var m []byte
	for i, x := range []float64{lo, hi, n, sum, squares} {
		m = appendDouble(m, histogramMin+protowire.Number(i), x)
	}
	m = appendPacked(m, histogramLimits, limits)
	m = appendPacked(m, histogramCounts, counts)
	b = appendBytes(b, valueTag, []byte(h.Tag))
	return appendBytes(b, valueHistogram, m)
}

// bins returns the upper limits of bins between two numbers, the last one of them
// within, and how many values each has: one bin if the numbers are the same.
func (h Histogram) bins(lo, hi float64) (limits, counts []float64) {
	k := bins
	if !(hi > lo) {
		k = 1
	}
	limits, counts = make([]float64, k), make([]float64, k)
	for i := range limits {
		limits[i] = lo + (hi-lo)*float64(i+1)/float64(k)
	}
	limits[k-1] = hi
	for _, x := range h.Values {
		if finite(x) {
			i := 0
			if k > 1 {
				i = min(int(float64(k)*(x-lo)/(hi-lo)), k-1)
			}
			counts[i]++
		}
	}
	return limits, counts
}

func appendPacked(b []byte, field protowire.Number, values []float64) []byte {
	var packed []byte
	for _, x := range values {
		packed = protowire.AppendFixed64(packed, math.Float64bits(x))
	}
	return appendBytes(b, field, packed)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

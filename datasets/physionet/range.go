package physionet

import (
	"math"
	"math/bits"
)

// Range holds the least and the greatest hourly mean of every channel.
//
// The normalisation that the literature publishes as min-max is (x - min)/max.
// It does not divide by max - min, so a channel does not end in 1: Temp, in °C
// between -17.8 and 42.2, is 1.3 on average, and MechVent, which is only ever 1,
// becomes 0.
type Range struct {
	Min, Max [Channels]float64
}

// rangeOf returns the range of the records, with 0 for both ends of a channel
// that none of them has.
func rangeOf(records []Record) Range {
	var r Range
	for c := range Channels {
		r.Min[c], r.Max[c] = math.Inf(1), math.Inf(-1)
	}
	for i := range records {
		records[i].each(func(_, c int, v float64) {
			r.Min[c], r.Max[c] = min(r.Min[c], v), max(r.Max[c], v)
		})
	}
	for c := range Channels {
		if r.Min[c] > r.Max[c] {
			r.Min[c], r.Max[c] = 0, 0
		}
	}
	return r
}

// Normalize returns (x - min)/max for a value of a channel, 0 ≤ channel < 37. A
// maximum of 0 is replaced by 1.
func (r *Range) Normalize(channel int, x float64) float64 {
	return (x - r.Min[channel]) / r.scale(channel)
}

// Denormalize returns the value, in the units of the records, that Normalize maps
// to y.
func (r *Range) Denormalize(channel int, y float64) float64 {
	return y*r.scale(channel) + r.Min[channel]
}

func (r *Range) scale(channel int) float64 {
	if r.Max[channel] == 0 {
		return 1
	}
	return r.Max[channel]
}

// each calls f for everything that was observed, in the order of Values.
func (r *Record) each(f func(hour, channel int, value float64)) {
	i := 0
	for hour, row := range r.Observed {
		for ; row != 0; row &= row - 1 {
			f(hour, bits.TrailingZeros64(row), r.Values[i])
			i++
		}
	}
}

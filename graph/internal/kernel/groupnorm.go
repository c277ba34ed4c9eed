package kernel

import "math"

// Groups divides rows of Channels·Pixels elements, channel by channel, into
// Count groups of neighbouring channels.
type Groups struct {
	Count, Channels, Pixels int
	// Epsilon is added to the variance of a group.
	Epsilon float64
}

// size returns the number of elements in a group.
func (g Groups) size() int { return g.Channels / g.Count * g.Pixels }

// moments returns the mean of a group and 1/√(variance + ε).
func moments[T Float](x []T, epsilon float64) (mean, inverse float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	var variance float64
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	variance /= float64(len(x))
	return mean, 1 / math.Sqrt(variance+epsilon)
}

// GroupNorm writes γ·x̂ + β to dst, where x̂ = (x − mean)/√(variance + ε) within
// each group of a row, and the scale γ and the shift β are those of the channel.
func GroupNorm[T Float](dst, x, scale, shift []T, g Groups) {
	n := g.size()
	for at := 0; at < len(x); at += n {
		mean, inverse := moments(x[at:at+n], g.Epsilon)
		c := at / g.Pixels % g.Channels
		for i := at; i < at+n; c++ {
			factor, offset := float64(scale[c])*inverse, float64(shift[c])
			for end := i + g.Pixels; i < end; i++ {
				dst[i] = T((float64(x[i])-mean)*factor + offset)
			}
		}
	}
}

// GroupNormGrad writes the gradient by x to dst, for the gradient dy by the
// result: with u = γ·dy and means over the group,
//
//	(u − mean(u) − x̂·mean(u·x̂)) / √(variance + ε)
func GroupNormGrad[T Float](dst, x, dy, scale []T, g Groups) {
	n := g.size()
	for at := 0; at < len(x); at += n {
		mean, inverse := moments(x[at:at+n], g.Epsilon)
		first := at / g.Pixels % g.Channels
		var u, ux float64 // the two means, the second one of u·(x − mean)
		c := first
		for i := at; i < at+n; c++ {
			for end := i + g.Pixels; i < end; i++ {
				ui := float64(dy[i]) * float64(scale[c])
				u += ui
				ux += ui * (float64(x[i]) - mean)
			}
		}
		u /= float64(n)
		ux *= inverse * inverse / float64(n)
		c = first
		for i := at; i < at+n; c++ {
			for end := i + g.Pixels; i < end; i++ {
				dst[i] = T(inverse * (float64(dy[i])*float64(scale[c]) - u - (float64(x[i])-mean)*ux))
			}
		}
	}
}

// GroupNormDot writes Σ dy·x̂ over the elements of every channel to dst (rows,
// channels): the part of each row in the gradient of the scale.
func GroupNormDot[T Float](dst, x, dy []T, g Groups) {
	n := g.size()
	for at := 0; at < len(x); at += n {
		mean, inverse := moments(x[at:at+n], g.Epsilon)
		for i := at; i < at+n; {
			var dot float64
			for end := i + g.Pixels; i < end; i++ {
				dot += float64(dy[i]) * (float64(x[i]) - mean)
			}
			dst[i/g.Pixels-1] = T(dot * inverse)
		}
	}
}

// SegmentSums writes the sums of successive segments of x to dst, each
// len(x)/len(dst) long.
func SegmentSums[T Float](dst, x []T) {
	n := len(x) / len(dst)
	for i := range dst {
		var sum float64
		for _, v := range x[i*n : (i+1)*n] {
			sum += float64(v)
		}
		dst[i] = T(sum)
	}
}

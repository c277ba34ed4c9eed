package lorenz

import "math"

// Scale is the mean and the standard deviation of every coordinate, over paths and times;
// 1 is the deviation of one that does not vary.
type Scale struct{ Mean, Deviation [Dim]float64 }

// ScaleOf returns that of states, three numbers each.
func ScaleOf(x []float64) Scale {
	var s Scale
	n := float64(len(x) / Dim)
	for i, v := range x {
		s.Mean[i%Dim] += v / n
	}
	for i, v := range x {
		d := v - s.Mean[i%Dim]
		s.Deviation[i%Dim] += d * d / n
	}
	for i, v := range s.Deviation {
		if s.Deviation[i] = math.Sqrt(v); v == 0 {
			s.Deviation[i] = 1
		}
	}
	return s
}

// Normalize takes off the mean and divides by the standard deviation, in place.
func (s Scale) Normalize(x []float64) {
	for i := range x {
		x[i] = (x[i] - s.Mean[i%Dim]) / s.Deviation[i%Dim]
	}
}

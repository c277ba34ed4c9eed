package main

import "math"

// The observations are at times evenly spaced in log t.
const (
	observations = 50
	first, end   = 1e-5, 1e5 // times of the first and the last in s
)

// logSpaced returns n times from lo to hi, evenly spaced in log t.
func logSpaced(lo, hi float64, n int) []float64 {
	times := make([]float64, n)
	for i := range times {
		times[i] = lo * math.Pow(hi/lo, float64(i)/float64(n-1))
	}
	times[n-1] = hi
	return times
}

package trainer

import "gonum.org/v1/gonum/stat"

// What stands in the place of a quotient of prediction times that tells nothing.
const (
	OneSample = "one sample" // a time was measured once, as in files of older programs
	InSpread  = "in spread"  // the repeats of both overlap
)

// PredictionRatio returns the quotient of the mean prediction times of two lists of
// runs, by their last epochs, unless it tells nothing: then why is OneSample, or
// InSpread as what the repeats of both span, on average over the runs, overlaps.
// Neither list may be empty.
func PredictionRatio(a, b []Epoch) (x float64, why string) {
	for _, e := range append(a[:len(a):len(a)], b...) {
		if e.PredictMax == 0 {
			return 0, OneSample
		}
	}
	mean := func(list []Epoch, value func(Epoch) float64) float64 { return stat.Mean(values(list, value), nil) }
	low, high := func(e Epoch) float64 { return e.PredictMin }, func(e Epoch) float64 { return e.PredictMax }
	if mean(a, low) <= mean(b, high) && mean(b, low) <= mean(a, high) {
		return 0, InSpread
	}
	middle := func(e Epoch) float64 { return e.PredictSeconds }
	return mean(a, middle) / mean(b, middle), ""
}

// ExplainRatios says below a table what its cells have in the place of quotients, or
// nothing if none has.
func ExplainRatios(cells []string) string {
	text := ""
	for _, note := range []struct{ cell, meaning string }{
		{InSpread, "in spread: the repeated predictions of the two overlap in time, so that their quotient says nothing."},
		{OneSample, "one sample: a prediction was timed once, so that nobody knows the spread of the quotient."},
	} {
		for _, c := range cells {
			if c == note.cell {
				text += " " + note.meaning
				break
			}
		}
	}
	if text == "" {
		return ""
	}
	return text[1:]
}

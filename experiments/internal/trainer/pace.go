package trainer

import "time"

// pace is how fast a session does its iterations, of all runs.
type pace struct {
	began time.Time
	done  int // iterations done since then
	left  int // iterations to go
}

// step counts an iteration.
func (p *pace) step() { p.done, p.left = p.done+1, p.left-1 }

// remaining estimates the time that is left at a time, from what the iterations so far
// took, with evaluations and all else between them. It is 0 if there is nothing to go
// by or to do.
func (p pace) remaining(now time.Time) time.Duration {
	if p.done == 0 || p.left <= 0 {
		return 0
	}
	return time.Duration(float64(now.Sub(p.began)) / float64(p.done) * float64(p.left))
}

// coarse writes a duration in its two greatest units, at most to the second.
func coarse(d time.Duration) string {
	unit := time.Second
	if d >= time.Hour {
		unit = time.Minute
	}
	text := d.Round(unit).String()
	if unit == time.Minute {
		text = text[:len(text)-len("0s")]
	}
	return text
}

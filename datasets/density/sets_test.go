package density

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

// The official code draws the same number of points, 341, around each of the six
// centres, and 2046 in all.
func TestSixGaussiansAreDealtOutEvenly(t *testing.T) {
	s, _ := Named("6gaussians")
	x, y := columns(s.Sample(2046, generator(6)))
	var counts [6]int
	var radius float64
	order := make([]float64, len(x))
	for i := range x {
		k := (int(math.Round(math.Atan2(y[i], x[i])*3/math.Pi)) + 6) % 6
		counts[k]++
		order[i] = float64(k)
		radius += math.Hypot(x[i], y[i]) / float64(len(x))
	}
	if counts != [6]int{341, 341, 341, 341, 341, 341} {
		t.Errorf("%v points around the centres, expected 341 around each", counts)
	}
	if math.Abs(radius-5.01) > 0.05 { // 5 + σ²/(2·5)
		t.Errorf("mean radius %v, expected 5.01", radius)
	}
	if slices.IsSorted(order) || slices.Equal(order[:12], []float64{0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}) {
		t.Error("points are not in random order")
	}
}

// A quarter of a sample that is split off holds points of both moons.
func TestMoonsAreShuffled(t *testing.T) {
	s, _ := Named("moons")
	xy := s.Sample(400, generator(7))
	var left int
	for i := 600; i < 800; i += 2 {
		if xy[i] < -1.5 { // a fifth of all points, of the outer moon alone
			left++
		}
	}
	if left < 10 || left > 35 {
		t.Errorf("%d of the last 100 points are left of -1.5, expected about 21", left)
	}
}

// The half circles from end to end.
func TestMoon(t *testing.T) {
	for _, tt := range []struct {
		outer       bool
		theta, x, y float64
	}{
		{true, 0, 1, -0.2}, {true, math.Pi / 2, -1, 1.8}, {true, math.Pi, -3, -0.2},
		{false, 0, -1, 0.8}, {false, math.Pi / 2, 1, -1.2}, {false, math.Pi, 3, 0.8},
	} {
		if x, y := moon(tt.outer, tt.theta); math.Hypot(x-tt.x, y-tt.y) > 1e-15 {
			t.Errorf("outer %v, θ = %.2f: (%v, %v), expected (%v, %v)", tt.outer, tt.theta, x, y, tt.x, tt.y)
		}
	}
}

// The density of the moons, an integral over angles, does not change with more
// points of the rule.
func TestMoonDensity(t *testing.T) {
	density := moonLogDensity()
	for x := -4.; x <= 4; x += 0.8 {
		for y := -4.; y <= 4; y += 0.8 {
			want := density(x, y)
			sum := quad.Fixed(func(theta float64) float64 {
				var p float64
				for _, outer := range []bool{true, false} {
					cx, cy := moon(outer, theta)
					p += math.Exp(logNormal(x-cx, y-cy, 0.2)-want) / (2 * math.Pi)
				}
				return p
			}, 0, math.Pi, 500, nil, 0)
			if math.Abs(sum-1) > 1e-10 {
				t.Errorf("log density %v at (%.1f, %.1f) is off by %.1e", want, x, y, math.Log(sum))
			}
		}
	}
}

// Turned back by the angle that goes with its radius, every point of the pinwheel is
// on one of five straight arms.
func TestPinwheelArms(t *testing.T) {
	s, _ := Named("pinwheel")
	x, y := columns(s.Sample(5000, generator(8)))
	var along, across float64
	var counts [5]int
	for i := range x {
		radius := math.Hypot(x[i], y[i]) / 2
		turned := math.Atan2(y[i], x[i]) + 0.25*math.Exp(radius)
		sin, cos := math.Sincos(5 * turned)
		along += cos / 5000
		across += sin / 5000
		counts[(int(math.Round(-turned*5/(2*math.Pi)))+10)%5]++
	}
	// The standard deviation across is 0.1 rad at the mean radius 1: five times that
	// has the mean cosine exp(−½·0.5²) = 0.88, and noise takes less off near the centre.
	if along < 0.7 || math.Abs(across) > 0.1 {
		t.Errorf("mean of exp(5i·angle) is %.2f + %.2fi, expected about 0.9", along, across)
	}
	for k, n := range counts {
		if math.Abs(float64(n)-1000) > 60 {
			t.Errorf("%d points on arm %d, expected about 1000", n, k)
		}
	}
}

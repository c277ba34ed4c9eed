package lorenz

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func rng() *rand.Rand { return rand.New(rand.NewPCG(3, 5)) }

// TestMeansFollowTheDrift: X(2) − X(0) − ∫ f(X) dt is a martingale, whose mean is zero, to
// five standard errors.
func TestMeansFollowTheDrift(t *testing.T) {
	const paths, n = 400, 1001
	x := Sample(paths, n, rng())
	h := float64(End) / (n - 1)
	var rest [Dim][]float64
	for p := range paths {
		path := x[p*n*Dim : (p+1)*n*Dim]
		var integral [Dim]float64 // by the trapezoidal rule
		for i := range n {
			w := h
			if i == 0 || i == n-1 {
				w /= 2
			}
			for j, f := range Drift([Dim]float64(path[i*Dim:])) {
				integral[j] += w * f
			}
		}
		for j, v := range integral {
			rest[j] = append(rest[j], path[(n-1)*Dim+j]-path[j]-v)
		}
	}
	for j, r := range rest {
		mean, sd := stat.MeanStdDev(r, nil)
		if bound := 5 * sd / math.Sqrt(paths); math.Abs(mean) > bound {
			t.Errorf("coordinate %d: mean %v, expected at most %v", j+1, mean, bound)
		}
	}
}

// TestNoise: what is left of short increments without the drift has the variance of the
// diffusion, and that of one coordinate is uncorrelated with that of another.
func TestNoise(t *testing.T) {
	const paths, n = 20, 4001
	x := Sample(paths, n, rng())
	h := float64(End) / (n - 1)
	var r [Dim][]float64
	for i := range paths * n {
		if i%n == n-1 {
			continue
		}
		a, b := [Dim]float64(x[i*Dim:]), [Dim]float64(x[(i+1)*Dim:])
		for j, f := range Drift(a) {
			r[j] = append(r[j], (b[j]-a[j]-h*f)/(a[j]*math.Sqrt(h)))
		}
	}
	for j, want := range []float64{0.1, 0.28, 0.3} {
		if mean, sd := stat.MeanStdDev(r[j], nil); math.Abs(mean) > 5*sd/math.Sqrt(paths*n) || math.Abs(sd-want) > 0.01*want {
			t.Errorf("coordinate %d: increments of mean %v and standard deviation %v, expected 0 and %v", j+1, mean, sd, want)
		}
		if c := stat.Correlation(r[j], r[(j+1)%Dim], nil); math.Abs(c) > 0.02 {
			t.Errorf("increments %d and %d have the correlation %v", j+1, (j+1)%Dim+1, c)
		}
	}
}

// TestStarts: the first states are standard normal.
func TestStarts(t *testing.T) {
	const paths = 1000
	x := Sample(paths, 2, rng())
	for j := range Dim {
		var first []float64
		for i := j; i < len(x); i += 2 * Dim {
			first = append(first, x[i])
		}
		if mean, sd := stat.MeanStdDev(first, nil); math.Abs(mean) > 0.15 || math.Abs(sd-1) > 0.12 {
			t.Errorf("coordinate %d: mean %v, standard deviation %v", j+1, mean, sd)
		}
	}
}

// TestSeeds: the same generator draws the same paths, another one others.
func TestSeeds(t *testing.T) {
	a, b, c := Sample(2, 5, rng()), Sample(2, 5, rng()), Sample(2, 5, rand.New(rand.NewPCG(3, 6)))
	if len(a) != 30 || !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("%v, %v again, %v with another seed", a, b, c)
	}
}

func TestScale(t *testing.T) {
	x := []float64{1, 0, 5, 3, 10, 5.5}
	s := ScaleOf(x)
	if want := (Scale{[Dim]float64{2, 5, 5.25}, [Dim]float64{1, 5, 0.25}}); s != want {
		t.Errorf("%v, expected %v", s, want)
	}
	s.Normalize(x)
	if want := []float64{-1, -1, -1, 1, 1, 1}; !slices.Equal(x, want) {
		t.Errorf("normalized %v, expected %v", x, want)
	}
}

func ExampleTimes() {
	fmt.Println(Times(5))
	// Output: [0 0.5 1 1.5 2]
}

// TestMistakes: what cannot be sampled is a panic that says so, and a coordinate that does
// not vary is only centred.
func TestMistakes(t *testing.T) {
	for name, f := range map[string]func(){
		"1 times":    func() { Times(1) },
		"0 times":    func() { Sample(1, 0, rng()) },
		"-1 paths":   func() { Sample(-1, 2, rng()) },
		"by generat": func() { Sample(1, 2, nil) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, name) {
					t.Errorf("panic %q, expected one of %q", r, name)
				}
			}()
			f()
		}()
	}
	x := []float64{1, 2, 3, 1, 4, 5}
	ScaleOf(x).Normalize(x)
	if want := []float64{0, -1, -1, 0, 1, 1}; !slices.Equal(x, want) {
		t.Errorf("normalized %v, expected %v", x, want)
	}
}

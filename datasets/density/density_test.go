package density

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// columns returns the abscissas and the ordinates of rows.
func columns(xy []float64) (x, y []float64) {
	for i := 0; i < len(xy); i += 2 {
		x, y = append(x, xy[i]), append(y, xy[i+1])
	}
	return x, y
}

// cells is a grid of n by n cells on the square [-l, l]², and h the side of one.
type cells struct {
	n    int
	l, h float64
}

func newCells(n int, l float64) cells { return cells{n, l, 2 * l / float64(n)} }

// each calls f with every cell's number and centre.
func (c cells) each(f func(k int, x, y float64)) {
	for k := range c.n * c.n {
		f(k, c.h*(float64(k%c.n)+0.5)-c.l, c.h*(float64(k/c.n)+0.5)-c.l)
	}
}

// of returns the number of the cell in which a point is, -1 off the grid.
func (c cells) of(x, y float64) int {
	i, j := math.Floor((x+c.l)/c.h), math.Floor((y+c.l)/c.h)
	if i < 0 || j < 0 || i >= float64(c.n) || j >= float64(c.n) {
		return -1
	}
	return int(j)*c.n + int(i)
}

func TestNamed(t *testing.T) {
	var names []string
	for _, want := range All() {
		names = append(names, want.Name)
		if s, err := Named(want.Name); err != nil || s.Name != want.Name || s.Extent != want.Extent {
			t.Errorf("%s: %+v and error %v, expected %+v", want.Name, s, err, want)
		}
	}
	if want := []string{"6gaussians", "8gaussians", "checkerboard", "moons", "pinwheel"}; !slices.Equal(names, want) {
		t.Errorf("names %v, expected %v", names, want)
	}
	for _, name := range []string{"", "moon", "Moons"} {
		if _, err := Named(name); err == nil || !strings.Contains(err.Error(), strings.Join(names, ", ")) {
			t.Errorf("%q: error %v, expected one that lists the names", name, err)
		}
	}
}

func TestSample(t *testing.T) {
	for _, s := range All() {
		for _, n := range []int{0, 1, 2, 3, 7, 1000} {
			xy := s.Sample(n, generator(1))
			if len(xy) != 2*n {
				t.Errorf("%s: %d numbers for %d points", s.Name, len(xy), n)
			}
			for _, v := range xy {
				if !(math.Abs(v) <= 1.5*s.Extent) {
					t.Errorf("%s: coordinate %v far off a picture of ±%v", s.Name, v, s.Extent)
				}
			}
			if !slices.Equal(xy, s.Sample(n, generator(1))) {
				t.Errorf("%s: two samples of %d points from one seed differ", s.Name, n)
			}
			if n > 0 && slices.Equal(xy, s.Sample(n, generator(2))) {
				t.Errorf("%s: two seeds give the same %d points", s.Name, n)
			}
		}
	}
}

func TestSamplePanics(t *testing.T) {
	for name, sample := range map[string]func(Set){
		"a negative number": func(s Set) { s.Sample(-1, generator(1)) },
		"no generator":      func(s Set) { s.Sample(1, nil) },
	} {
		for _, s := range All() {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: %s is accepted", s.Name, name)
					}
				}()
				sample(s)
			}()
		}
	}
}

// Means and covariances are those of the definitions, to five standard errors.
func TestMoments(t *testing.T) {
	const r, sigma = 4 / 1.414, 0.5 / 1.414
	for _, tt := range []struct {
		name              string
		meanY             float64 // that of x is 0
		varX, varY, covXY float64
	}{
		{name: "6gaussians", varX: 25./2 + 0.1, varY: 25./2 + 0.1},
		{name: "8gaussians", varX: r*r/2 + sigma*sigma, varY: r*r/2 + sigma*sigma},
		{name: "checkerboard", varX: 16. / 3, varY: 16. / 3, covXY: 1},
		{name: "moons", meanY: 0.3, varX: 3 + 0.04, varY: 2.25 - 4/math.Pi + 0.04, covXY: 0.5 - 4/math.Pi},
		{name: "pinwheel", varX: 2 * (1 + 0.09 + 0.01), varY: 2 * (1 + 0.09 + 0.01)}, // E(r² + s²)·2²/2
	} {
		s, err := Named(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		const n = 40000
		x, y := columns(s.Sample(n, generator(3)))
		check := func(what string, values []float64, want float64) {
			mean, std := stat.MeanStdDev(values, nil)
			if se := std / math.Sqrt(n); math.Abs(mean-want) > 5*se {
				t.Errorf("%s: %s is %.4f with a standard error of %.4f, expected %.4f", tt.name, what, mean, se, want)
			}
		}
		xx, yy, product := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			dx, dy := x[i], y[i]-tt.meanY
			xx[i], yy[i], product[i] = dx*dx, dy*dy, dx*dy
		}
		check("mean of x", x, 0)
		check("mean of y", y, tt.meanY)
		check("variance of x", xx, tt.varX)
		check("variance of y", yy, tt.varY)
		check("covariance", product, tt.covXY)
	}
}

// Densities integrate to 1, and their entropies are those that the sets know. The
// midpoint rule has an error far below 10⁻¹⁰ for smooth functions that vanish at the
// border, and none for the checkerboard, of which no cell is cut.
func TestEntropyByQuadrature(t *testing.T) {
	for _, s := range All() {
		if s.LogDensity == nil {
			if !math.IsNaN(s.Entropy) {
				t.Errorf("%s: entropy %v of an unknown density", s.Name, s.Entropy)
			}
			continue
		}
		grid := newCells(320, 8)
		var mass, entropy float64
		grid.each(func(_ int, x, y float64) {
			if l := s.LogDensity(x, y); !math.IsInf(l, -1) {
				p := math.Exp(l) * grid.h * grid.h
				mass += p
				entropy -= p * l
			}
		})
		if math.Abs(mass-1) > 1e-10 {
			t.Errorf("%s: the density integrates to %v", s.Name, mass)
		}
		if math.Abs(entropy-s.Entropy) > 1e-10 {
			t.Errorf("%s: entropy %.13f, expected %.13f by quadrature", s.Name, s.Entropy, entropy)
		}
	}
}

// The mean negative log density of a sample is the entropy, to five standard errors.
func TestEntropyBySampling(t *testing.T) {
	for _, s := range All() {
		if s.LogDensity == nil {
			continue
		}
		var values []float64
		x, y := columns(s.Sample(20000, generator(4)))
		for i := range x {
			values = append(values, -s.LogDensity(x[i], y[i]))
		}
		mean, std := stat.MeanStdDev(values, nil)
		if se := std / math.Sqrt(float64(len(values))); !(math.Abs(mean-s.Entropy) <= 5*se+1e-12) {
			t.Errorf("%s: mean %.4f with a standard error of %.4f, expected the entropy %.4f", s.Name, mean, se, s.Entropy)
		}
	}
}

// Points fall into cells as often as the density says: Pearson's statistic, which
// is smaller still for points that are dealt out evenly, is below its quantile of
// 1 − 10⁻⁶.
func TestSampleFollowsDensity(t *testing.T) {
	const n = 20000
	for _, s := range All() {
		if s.LogDensity == nil {
			continue
		}
		coarse, fine := newCells(24, 6), newCells(240, 6)
		expected, counts := make([]float64, 24*24), make([]float64, 24*24)
		fine.each(func(_ int, x, y float64) {
			expected[coarse.of(x, y)] += n * math.Exp(s.LogDensity(x, y)) * fine.h * fine.h
		})
		x, y := columns(s.Sample(n, generator(5)))
		for i := range x {
			if k := coarse.of(x[i], y[i]); k >= 0 {
				counts[k]++
			}
		}
		var statistic, dof float64
		for k, e := range expected {
			if e >= 5 {
				statistic += (counts[k] - e) * (counts[k] - e) / e
				dof++
			} else if e == 0 && counts[k] > 0 {
				t.Errorf("%s: %v points where the density is 0", s.Name, counts[k])
			}
		}
		if limit := (distuv.ChiSquared{K: dof}).Quantile(1 - 1e-6); dof < 20 || statistic > limit {
			t.Errorf("%s: statistic %.1f in %v cells, expected less than %.1f", s.Name, statistic, dof, limit)
		}
	}
}

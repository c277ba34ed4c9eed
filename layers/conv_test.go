package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// TestConvShapes: the sizes that are used for images, and those of the
// parameters, which are as a file holds them.
func TestConvShapes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	digits := layers.Image{Channels: 1, Height: 28, Width: 28}
	for _, tt := range []struct {
		in       layers.Image
		channels int
		set      *layers.ConvSettings
		out      layers.Image
		weights  string
	}{
		{digits, 8, nil, layers.Image{Channels: 8, Height: 28, Width: 28}, "(8, 1, 3, 3)"},
		{digits, 8, &layers.ConvSettings{Valid: true}, layers.Image{Channels: 8, Height: 26, Width: 26}, "(8, 1, 3, 3)"},
		{digits, 2, &layers.ConvSettings{Kernel: 4, Stride: 2}, layers.Image{Channels: 2, Height: 14, Width: 14}, "(2, 1, 4, 4)"},
		{digits, 2, &layers.ConvSettings{Stride: 2}, layers.Image{Channels: 2, Height: 14, Width: 14}, "(2, 1, 3, 3)"},
		{digits, 3, &layers.ConvSettings{Kernel: 1, Time: true}, layers.Image{Channels: 3, Height: 28, Width: 28}, "(3, 2, 1, 1)"},
		{layers.Image{Channels: 4, Height: 5, Width: 9}, 1, &layers.ConvSettings{Kernel: 5, Valid: true}, layers.Image{Channels: 1, Height: 1, Width: 5}, "(1, 4, 5, 5)"},
	} {
		p := graph.NewParams(tensor.Float64)
		c := must(layers.NewConv(p, "c", tt.in, tt.channels, rng, tt.set))
		if w := fmt.Sprint(p.Lookup("c.w").Shape); c.Out() != tt.out || w != tt.weights {
			t.Errorf("%+v with %+v: %+v and weights %s, expected %+v and %s", tt.in, tt.set, c.Out(), w, tt.out, tt.weights)
		}
		x := matrix(2, tt.in.Size(), make([]float64, 2*tt.in.Size())...)
		if tt.set != nil && tt.set.Time {
			refused(t, "without a time", p, c, x, "no time")
			continue
		}
		if y := applyLayer(t, p, c, x); len(y) != 2*tt.out.Size() {
			t.Errorf("%+v with %+v: %d columns, expected %d", tt.in, tt.set, len(y)/2, tt.out.Size())
		}
	}
}

func TestConvErrors(t *testing.T) {
	rng, p := rand.New(rand.NewPCG(1, 1)), graph.NewParams(tensor.Float64)
	image := layers.Image{Channels: 1, Height: 2, Width: 4}
	for _, tt := range []struct {
		says string
		err  error
	}{
		{"parameters", second(layers.NewConv(nil, "c", image, 1, rng, nil))},
		{"random generator", second(layers.NewConv(p, "c", image, 1, nil, nil))},
		{"Height:0", second(layers.NewConv(p, "c", layers.Image{Channels: 1, Width: 3}, 1, rng, nil))},
		{"to 0 channels", second(layers.NewConv(p, "c", image, 0, rng, nil))},
		{"stride of -1", second(layers.NewConv(p, "c", image, 1, rng, &layers.ConvSettings{Stride: -1}))},
		{"kernel of -3", second(layers.NewConv(p, "c", image, 1, rng, &layers.ConvSettings{Kernel: -3}))},
		{"entries", second(layers.NewConv(p, "c", image, 1, rng, &layers.ConvSettings{Kernel: 1 << 32}))},
		{"entries", second(layers.NewConv(p, "c", layers.Image{Channels: 1, Height: 1 << 32, Width: 1 << 32}, 1, rng, nil))},
		{"entries", second(layers.NewConv(p, "c", layers.Image{Channels: 1, Height: 1 << 30, Width: 16}, 1<<20, rng, &layers.ConvSettings{Kernel: 1}))},
		{"does not fit", second(layers.NewConv(p, "c", image, 1, rng, &layers.ConvSettings{Valid: true}))},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("error %v, expected one that mentions %q", tt.err, tt.says)
		}
	}
	c := must(layers.NewConv(p, "c", image, 1, rng, nil))
	refused(t, "another size", p, c, matrix(1, 9, make([]float64, 9)...), `convolution "c"`)
}

// TestHeatEquation solves dz/dt = Δz with the five-point stencil on a square that
// is 0 around. sin(πi/(n+1))·sin(2πj/(n+1)) is an eigenvector, which decays.
func TestHeatEquation(t *testing.T) {
	const n, end = 6, 0.3
	p := graph.NewParams(tensor.Float64)
	image := layers.Image{Channels: 1, Height: n, Width: n}
	laplacian := must(layers.NewConv(p, "laplacian", image, 1, rand.New(rand.NewPCG(1, 1)), nil))
	p.SetFloat64s([]float64{0, 1, 0, 1, -4, 1, 0, 1, 0 /* bias */, 0})
	node := must(layers.NewNeuralODE(p, laplacian, 0, end, integrators.Tsit5, &integrators.Settings{AbsTol: 1e-10, RelTol: 1e-10}))

	z := make([]float64, image.Size())
	for i := range n {
		for j := range n {
			z[i*n+j] = math.Sin(math.Pi*float64(i+1)/(n+1)) * math.Sin(2*math.Pi*float64(j+1)/(n+1))
		}
	}
	got := applyLayer(t, p, node, matrix(1, n*n, z...))
	eigenvalue := 2*math.Cos(math.Pi/(n+1)) + 2*math.Cos(2*math.Pi/(n+1)) - 4
	for i := range z {
		z[i] *= math.Exp(eigenvalue * end)
	}
	near(t, "temperature", got, z, 1e-9)
}

// pixel is affine as a convolution of images of one pixel.
func pixel(p *graph.Params, act layers.Activation, w, wt, b float64) layers.Layer {
	c := must(layers.NewConv(p, "c", layers.Image{Channels: 1, Height: 1, Width: 1}, 1, rand.New(rand.NewPCG(1, 1)),
		&layers.ConvSettings{Kernel: 1, Activation: act, Time: true}))
	p.SetFloat64s([]float64{w, wt, b})
	return c
}

package exchange_test

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"strings"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/exchange"
	"github.com/regnde/regnde/integrators"
	"github.com/regnde/regnde/layers"
)

// The ODE-Net of torchdiffeq's example, whose state_dict is loaded from a file that
// PyTorch's numbers were written to, classifies digits here as it does there.
func Example_torchdiffeq() {
	params, model := odeNet(8, integrators.DP5, &integrators.Settings{AbsTol: 1e-3, RelTol: 1e-3})
	if err := exchange.Safetensors.LoadFile("testdata/odenet.safetensors", params, odeNetSettings(params)); err != nil {
		log.Fatal(err)
	}

	predictor := must(graph.NewPredictor(params, func(s *graph.Scope, in gorgonia.Nodes) (gorgonia.Nodes, error) {
		logits, err := model.Forward(s, in[0])
		return gorgonia.Nodes{logits}, err
	}, nil))
	_, test, err := mnist.Embedded()
	if err != nil {
		log.Fatal(err)
	}
	images := tensor.New(tensor.WithShape(test.Len(), mnist.Pixels), tensor.Of(tensor.Float32))
	if err := mnist.Fill(test, datasets.Indices(0, test.Len()), images.Float32s(), nil); err != nil {
		log.Fatal(err)
	}
	correct := must(layers.Correct(must(predictor.Predict(context.Background(), images))[0], test.Labels))
	fmt.Printf("%.0f %% of the digits\n", 100*float64(correct)/float64(test.Len()))
	// Output: 85 % of the digits
}

// odeNet declares the network, of layers named like the modules of the example, with so
// many channels, 64 there.
func odeNet(channels int, method integrators.Method, solver *integrators.Settings) (*graph.Params, layers.Layer) {
	params, rng := graph.NewParams(tensor.Float32), rand.New(rand.NewPCG(1, 0))
	conv := func(name string, in layers.Image, set layers.ConvSettings) *layers.Conv {
		return must(layers.NewConv(params, name, in, channels, rng, &set))
	}
	norm := func(name string) layers.Layer {
		return must(layers.NewGroupNorm(params, name, channels, min(32, channels)))
	}

	first := conv("0", layers.Image{Channels: 1, Height: 28, Width: 28}, layers.ConvSettings{Valid: true})
	second := conv("3", first.Out(), layers.ConvSettings{Kernel: 4, Stride: 2})
	third := conv("6", second.Out(), layers.ConvSettings{Kernel: 4, Stride: 2})
	image := third.Out()
	dynamics := layers.Chain{
		norm("7.odefunc.norm1"), layers.ReLU, conv("7.odefunc.conv1._layer", image, layers.ConvSettings{Time: true}),
		norm("7.odefunc.norm2"), layers.ReLU, conv("7.odefunc.conv2._layer", image, layers.ConvSettings{Time: true}),
		norm("7.odefunc.norm3"),
	}
	ode := must(layers.NewNeuralODE(params, dynamics, 0, 1, method, solver))
	return params, layers.Chain{
		first, norm("1"), layers.ReLU, second, norm("4"), layers.ReLU, third,
		ode,
		norm("8"), layers.ReLU, average{image}, must(layers.NewDense(params, "12", channels, 10, layers.Identity, rng)),
	}
}

// odeNetSettings say where the parameters lie in the state_dict: where PyTorch has them,
// but that the time is the first channel and not the last.
func odeNetSettings(params *graph.Params) *exchange.Settings {
	torch := exchange.PyTorch(params)
	return &exchange.Settings{Place: func(p *graph.Param) exchange.Place {
		place := torch(p)
		if strings.HasSuffix(p.Name, "._layer.w") {
			channels, area := p.Shape[1], p.Shape[2]*p.Shape[3]
			place.Entry = func(i int) int {
				out, in, pixel := i/area/channels, i/area%channels, i%area
				return (out*channels+(in+1)%channels)*area + pixel
			}
		}
		return place
	}}
}

// average is the mean of every channel of images, AdaptiveAvgPool2d((1, 1)).
type average struct{ layers.Image }

// Forward maps x (batch, channels·pixels) to the means (batch, channels).
func (a average) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	batch := x.Shape()[0]
	pixels, err := gorgonia.Reshape(x, tensor.Shape{batch * a.Channels, a.Height * a.Width})
	if err != nil {
		return nil, err
	}
	means, err := gorgonia.Mean(pixels, 1)
	if err != nil {
		return nil, err
	}
	return gorgonia.Reshape(means, tensor.Shape{batch, a.Channels})
}

// must returns v, or ends the program.
func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

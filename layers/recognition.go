package layers

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/graph/value"
)

// LatentGRU is the recurrent cell of the recognition network for PhysioNet
// (Rubanova et al., 2019; official code of Pal et al.). Its state is a mean m
// and a deviation s side by side, its input x what was observed, the mask and
// the time to the next observation:
//
//	u = σ(L(tanh(L([m; s; x]))))
//	r = σ(L(tanh(L([m; s; x]))))
//	n = L(tanh(L([m⊙r; s⊙r; x])))
//	m', s' = (1−u)⊙n + u⊙[m; s]
//
// each L with weights of its own, u and r acting alike on m and s. Where mask and
// time to the next observation add up to 0 the state stays what it was: with
// nothing observed at the last time, since elsewhere there is time to the next.
type LatentGRU struct {
	features, state int
	u1, r1, n1      *pairDense // the first layers
	u2, r2, n2      *Dense     // the second ones
}

var _ Cell = (*LatentGRU)(nil)

// NewLatentGRU declares the cell for inputs (batch, 2·features + 1), with state
// units for m and as many for s, and hidden units in each gate. The parameters
// are "name.u.1.wh" (2·state, hidden), "name.u.1.wx" and "name.u.1.b" of the
// first layer of u, "name.u.2.w" and "name.u.2.b" of the second, and those of r
// and n: weights Glorot uniform from rng, biases 0.
func NewLatentGRU(p *graph.Params, name string, features, state, hidden int, rng *rand.Rand) (*LatentGRU, error) {
	if err := checkCell(p, "latent GRU", name, rng, features, state, hidden); err != nil {
		return nil, err
	}
	c := &LatentGRU{features: features, state: state}
	for _, l := range []struct {
		name   string
		first  **pairDense
		second **Dense
		out    int
		act    Activation
	}{
		{"u", &c.u1, &c.u2, state, Identity}, // Step applies σ
		{"r", &c.r1, &c.r2, state, Sigmoid},
		{"n", &c.n1, &c.n2, 2 * state, Identity},
	} {
		var err error
		if *l.first, err = newPairDense(p, name+"."+l.name+".1", 2*state, 2*features+1, hidden, Tanh, rng); err != nil {
			return nil, err
		}
		if *l.second, err = NewDense(p, name+"."+l.name+".2", hidden, l.out, l.act, rng); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Size returns the dimension of the state, means and deviations together.
func (c *LatentGRU) Size() int { return 2 * c.state }

// Step adds the next state.
func (c *LatentGRU) Step(s *graph.Scope, h, x *gorgonia.Node) (*gorgonia.Node, error) {
	two := func(first *pairDense, second *Dense, h *gorgonia.Node) (*gorgonia.Node, error) {
		y, err := first.forward(s, h, x)
		if err != nil {
			return nil, err
		}
		return second.Forward(s, y)
	}
	u, err := two(c.u1, c.u2, h)
	if err != nil {
		return nil, err
	}
	if u, err = ops.Hold(u, x, c.features); err != nil {
		return nil, err
	}
	if u, err = ops.Activate(ops.Sigmoid, u); err != nil {
		return nil, err
	}
	r, err := two(c.r1, c.r2, h)
	if err != nil {
		return nil, err
	}
	if r, err = ops.Gate(r, h, nil); err != nil {
		return nil, err
	}
	n, err := two(c.n1, c.n2, r)
	if err != nil {
		return nil, err
	}
	return ops.Gate(u, h, n)
}

// RecognitionInput writes the inputs of a recognition network to x
// (times·batch, 2·features + 1): the data, the mask, and the time to the next
// of the given times, 0 at the last. Data and mask are (times·batch, features),
// the times stacked, all rows of the first time first. What the mask leaves out can
// be anything in the data, say NaN, and is 0 in x. It is an error, and nothing is
// written, if something observed is not finite, an entry of the mask is neither 0 nor 1,
// times are not finite and in ascending order, or one of the three is a view.
func RecognitionInput(x, data, mask gorgonia.Value, times []float64) error {
	for _, v := range []struct {
		name string
		v    gorgonia.Value
	}{{"recognition input", x}, {"data", data}, {"mask", mask}} {
		if err := value.Check(v.v); err != nil {
			return errors.Wrap(err, v.name)
		}
	}
	for k, t := range times {
		if math.IsNaN(t-t) || k > 0 && t < times[k-1] {
			return errors.Errorf("time %d is %v, expected finite times in ascending order", k, t)
		}
	}
	d := data.Shape()
	if len(d) != 2 || len(times) == 0 || d[0]%len(times) != 0 || !d.Eq(mask.Shape()) || mask.Dtype() != data.Dtype() {
		return errors.Errorf("data %v of %v and mask %v of %v at %d times, expected two matrices (times·batch, features)", d, data.Dtype(), mask.Shape(), mask.Dtype(), len(times))
	}
	if s := x.Shape(); len(s) != 2 || s[0] != d[0] || s[1] != 2*d[1]+1 || x.Dtype() != data.Dtype() {
		return errors.Errorf("recognition input %v of %v, expected (%d, %d) of %v", s, x.Dtype(), d[0], 2*d[1]+1, data.Dtype())
	}
	switch x := x.Data().(type) {
	case []float32:
		return recognitionInput(x, data.Data().([]float32), mask.Data().([]float32), d[1], times)
	case []float64:
		return recognitionInput(x, data.Data().([]float64), mask.Data().([]float64), d[1], times)
	default:
		return errors.Errorf("recognition input of %T, expected float32 or float64", x)
	}
}

func recognitionInput[T float32 | float64](x, data, mask []T, features int, times []float64) error {
	for i, m := range mask {
		if m != 0 && m != 1 {
			return errors.Errorf("mask of feature %d of row %d is %v, expected 0 or 1", i%features, i/features, m)
		}
		if v := float64(data[i]); m > 0 && math.IsNaN(v-v) {
			return errors.Errorf("feature %d of row %d is %v though the mask says that it was observed, expected a finite number", i%features, i/features, v)
		}
	}
	batch := len(data) / features / len(times)
	for k, t := range times {
		wait := T(0)
		if k+1 < len(times) {
			wait = T(times[k+1] - t)
		}
		for range batch {
			for j, m := range mask[:features] {
				x[j] = 0
				if m > 0 {
					x[j] = data[j]
				}
			}
			copy(x[features:], mask[:features])
			x[2*features] = wait
			x, data, mask = x[2*features+1:], data[features:], mask[features:]
		}
	}
	return nil
}

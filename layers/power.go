package layers

import (
	"math"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/ops"
)

// Power is the layer x^r, elementwise, for a fixed exponent r. Unless r is a whole
// number of at least zero, x must be positive for its Series to be finite.
type Power float64

// Cube is the layer x³, elementwise, the first of the paper's spiral models.
type Cube struct{}

var _, _ Taylor = Power(0), Cube{}

// Forward takes the power.
func (r Power) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
	return ops.Power(x, float64(r))
}

// Forward cubes x.
func (Cube) Forward(_ *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) { return ops.Cube(x) }

// Series expands the power: as a product of factors x for a positive whole
// number, by Leibniz' rule for x·y' = r·x'·y otherwise.
func (r Power) Series() (Series, error) {
	if r == 0 {
		return constantOne(r.Forward), nil
	}
	if r > 0 && float64(r) == math.Trunc(float64(r)) && r <= maxFactors {
		return wholePower(int(r), r.Forward), nil
	}
	var x, dx, y, dy gorgonia.Nodes
	return func(s *graph.Scope, next *gorgonia.Node) (*gorgonia.Node, error) {
		x = append(x, next)
		n := len(x) - 1
		if n == 0 {
			first, err := r.Forward(s, next)
			y = gorgonia.Nodes{first}
			return first, err
		}
		// The (n−1)-th derivative of both sides, solved for y⁽ⁿ⁾.
		dx = append(dx, next)
		terms := leibniz(float64(r), dx, y)
		for j := 1; j < n; j++ {
			terms = append(terms, ops.Product{C: -binomial(n-1, j), X: x[j], Y: dy[n-1-j]})
		}
		rest, err := ops.ProductSum(terms)
		if err != nil {
			return nil, err
		}
		d, err := ops.Quotient(rest, x[0])
		y, dy = append(y, d), append(dy, d)
		return d, err
	}, nil
}

// Series expands the cube.
func (c Cube) Series() (Series, error) { return wholePower(3, c.Forward), nil }

// maxFactors is the largest power that is expanded as a product: of as many partial
// products as it has binary digits, or twice as many.
const maxFactors = 1 << 30

// constantOne expands x⁰, whose value forward returns and whose derivatives are zero.
func constantOne(forward func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error)) Series {
	first := true
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		if first {
			first = false
			return forward(s, x)
		}
		return ops.LinComb([]ops.Term{{X: x, C: 0}}, nil, nil)
	}
}

// wholePower expands x^m, whose value forward returns.
func wholePower(m int, forward func(*graph.Scope, *gorgonia.Node) (*gorgonia.Node, error)) Series {
	p := powers{}
	k := -1
	return func(s *graph.Scope, x *gorgonia.Node) (*gorgonia.Node, error) {
		p[1] = append(p[1], x)
		if k++; k == 0 {
			return forward(s, x)
		}
		u, err := p.upTo(m, k)
		if err != nil {
			return nil, err
		}
		return u[k], nil
	}
}

// powers holds the derivatives of x, x², …, those that are needed.
type powers map[int]gorgonia.Nodes

// upTo returns the derivatives of x^m up to the k-th.
func (p powers) upTo(m, k int) (gorgonia.Nodes, error) {
	for n := len(p[m]); n <= k; n++ {
		var terms []ops.Product
		if m%2 == 0 {
			half, err := p.upTo(m/2, n)
			if err != nil {
				return nil, err
			}
			terms = square(1, half[:n+1])
		} else {
			rest, err := p.upTo(m-1, n)
			if err != nil {
				return nil, err
			}
			terms = leibniz(1, p[1][:n+1], rest[:n+1])
		}
		d, err := ops.ProductSum(terms)
		if err != nil {
			return nil, err
		}
		p[m] = append(p[m], d)
	}
	return p[m], nil
}

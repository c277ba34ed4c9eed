package ops_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/hazard"
	"github.com/regnde/regnde/graph/internal/jacobiantest"
	"github.com/regnde/regnde/graph/value"
)

// onceOnly lists the operations, by the beginning of their names, that have no
// second derivative: estimates, losses, aggregations, functions with a kink, and
// what images are made of.
var onceOnly = []string{
	"error norm", "norm ratio", "error per step", "squared error per step", "quadrature", "largest",
	"cross entropy", "squared error", "blocks", "mean square", "KL divergence", "masked squared error", "sample mean", "sample variance", "Gaussian sample",
	"activate relu", "affine with bias and time relu", "time affine relu", "time affine without a bias relu",
	"convolution", "layer norm", "group norm", "instance norm", "solve", "infinity norm",
}

// TestSecondDerivatives takes the products with the Jacobian of every operation, and
// their gradients, and compares them with differences. An operation without a second
// derivative is refused.
func TestSecondDerivatives(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, 4))
			e := jacobiantest.Expression{Build: c.build}
			differentiated := false
			for i, a := range c.args {
				dt := tensor.Float64
				v := jacobiantest.Positive(rng, dt, a.shape...)
				if a.fill != nil {
					x := value.Float64s(v)
					a.fill(x, rng)
					value.SetFloat64s(v, x)
				}
				data := a.fixed
				if isTime(c, i) {
					e.Times, data = []int{i}, false
				}
				differentiated = differentiated || !data
				e.Args = append(e.Args, graph.Spec{Name: fmt.Sprint("x", i), Dtype: dt, Shape: a.shape, Data: data})
				e.At = append(e.At, v)
			}
			if !differentiated {
				t.Skip("an operation on data alone")
			}
			err := jacobiantest.Check(t, e)
			refused := slices.ContainsFunc(onceOnly, func(name string) bool { return strings.HasPrefix(c.name, name) })
			switch {
			case refused && !errors.Is(err, hazard.ErrNoSecondDerivative):
				t.Errorf("error %v, expected ErrNoSecondDerivative", err)
			case !refused && err != nil:
				t.Error(err)
			}
		})
	}
}

// isTime reports whether an argument is a time, which is data for a solver.
func isTime(c testCase, i int) bool {
	if strings.HasPrefix(c.name, "time affine") {
		return i == 1
	}
	last := i == len(c.args)-1
	return last && (strings.HasPrefix(c.name, "affine with") || strings.HasPrefix(c.name, "augment by") || strings.HasPrefix(c.name, "interpolation"))
}

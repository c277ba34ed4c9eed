package value_test

import (
	"fmt"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

// TestMistakesAreNamed: a value that a function does not take is a panic with the name of
// the function, and an error of Check.
func TestMistakesAreNamed(t *testing.T) {
	matrix := func() *tensor.Dense { return tensor.Ones(tensor.Float64, 3, 2) }
	transposed := matrix()
	if err := transposed.T(); err != nil {
		t.Fatal(err)
	}
	cube := value.New(tensor.Float64, 2, 2, 2)
	for _, tt := range []struct {
		name, want string
		f          func()
	}{
		{"Zero of a view", "Zero", func() { value.Zero(transposed) }},
		{"Zero of whole numbers", "Zero", func() { value.Zero(tensor.Ones(tensor.Int, 2)) }},
		{"Scalar of a whole number", "Scalar", func() { value.Scalar(gorgonia.NewI(3)) }},
		{"SetScalar of a vector", "SetScalar", func() { value.SetScalar(value.New(tensor.Float32, 2), 1) }},
		{"Rows of rank 3", "Rows", func() { value.Rows(cube, 0, 1) }},
		{"Rows beyond the end", "Rows", func() { value.Rows(matrix(), 2, 4) }},
		{"Rows from below zero", "Rows", func() { value.Rows(matrix(), -1, 1) }},
		{"FiniteRow beyond the end", "FiniteRow", func() { value.FiniteRow(matrix(), 3) }},
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, "value: "+tt.want) {
					t.Errorf("%s: panic %q, expected one that names the function", tt.name, r)
				}
			}()
			tt.f()
		}()
	}
	for name, v := range map[string]gorgonia.Value{"nil": nil, "view": transposed, "int": gorgonia.NewI(3)} {
		if err := value.Check(v); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Check of %s: error %v", name, err)
		}
	}
	for _, v := range []gorgonia.Value{matrix(), cube, gorgonia.NewF32(1), value.New(tensor.Float64, 0, 2)} {
		if err := value.Check(v); err != nil {
			t.Errorf("Check of %v: %v", v.Shape(), err)
		}
	}
}

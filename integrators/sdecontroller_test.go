package integrators

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats/scalar"
)

func TestSRIControl(t *testing.T) {
	c, err := newSDEControl(nil, SOSRI.StrongOrder)
	if err != nil {
		t.Fatal(err)
	}
	const beta1, beta2 = 7. / 15, 4. / 15 // of strong order 3/2
	steady := math.Pow(0.9, 5)
	for _, step := range []struct {
		what string
		got  float64
		want float64
	}{
		{"no error", c.accept(0, 0.1), 0.1 * 9 / 8},
		{"error after none", c.accept(0.5, 0.1), 0.1 / 5},
		{"error after an error", c.accept(0.8, 0.1), 0.1 * 0.9 * math.Pow(0.5, beta2) / math.Pow(0.8, beta1)},
		{"rejected", c.reject(2, 0.1), 0.1 * 0.9 / math.Pow(2, beta1)},
		{"rejected by far", c.reject(1e9, 0.1), 0.1 / 5},
		{"error of the steady state", c.accept(steady, 0.1), 0.1 * 0.9 * math.Pow(0.8, beta2) / math.Pow(steady, beta1)},
		{"steady state", c.accept(steady, 0.1), 0.1},
	} {
		if !scalar.EqualWithinRel(step.got, step.want, 1e-14) {
			t.Errorf("%s: next step %v, expected %v", step.what, step.got, step.want)
		}
	}
}

// TestSRIControlSettings: settings of one's own are kept and not modified.
func TestSRIControlSettings(t *testing.T) {
	own := Controller{Kind: IControl, Safety: 0.5}
	c, err := newSDEControl(&own, SRIW1.StrongOrder)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.reject(2, 0.1), 0.1*0.5/2; !scalar.EqualWithinRel(got, want, 1e-14) {
		t.Errorf("rejected with I control: %v, expected %v", got, want)
	}
	if own != (Controller{Kind: IControl, Safety: 0.5}) {
		t.Errorf("settings were modified to %+v", own)
	}
	if c, err := newSDEControl(&Controller{MaxFactor: 4}, SRIW1.StrongOrder); err != nil || c.accept(0, 1) != 4 {
		t.Errorf("control %+v, %v, expected one whose steps grow by 4", c, err)
	}
	if _, err := newSDEControl(&Controller{Safety: 2}, SRIW1.StrongOrder); err == nil {
		t.Error("safety factor 2: expected an error")
	}
}

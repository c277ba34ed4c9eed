package kernel

import (
	"math"
	"testing"
)

var activations = []Activation{Identity, Tanh, Sigmoid, Softplus, ReLU, Exp}

// refActivation is the definition, with the forms that are accurate in tails.
func refActivation(act Activation, x float64) float64 {
	switch act {
	case Tanh:
		return math.Tanh(x)
	case Sigmoid:
		if x < -700 {
			return math.Exp(x)
		}
		return 1 / (1 + math.Exp(-x))
	case Softplus:
		if x > 40 {
			return x
		}
		return math.Log1p(math.Exp(x))
	case ReLU:
		if math.IsNaN(x) {
			return x
		}
		return math.Max(x, 0)
	case Exp:
		return math.Exp(x)
	}
	return x
}

// refDerivative is act'(x) as a function of y = act(x).
func refDerivative(act Activation, y float64) float64 {
	switch act {
	case Tanh:
		return 1 - y*y
	case Sigmoid:
		return y * (1 - y)
	case Softplus:
		return -math.Expm1(-y)
	case ReLU:
		switch {
		case y > 0:
			return 1
		case y <= 0:
			return 0
		}
		return y
	case Exp:
		return y
	}
	return 1
}

func TestActivate(t *testing.T) { bothTypes(t, testActivate[float32], testActivate[float64]) }

func testActivate[T Float](t *testing.T) {
	rnd := newRand()
	for _, act := range activations {
		for _, n := range sizes {
			x := random[T](rnd, n)
			want := make([]float64, n)
			for i := range x {
				x[i] *= 3
				want[i] = refActivation(act, float64(x[i]))
			}
			dst, check := fenced[T](n)
			Activate(act, dst, x)
			check(t)
			checkClose(t, act.String(), dst, want, 4*epsilon[T]())
			Activate(act, x, x)
			checkClose(t, act.String()+" in place", x, want, 4*epsilon[T]())
		}
	}
}

func TestActivateGrad(t *testing.T) {
	bothTypes(t, testActivateGrad[float32], testActivateGrad[float64])
}

func testActivateGrad[T Float](t *testing.T) {
	rnd := newRand()
	for _, act := range activations {
		for _, n := range sizes {
			y, dy := random[T](rnd, n), random[T](rnd, n)
			Activate(act, y, y)
			want := make([]float64, n)
			for i := range y {
				want[i] = float64(dy[i]) * refDerivative(act, float64(y[i]))
			}
			dst, check := fenced[T](n)
			ActivateGrad(act, dst, y, dy)
			check(t)
			checkClose(t, act.String(), dst, want, 4*epsilon[T]())
			ActivateGrad(act, dy, y, dy)
			checkClose(t, act.String()+" in place", dy, want, 4*epsilon[T]())
		}
	}
}

// The formulas in the output are the derivatives of the functions.
func TestActivateGradIsDerivative(t *testing.T) {
	const h = 1e-6
	for _, act := range activations {
		for _, x := range []float64{-3, -0.4, 0.1, 2.5} {
			pair := []float64{x - h, x + h}
			Activate(act, pair, pair)
			y, got, one := []float64{x}, []float64{0}, []float64{1}
			Activate(act, y, y)
			ActivateGrad(act, got, y, one)
			if want := (pair[1] - pair[0]) / (2 * h); !closeTo(got[0], want, 1e-8) {
				t.Errorf("%v'(%v) = %v, want %v", act, x, got[0], want)
			}
		}
	}
}

func TestActivateSpecialValues(t *testing.T) {
	bothTypes(t, testActivateSpecial[float32], testActivateSpecial[float64])
}

func testActivateSpecial[T Float](t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		act     Activation
		x, want float64
	}{
		{Identity, inf, inf}, {Identity, nan, nan},
		{Tanh, inf, 1}, {Tanh, -inf, -1}, {Tanh, nan, nan}, {Tanh, 0, 0}, {Tanh, 1e30, 1}, {Tanh, 1e-30, 1e-30},
		{Sigmoid, inf, 1}, {Sigmoid, -inf, 0}, {Sigmoid, nan, nan}, {Sigmoid, 0, 0.5},
		{Softplus, inf, inf}, {Softplus, -inf, 0}, {Softplus, nan, nan}, {Softplus, 0, math.Ln2}, {Softplus, 1e30, 1e30},
		{ReLU, inf, inf}, {ReLU, -inf, 0}, {ReLU, nan, nan}, {ReLU, 0, 0},
		{Exp, inf, inf}, {Exp, -inf, 0}, {Exp, nan, nan}, {Exp, 0, 1}, {Exp, 1e30, inf}, {Exp, -1e30, 0},
	}
	for _, test := range tests {
		for _, n := range []int{1, 8, 11} {
			x := make([]T, n)
			x[n-1] = T(test.x)
			want := make([]float64, n)
			for i := range want {
				want[i] = refActivation(test.act, float64(x[i]))
			}
			want[n-1] = float64(T(test.want))
			Activate(test.act, x, x)
			checkClose(t, test.act.String(), x, want, 4*epsilon[T]())
		}
	}
	// The sign of zero survives where the function is odd.
	zero := []T{T(math.Copysign(0, -1))}
	Activate(Tanh, zero, zero)
	if !math.Signbit(float64(zero[0])) {
		t.Error("tanh(-0) is not -0")
	}
	for _, act := range activations[1:] {
		for _, y := range []T{T(nan), 1} {
			dst := []T{0}
			ActivateGrad(act, dst, []T{y}, []T{T(nan)})
			if dst[0] == dst[0] {
				t.Errorf("%v: gradient of NaN at %v is %v", act, y, dst[0])
			}
		}
		dst := []T{0}
		ActivateGrad(act, dst, []T{T(nan)}, []T{1})
		if dst[0] == dst[0] {
			t.Errorf("%v: gradient at NaN is %v", act, dst[0])
		}
	}
}

// ulps returns the distance of got from want in units in the last place of T
// at want, the smallest subnormal at least.
func ulps[T Float](got T, want float64) float64 {
	if math.IsNaN(want) || math.IsInf(want, 0) || math.IsInf(float64(got), 0) || got != got {
		if float64(got) == float64(T(want)) || math.IsNaN(want) && got != got {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	smallest, digits := -149, 24
	if sizeof[T]() == 8 {
		smallest, digits = -1074, 53
	}
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-digits, smallest))
}

func TestActivateSameBits(t *testing.T) {
	bothTypes(t, testActivateSameBits[float32], testActivateSameBits[float64])
}

func testActivateSameBits[T Float](t *testing.T) {
	x := random[T](newRand(), 50001)
	for _, act := range activations {
		sameBits(t, act.String(), func() []T {
			y, dy := make([]T, len(x)), make([]T, len(x))
			Activate(act, y, x)
			ActivateGrad(act, dy, y, x)
			return append(y, dy...)
		})
	}
}

func TestActivateDoesNotAllocate(t *testing.T) {
	bothTypes(t, testActivateAllocs[float32], testActivateAllocs[float64])
}

func testActivateAllocs[T Float](t *testing.T) {
	for _, n := range []int{2, 100, 50000} {
		if n > blockLen && raceEnabled {
			continue
		}
		x := make([]T, n)
		for _, act := range activations {
			noAllocs(t, act.String(), func() { Activate(act, x, x) })
			noAllocs(t, act.String(), func() { ActivateGrad(act, x, x, x) })
		}
	}
}

func TestActivationString(t *testing.T) {
	for act, want := range map[Activation]string{Identity: "identity", Exp: "exp", 17: "Activation(17)"} {
		if got := act.String(); got != want {
			t.Errorf("%d: %q, want %q", act, got, want)
		}
	}
}

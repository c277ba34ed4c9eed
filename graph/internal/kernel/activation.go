package kernel

import (
	"fmt"
	"math"
)

// An Activation is an elementwise function whose derivative can be written in
// terms of its value, so that the reverse pass needs the output only.
type Activation uint8

const (
	Identity Activation = iota // x
	Tanh                       // tanh x
	Sigmoid                    // 1/(1+exp(-x))
	Softplus                   // log(1+exp(x))
	ReLU                       // max(x, 0)
	Exp                        // exp x
)

var activationNames = [...]string{"identity", "tanh", "sigmoid", "softplus", "relu", "exp"}

// String returns the name in lower case.
func (a Activation) String() string {
	if int(a) < len(activationNames) {
		return activationNames[a]
	}
	return fmt.Sprintf("Activation(%d)", uint8(a))
}

// Activate computes dst = act(x). dst may be x.
//
// Its largest errors, and those of [ActivateGrad] in its formulas, are, in units
// in the last place of the exact result:
//
//	          value              gradient
//	          float32  float64   float32  float64
//	tanh      2.5      3         3        3
//	sigmoid   2.5      3         3        3
//	softplus  3        3         3        3
//	relu      0        0         0        0
//	exp       1.5      1.5       0.5      0.5
//
// The bounds were measured at all float32, for gradients with one dy each, and
// at random float64. Portable Go has one exception: its exp in float64 is that of
// package math, which on amd64 overflows from 709.44, before the true one does at
// 709.78.
func Activate[T Float](act Activation, dst, x []T) {
	x = x[:len(dst)]
	if len(dst) <= blockLen {
		activate(act, dst, x)
		return
	}
	s := newSweep[T](opActivate)
	s.act, s.dst, s.x = act, dst, x
	s.do(len(dst))
}

// ActivateGrad computes dst = dy·act'(x) from the output y = act(x):
//
//	tanh      1 - y²
//	sigmoid   y(1-y)
//	softplus  1 - exp(-y)
//	relu      1 where y > 0, else 0
//	exp       y
//
// dst may be y or dy.
func ActivateGrad[T Float](act Activation, dst, y, dy []T) {
	y, dy = y[:len(dst)], dy[:len(dst)]
	if len(dst) <= blockLen {
		activateGrad(act, dst, y, dy)
		return
	}
	s := newSweep[T](opActivateGrad)
	s.act, s.dst, s.x, s.y = act, dst, y, dy
	s.do(len(dst))
}

func activate[T Float](act Activation, dst, x []T) {
	if act == Identity {
		copy(dst, x)
		return
	}
	if vectorActivate(act, dst, x) {
		return
	}
	switch act {
	case Tanh:
		for i, v := range x {
			dst[i] = T(math.Tanh(float64(v)))
		}
	case Sigmoid:
		for i, v := range x {
			dst[i] = T(sigmoid(float64(v)))
		}
	case Softplus:
		for i, v := range x {
			dst[i] = T(softplus(float64(v)))
		}
	case ReLU:
		for i, v := range x {
			dst[i] = max(v, 0)
		}
	case Exp:
		for i, v := range x {
			dst[i] = T(math.Exp(float64(v)))
		}
	default:
		panic("kernel: unknown " + act.String())
	}
}

func activateGrad[T Float](act Activation, dst, y, dy []T) {
	if act == Identity {
		copy(dst, dy)
		return
	}
	if vectorActivateGrad(act, dst, y, dy) {
		return
	}
	switch act {
	case Tanh:
		for i, v := range y {
			dst[i] = dy[i] * ((1 - v) * (1 + v))
		}
	case Sigmoid:
		for i, v := range y {
			dst[i] = dy[i] * (v * (1 - v))
		}
	case Softplus:
		for i, v := range y {
			dst[i] = dy[i] * T(-math.Expm1(-float64(v)))
		}
	case ReLU:
		for i, v := range y {
			dst[i] = dy[i] * step(v)
		}
	case Exp:
		for i, v := range y {
			dst[i] = dy[i] * v
		}
	default:
		panic("kernel: unknown " + act.String())
	}
}

// sigmoid keeps its relative accuracy in the left tail and does not overflow.
func sigmoid(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// softplus is log(1+exp(x)) without overflow for large x.
func softplus(x float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// step is the derivative of ReLU, with that of NaN being NaN.
func step[T Float](y T) T {
	switch {
	case y > 0:
		return 1
	case y <= 0:
		return 0
	}
	return y
}

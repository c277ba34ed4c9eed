package kernel

import (
	"flag"
	"iter"
	"math"
)

// Every float32, and some hundred thousand float64, are tried by
//
//	go test ./graph/internal/kernel -run ULP -v -timeout 2h -all
//
// which prints the largest errors and where they are. It takes about half an
// hour on two cores.
var all = flag.Bool("all", false, "measure the errors of activations at all values of float32")

// float32s are all float32, or a sample of them: one in some thousand, and all
// close to special points.
func float32s() iter.Seq[float32] {
	step, near := uint64(4099), int32(256) // a prime, so that all low bits occur
	if raceEnabled {
		step, near = 65537, 16
	}
	if *all {
		step = 1
	}
	return func(yield func(float32) bool) {
		for _, p := range specialPoints() {
			for i := -near; i <= near; i++ {
				v := math.Float32frombits(uint32(max(int32(math.Float32bits(float32(p)))+i, 0)))
				if !yield(v) || !yield(-v) {
					return
				}
			}
		}
		for bits := uint64(0); bits < 1<<32; bits += step {
			if !yield(math.Float32frombits(uint32(bits))) {
				return
			}
		}
	}
}

// float64s are random float64 of any exponent, as many with the exponents that
// matter, as many a little below 1, and some close to special points. It leaves
// those just before exp overflows to TestExpOverflow64.
func float64s() iter.Seq[float64] {
	n := 600
	if raceEnabled {
		n = 100
	}
	if *all {
		n = 1 << 18
	}
	return func(yield func(float64) bool) {
		add := func(v float64) bool {
			return math.IsInf(v, 0) || v != v || v > 709 && v < 710 || yield(v)
		}
		for _, p := range specialPoints() {
			for i := int64(-4); i <= 4; i++ {
				v := math.Float64frombits(uint64(max(int64(math.Float64bits(p))+i, 0)))
				if !add(v) || !add(-v) {
					return
				}
			}
		}
		rnd := newRand()
		for i := range n {
			sign := float64(1 - 2*(i&1))
			if !add(sign*math.Ldexp(1+rnd.Float64(), rnd.IntN(2098)-1074)) ||
				!add(sign*math.Ldexp(1+rnd.Float64(), rnd.IntN(20)-10)) ||
				!add(sign*(1-math.Ldexp(1+rnd.Float64(), -rnd.IntN(53)-1))) {
				return
			}
		}
	}
}

// specialPoints are where formulas change: the ends of the subnormal numbers
// and of all numbers, multiples of log(2)/2, where exp rounds the exponent, and
// the points from where on a function is constant or linear.
func specialPoints() []float64 {
	x := []float64{0, 0x1p-126, 0x1p-1022, math.MaxFloat32, math.MaxFloat64, 1, 10, 20, 30, 50,
		88.72284, 87.33655, 103.97208, 708.3964185322641, 745.1332191019411}
	for i := range 60 {
		x = append(x, float64(i)*math.Ln2/4, math.Ldexp(1, -i))
	}
	return x
}

// values keeps the numbers that an activation can return.
func values[T Float](act Activation, x iter.Seq[T]) iter.Seq[T] {
	least, most := T(0), T(math.Inf(1))
	switch act {
	case Tanh:
		least, most = -1, 1
	case Sigmoid:
		most = 1
	}
	return func(yield func(T) bool) {
		for y := range x {
			if y < least || y > most { // NaN remains
				continue
			}
			if !yield(y) {
				return
			}
		}
	}
}

// blocks cuts a sequence into slices, which are valid until the next.
func blocks[T Float](x iter.Seq[T]) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		block := make([]T, 0, 1<<18)
		for v := range x {
			if block = append(block, v); len(block) < cap(block) {
				continue
			}
			if !yield(block) {
				return
			}
			block = block[:0]
		}
		yield(block)
	}
}

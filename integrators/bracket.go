package integrators

import "math"

// bracket narrows an interval in which f changes its sign, from a where it is fa to
// b where it is fb, until it is no longer than tol or has no number inside, and
// returns the end at which f has the sign of fb, or is zero. f may be discontinuous.
//
// It is the method of Chandrupatla, A new hybrid quadratic/bisection algorithm for
// finding the zero of a nonlinear function without using derivatives (Advances in
// Engineering Software 28, 1997): inverse quadratic interpolation through the last
// three points where that is sure to be monotone, else bisection.
func bracket(f func(x float64) (float64, error), a, b, fa, fb, tol float64) (float64, error) {
	x1, x2, f1, f2 := b, a, fb, fa // the last point and the one across
	t := 0.5
	for {
		lo, hi := math.Min(x1, x2), math.Max(x1, x2)
		mid := lo + (hi-lo)/2
		if hi-lo <= tol || mid == lo || mid == hi {
			break
		}
		x := x1 + t*(x2-x1)
		if x <= lo || x >= hi {
			x = mid
		}
		fx, err := f(x)
		if err != nil {
			return 0, err
		}
		if fx == 0 {
			return x, nil
		}
		x3, f3 := x1, f1
		if math.Signbit(fx) != math.Signbit(f1) {
			x3, f3, x2, f2 = x2, f2, x1, f1
		}
		x1, f1 = x, fx
		t = 0.5
		xi, phi := (x1-x2)/(x3-x2), (f1-f2)/(f3-f2)
		if 1-math.Sqrt(1-xi) < phi && phi < math.Sqrt(xi) {
			t = f1/(f2-f1)*f3/(f2-f3) + (x3-x1)/(x2-x1)*f1/(f3-f1)*f2/(f3-f2)
		}
		// Both ends close in only if no point is too near to one of them.
		near := tol / 2 / math.Abs(x2-x1)
		t = math.Max(near, math.Min(1-near, t))
	}
	if math.Signbit(f1) == math.Signbit(fb) {
		return x1, nil
	}
	return x2, nil
}

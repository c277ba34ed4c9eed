package kernel

// Cube computes dst = x³ elementwise. dst may be x.
func Cube[T Float](dst, x []T) {
	x = x[:len(dst)]
	if len(dst) <= blockLen {
		cube(dst, x)
		return
	}
	s := newSweep[T](opCube)
	s.dst, s.x = dst, x
	s.do(len(dst))
}

// CubeGrad computes dst = 3x²·dy elementwise. dst may be x or dy.
func CubeGrad[T Float](dst, x, dy []T) {
	x, dy = x[:len(dst)], dy[:len(dst)]
	if len(dst) <= blockLen {
		cubeGrad(dst, x, dy)
		return
	}
	s := newSweep[T](opCubeGrad)
	s.dst, s.x, s.y = dst, x, dy
	s.do(len(dst))
}

func mul[T Float](dst, x, y []T) {
	if vectorMul(dst, x, y) {
		return
	}
	for i, v := range x {
		dst[i] = v * y[i]
	}
}

func cube[T Float](dst, x []T) {
	if vectorCube(dst, x) {
		return
	}
	for i, v := range x {
		dst[i] = v * v * v
	}
}

func cubeGrad[T Float](dst, x, dy []T) {
	if vectorCubeGrad(dst, x, dy) {
		return
	}
	for i, v := range x {
		dst[i] = 3 * v * v * dy[i]
	}
}

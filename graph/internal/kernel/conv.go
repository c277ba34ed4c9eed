package kernel

// A Window moves over images (Channels, Height, Width) with Padding zeros around
// them, Stride pixels at a time. It takes in KernelHeight·KernelWidth pixels of
// every channel. There must be a place for it.
type Window struct {
	Channels, Height, Width   int
	KernelHeight, KernelWidth int
	Stride, Padding           int
}

// Places returns how many places the window has, from top to bottom and from left
// to right.
func (w Window) Places() (rows, cols int) {
	places := func(size, kernel int) int { return (size+2*w.Padding-kernel)/w.Stride + 1 }
	return places(w.Height, w.KernelHeight), places(w.Width, w.KernelWidth)
}

// Weights returns the number of pixels that the window takes in.
func (w Window) Weights() int { return w.Channels * w.KernelHeight * w.KernelWidth }

// inside returns the places, of so many, at which row or column i of the window is
// in the image, size pixels long.
func (w Window) inside(i, places, size int) (lo, hi int) {
	lo = max(0, ceil(w.Padding-i, w.Stride))
	hi = min(places, (w.Padding-i+size+w.Stride-1)/w.Stride)
	return min(lo, places), max(hi, min(lo, places))
}

// Im2Col writes what the window sees to cols (Weights, places), a row for each of
// its pixels and a column for each of its places.
func Im2Col[T Float](cols, image []T, w Window) {
	w.pixels(func(seen, plane, top, bottom, left, right, shift int) {
		rows, width := w.Places()
		dst, src := cols[seen:seen+rows*width], image[plane:plane+w.Height*w.Width]
		if top == bottom {
			clear(dst)
			return
		}
		if w.Stride == 1 && width == w.Width {
			// One piece of the image, but for what the rows have in common with their
			// neighbours.
			lo := max(top*width, -shift)
			hi := max(lo, min(bottom*width, len(src)-shift))
			clear(dst[:lo])
			copy(dst[lo:hi], src[lo+shift:])
			clear(dst[hi:])
			for r := top; r < bottom; r++ {
				row := dst[r*width : (r+1)*width]
				for i := range left {
					row[i] = 0
				}
				for i := right; i < width; i++ {
					row[i] = 0
				}
			}
			return
		}
		clear(dst)
		for r := top; r < bottom; r++ {
			for i := left; i < right; i++ {
				dst[r*width+i] = src[shift+(r*w.Width+i)*w.Stride]
			}
		}
	})
}

// Col2Im is the transpose of Im2Col: it adds every entry of cols to the pixel of
// the image that it was seen from.
func Col2Im[T Float](image, cols []T, w Window) {
	w.pixels(func(seen, plane, top, bottom, left, right, shift int) {
		rows, width := w.Places()
		src, dst := cols[seen:seen+rows*width], image[plane:plane+w.Height*w.Width]
		for r := top; r < bottom; r++ {
			for i := left; i < right; i++ {
				dst[shift+(r*w.Width+i)*w.Stride] += src[r*width+i]
			}
		}
	})
}

// pixels calls f for each pixel of the window, with the element of cols where its
// row begins and the element of the image where its channel does. It sees pixels of
// the image from the places in the rows top to bottom and the columns left to
// right: from (r, i) the one at shift + (r·Width + i)·Stride. From elsewhere it sees
// padding.
func (w Window) pixels(f func(seen, plane, top, bottom, left, right, shift int)) {
	rows, cols := w.Places()
	seen := 0
	for c := range w.Channels {
		for i := range w.KernelHeight {
			top, bottom := w.inside(i, rows, w.Height)
			for j := range w.KernelWidth {
				left, right := w.inside(j, cols, w.Width)
				last := bottom
				if left == right {
					last = top
				}
				f(seen, c*w.Height*w.Width, top, last, left, right, (i-w.Padding)*w.Width+j-w.Padding)
				seen += rows * cols
			}
		}
	}
}

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
	_, places := w.Places()
	w.each(func(seen, at, lo, hi int) {
		row := cols[seen:][:places]
		clear(row[:lo])
		clear(row[hi:])
		if w.Stride == 1 {
			copy(row[lo:hi], image[at+lo:])
			return
		}
		for i := lo; i < hi; i++ {
			row[i] = image[at+i*w.Stride]
		}
	})
}

// Col2Im is the transpose of Im2Col: it adds every entry of cols to the pixel of
// the image that it was seen from.
func Col2Im[T Float](image, cols []T, w Window) {
	w.each(func(seen, at, lo, hi int) {
		for i := lo; i < hi; i++ {
			image[at+i*w.Stride] += cols[seen+i]
		}
	})
}

// each calls f for each pixel of the window and each row of places, with the
// element of cols where that row begins. The places lo to hi see pixels of the
// image, place i the one Stride·i after at; the others see padding.
func (w Window) each(f func(seen, at, lo, hi int)) {
	rows, cols := w.Places()
	seen := 0
	for c := range w.Channels {
		for i := range w.KernelHeight {
			top, bottom := w.inside(i, rows, w.Height)
			for j := range w.KernelWidth {
				left, right := w.inside(j, cols, w.Width)
				for r := range rows {
					at := (c*w.Height+r*w.Stride-w.Padding+i)*w.Width + j - w.Padding
					if top <= r && r < bottom {
						f(seen, at, left, right)
					} else {
						f(seen, 0, 0, 0)
					}
					seen += cols
				}
			}
		}
	}
}

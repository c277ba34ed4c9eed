package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestIm2Col compares with the definition, pixel by pixel, and Col2Im with the
// transpose: ⟨Im2Col(x), y⟩ = ⟨x, Col2Im(y)⟩, exactly for small whole numbers.
func TestIm2Col(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	whole := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(rng.IntN(19) - 9)
		}
		return x
	}
	for _, w := range []Window{
		{1, 1, 1, 1, 1, 1, 0},
		{2, 4, 5, 3, 3, 1, 1},
		{2, 4, 5, 3, 3, 1, 0},
		{1, 5, 4, 2, 3, 1, 2},
		{3, 7, 6, 3, 3, 2, 1},
		{1, 8, 8, 4, 4, 2, 1},
		{1, 5, 5, 1, 1, 3, 0},
		{1, 2, 3, 5, 5, 1, 4}, // wider than the image
		{1, 1, 3, 5, 5, 1, 2}, // of the same size
		{2, 2, 2, 5, 5, 1, 2},
		{1, 3, 3, 1, 3, 1, 1},
		{1, 1, 1, 3, 3, 2, 5}, // mostly beside it
		{2, 9, 3, 2, 1, 4, 0},
	} {
		rows, cols := w.Places()
		image, seen := whole(w.Channels*w.Height*w.Width), whole(w.Weights()*rows*cols)
		got := make([]float64, len(seen))
		for i := range got {
			got[i] = 99
		}
		Im2Col(got, image, w)
		back := make([]float64, len(image))
		Col2Im(back, seen, w)

		k, products := 0, 0.0
		for c := range w.Channels {
			for i := range w.KernelHeight {
				for j := range w.KernelWidth {
					for r := range rows {
						for s := range cols {
							want := 0.0
							y, x := r*w.Stride+i-w.Padding, s*w.Stride+j-w.Padding
							if 0 <= y && y < w.Height && 0 <= x && x < w.Width {
								want = image[(c*w.Height+y)*w.Width+x]
							}
							if got[k] != want {
								t.Fatalf("%+v: pixel %d, %d, %d at place %d, %d is %v, want %v", w, c, i, j, r, s, got[k], want)
							}
							products += want * seen[k]
							k++
						}
					}
				}
			}
		}
		for i, v := range back {
			products -= image[i] * v
		}
		if k != len(got) || products != 0 {
			t.Errorf("%+v: Col2Im is not the transpose of Im2Col: %v", w, fmt.Sprint(products))
		}
	}
}

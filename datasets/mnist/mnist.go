// Package mnist reads the MNIST database of handwritten digits: 60 000 images to
// train on and 10 000 to test with, 28×28 pixels each, in ten classes.
//
//	train, test, err := mnist.Load(dir)            // the four original files
//	train, test, err := mnist.LoadUnchecked(dir)   // or Fashion-MNIST, KMNIST, EMNIST
//	train, test, err := mnist.Embedded()           // 2000 and 500 of them, in the binary
//
// A Set keeps pixels and labels as the bytes they are in the files. Fill turns a
// mini-batch of them into the numbers a model takes:
//
//	x := make([]float32, len(idx)*mnist.Pixels) // (batch, 784), in [0, 1]
//	y := make([]float32, len(idx))              // (batch), classes 0, …, 9
//	err := mnist.Fill(train, idx, x, y)
//
// The database is by Yann LeCun and Corinna Cortes; cite LeCun, Bottou, Bengio,
// Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE
// 86(11), 1998. The terms of the embedded part are beside it, in subset/LICENSE.md.
//
// The tests read the whole database from the folder in the environment variable
// MNIST_DIR, and leave out what needs it if that is not set.
package mnist

import "github.com/pkg/errors"

const (
	Rows    = 28          // of an image
	Cols    = 28          // of an image
	Pixels  = Rows * Cols // of an image
	Classes = 10          // 0, …, 9: the digit shown
)

// Set is a sequence of labelled images. Whoever makes one by hand gives it 784
// pixels for every label.
type Set struct {
	Images []uint8 // (Len, 784) row-major; 0 is background, 255 is ink
	Labels []uint8 // (Len), the digits shown, 0, …, 9
}

// Len returns the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Subset returns the first n images, sharing their memory, or all of them if
// there are no more than n or if n is not positive. It panics if the set is nil or
// not as Set asks for.
func (s *Set) Subset(n int) *Set {
	if err := s.check(); err != nil {
		panic(err)
	}
	if n <= 0 || n > s.Len() {
		n = s.Len()
	}
	return &Set{Images: s.Images[: n*Pixels : n*Pixels], Labels: s.Labels[:n:n]}
}

// check tells whether the set is as Set asks for.
func (s *Set) check() error {
	if s == nil {
		return errors.New("mnist: set is nil")
	}
	if len(s.Images) != s.Len()*Pixels {
		return errors.Errorf("mnist: %d pixels for %d labels, want %d", len(s.Images), s.Len(), s.Len()*Pixels)
	}
	return nil
}

// Fill writes the images of the given indices to x, (len(idx), 784) row-major
// with pixels scaled to [0, 1], and their labels to y, (len(idx)). A nil y is
// left out. It is an error, and nothing is written, if x or y has another length,
// if an index is not in [0, s.Len()), or if the set is nil or not as Set asks for.
func Fill[T float32 | float64](s *Set, idx []int, x, y []T) error {
	if err := s.check(); err != nil {
		return err
	}
	if len(x) != len(idx)*Pixels {
		return errors.Errorf("mnist: %d elements for the pixels of %d images, want %d", len(x), len(idx), len(idx)*Pixels)
	}
	if y != nil && len(y) != len(idx) {
		return errors.Errorf("mnist: %d elements for %d labels", len(y), len(idx))
	}
	for _, i := range idx {
		if i < 0 || i >= s.Len() {
			return errors.Errorf("mnist: image %d of a set of %d", i, s.Len())
		}
	}
	for row, i := range idx {
		dst := x[row*Pixels : (row+1)*Pixels]
		for j, p := range s.Images[i*Pixels : (i+1)*Pixels] {
			dst[j] = T(p) / 255
		}
		if y != nil {
			y[row] = T(s.Labels[i])
		}
	}
	return nil
}

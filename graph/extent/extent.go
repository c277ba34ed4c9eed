// Package extent computes sizes that may be out of range.
package extent

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Most is the largest number of entries of one value: those of eight bytes then
// take a tebibyte or, where int has 32 bits, all that can be addressed.
const Most = (1<<37 - 1) & (math.MaxInt >> 3)

// Of returns the number of entries of a value of the given dimensions, 1 for
// none. It is an error if one is negative or the product is more than Most; in
// plain arithmetic the product of two large dimensions may come out as 0.
func Of(dims ...int) (int, error) {
	for _, d := range dims {
		if d < 0 {
			return 0, errors.Errorf("dimensions %v, expected none below 0", dims)
		}
	}
	if slices.Contains(dims, 0) {
		return 0, nil
	}
	n := 1
	for _, d := range dims {
		if d > Most/n {
			return 0, errors.Errorf("dimensions %v, expected at most %d entries", dims, int64(Most))
		}
		n *= d
	}
	return n, nil
}

package physionet

import (
	"math/bits"

	"github.com/pkg/errors"
)

// Grid returns the 49 times, 0, 1/48, …, 1, in units of 48 hours.
func Grid() []float64 {
	t := make([]float64, Times)
	for i := range t {
		t[i] = float64(i) / (Times - 1)
	}
	return t
}

var errNoSet = errors.New("physionet: set is nil")

// Fill writes the patients of the given indices to x, normalised, and to mask,
// both (49, len(idx), 37) row-major. Where the mask is 1 there is a value; both
// are 0 elsewhere. A nil mask is left out. It is an error, and nothing is
// written, if x or mask has another length, if an index is not in [0, s.Len()) or if
// what a record observes is not as many channels of its 37 as it has values.
func Fill[T float32 | float64](s *Set, idx []int, x, mask []T) error {
	want := Times * len(idx) * Channels
	if len(x) != want {
		return errors.Errorf("physionet: %d elements for the values of %d patients, want %d", len(x), len(idx), want)
	}
	if mask != nil && len(mask) != want {
		return errors.Errorf("physionet: %d elements for the mask of %d patients, want %d", len(mask), len(idx), want)
	}
	if err := s.check(idx); err != nil {
		return err
	}
	clear(x)
	clear(mask)
	for b, i := range idx {
		s.Records[i].each(func(hour, channel int, value float64) {
			at := (hour*len(idx)+b)*Channels + channel
			x[at] = T(s.Range.Normalize(channel, value))
			if mask != nil {
				mask[at] = 1
			}
		})
	}
	return nil
}

// check tells whether there is a patient for every index.
func (s *Set) check(idx []int) error {
	if s == nil {
		return errNoSet
	}
	for _, i := range idx {
		if i < 0 || i >= s.Len() {
			return errors.Errorf("physionet: patient %d of a set of %d", i, s.Len())
		}
		if err := s.Records[i].check(); err != nil {
			return errors.Wrapf(err, "physionet: patient %d", i)
		}
	}
	return nil
}

// check fails unless the values of a record are those of the channels it observes.
func (r *Record) check() error {
	n, err := r.observations()
	if err == nil && n != len(r.Values) {
		err = errors.Errorf("%d observations and %d values, expected as many", n, len(r.Values))
	}
	return err
}

// observations counts what a record observes. The error is that of a channel which there
// is not.
func (r *Record) observations() (n int, err error) {
	for hour, row := range r.Observed {
		if row>>Channels != 0 {
			return 0, errors.Errorf("hour %d observes channel %d, expected channels below %d", hour, bits.Len64(row)-1, Channels)
		}
		n += bits.OnesCount64(row)
	}
	return n, nil
}

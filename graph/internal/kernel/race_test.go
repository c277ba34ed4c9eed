//go:build race

package kernel

const (
	raceEnabled = true // sync.Pool drops items at random
	samples     = 128  // of an accuracy test, for every exponent
)

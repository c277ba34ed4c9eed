//go:build !race

package kernel

const (
	raceEnabled = false
	samples     = 4096
)

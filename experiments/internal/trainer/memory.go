package trainer

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// peakMemory returns the largest resident set of this program so far in MB of
// 2²⁰ bytes. Where the system does not tell, it is what the Go runtime has got
// from the system, which is at least about as much.
func peakMemory() float64 {
	// Not getrusage, whose maximum includes the program that started this one.
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if kb, ok := highWater(string(status)); ok {
			return kb / 1024
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / (1 << 20)
}

// highWater returns the value of a line such as "VmHWM:  123456 kB" of Linux's
// /proc/self/status.
func highWater(status string) (kb float64, ok bool) {
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kb, err == nil
		}
	}
	return 0, false
}

//go:build !purego

package kernel

// pause tells the processor that this is a waiting loop, which leaves more of a
// shared core to its other thread.
func pause()

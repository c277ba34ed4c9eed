//go:build !amd64 || purego

package kernel

import "runtime"

func pause() { runtime.Gosched() }

//go:build !purego

package kernel

import (
	"testing"

	"golang.org/x/sys/cpu"
)

// A level is chosen only where no part of it is missing.
func TestBest(t *testing.T) {
	machine := cpu.X86
	defer func() { cpu.X86 = machine }()
	x := &cpu.X86
	avx2Flags := []*bool{&x.HasAVX2, &x.HasFMA}
	avx512Flags := []*bool{&x.HasAVX512F, &x.HasAVX512DQ, &x.HasAVX512BW, &x.HasAVX512VL, &x.HasBMI2}
	set := func(flags []*bool, on bool) {
		for _, f := range flags {
			*f = on
		}
	}
	check := func(want level) {
		t.Helper()
		if got := best(); got != want {
			t.Errorf("level %v, want %v", got, want)
		}
	}
	set(avx2Flags, true)
	set(avx512Flags, true)
	check(avx512)
	for _, f := range avx512Flags {
		*f = false
		check(avx2)
		*f = true
	}
	for _, f := range avx2Flags {
		*f = false
		check(portable)
		*f = true
	}
	set(avx512Flags, false)
	check(avx2)
}

package kernel

// level says which instructions the kernels use. Each level includes the ones
// before it.
type level uint8

const (
	portable level = iota // what the Go compiler makes of the loops
	avx2                  // AVX2 and FMA, registers of 32 bytes
	avx512                // AVX-512 F, DQ, BW and VL, registers of 64 bytes; 2 in the assembly
)

func (l level) String() string { return [...]string{"portable", "AVX2", "AVX-512"}[l] }

// Package profile labels goroutines with what they do in an evaluation, so that a
// profile of the processor tells solving, the rest of the forward pass and the reverse
// pass apart:
//
//	profile.Label(context.Background())
//	pprof.StartCPUProfile(file)
//
// and later, on the command line,
//
//	go tool pprof -tagfocus phase=solve FILE
//
// Nothing is labelled unless it is asked for, since labels take the place of those
// that the program has given a goroutine. Labelling happens a few times in an
// evaluation, whatever the number of steps, and allocates nothing.
package profile

import (
	"context"
	"runtime/pprof"
	"sync/atomic"
)

// Phase is what a goroutine does in an evaluation.
type Phase uint8

// The phases. Forward is the forward pass without its solves, in a predictor as well;
// in a new graph it includes building it. Outside is all that is no evaluation.
const (
	Outside Phase = iota
	Forward
	Solve
	Reverse
)

// Key is the key of the label, whose values are forward, solve and reverse.
const Key = "phase"

// contexts are those with the labels of the phases, nil without labelling.
var contexts atomic.Pointer[[Reverse + 1]context.Context]

// latest is the phase that was entered last, on whichever goroutine.
var latest atomic.Uint32

// Label begins to label the goroutines that evaluate. They have the labels of the
// context as well, and between evaluations those alone. It must not be called during
// an evaluation.
func Label(ctx context.Context) {
	with := func(labels ...string) context.Context { return pprof.WithLabels(ctx, pprof.Labels(labels...)) }
	latest.Store(uint32(Outside))
	contexts.Store(&[...]context.Context{
		Outside: with(), Forward: with(Key, "forward"), Solve: with(Key, "solve"), Reverse: with(Key, "reverse"),
	})
}

// Unlabel ends what Label began, between evaluations as well.
func Unlabel() { contexts.Store(nil) }

// Enter labels the goroutine that calls it with a phase. Packages that evaluate call
// it.
func Enter(p Phase) {
	if c := contexts.Load(); c != nil {
		latest.Store(uint32(p))
		pprof.SetGoroutineLabels(c[p])
	}
}

// Latest returns a context with the labels of the phase that was entered last, nil
// without labelling. Goroutines that help others take these labels: where several
// models are evaluated at once, their work may be found under the phase of another
// one.
func Latest() context.Context {
	if c := contexts.Load(); c != nil {
		return c[latest.Load()]
	}
	return nil
}

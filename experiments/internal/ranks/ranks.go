// Package ranks lets several processes train one model: they gather what each has
// found, and add up vectors in the order of their ranks, so that the result is the same
// on all of them and, bit for bit, in every run with as many.
//
// A program built without the build tag mpi is alone. With it, and started by mpirun,
// the processes are those of MPI's world.
package ranks

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/pkg/errors"
)

// ErrLost is the cause of an error for ranks that do not answer.
var ErrLost = errors.New("the other ranks do not answer")

// Default times that the others have to answer once the context is done. Open MPI kills
// the processes of a job one second after it has asked them to end, in which rank 0 may
// have something to save. The others wait for it.
const (
	firstPatience = 500 * time.Millisecond
	otherPatience = 30 * time.Second
)

// Group is the ranks that train one model, seen from one of them. All of them must
// call its methods in the same order. It is for one goroutine at a time; nil and the
// zero value are a process that is alone.
//
// A method waits for all ranks. When its context is done, it waits for some time more
// and then gives the others up, with the cause ErrLost: that is what a rank finds that was
// asked to end as another one has died. No method can be used after that.
type Group struct {
	// Patience is the time that a method waits when its context is done. New sets it to
	// half a second on rank 0, and to half a minute on others.
	Patience time.Duration

	transport Transport
	lost      bool
	narrow    addends[float32]
	wide      addends[float64]
}

// Transport moves bytes between ranks.
type Transport interface {
	// Rank is the number of this rank, 0, 1, …, Size()-1.
	Rank() int
	Size() int

	// AllGather fills all with the parts of the ranks, which are as long as this one, in
	// their order.
	AllGather(all, part []byte) error

	// Broadcast fills data with those of rank 0, which are as long.
	Broadcast(data []byte) error

	// Close waits until all ranks call it.
	Close() error
}

// New returns the group that a transport connects.
func New(t Transport) *Group {
	g := &Group{Patience: otherPatience, transport: t}
	if t.Rank() == 0 {
		g.Patience = firstPatience
	}
	return g
}

// Rank returns the number of this rank, 0 for the first.
func (g *Group) Rank() int {
	if g.alone() {
		return 0
	}
	return g.transport.Rank()
}

// Size returns the number of ranks.
func (g *Group) Size() int {
	if g.alone() {
		return 1
	}
	return g.transport.Size()
}

func (g *Group) alone() bool { return g == nil || g.transport == nil }

// Lost reports whether the other ranks were given up.
func (g *Group) Lost() bool { return g != nil && g.lost }

// Gather returns the records of all ranks, of any lengths, in their order.
func (g *Group) Gather(ctx context.Context, record []byte) ([][]byte, error) {
	n := g.Size()
	if n == 1 {
		return [][]byte{record}, nil
	}
	lengths := make([]byte, 8*n)
	if err := g.gather(ctx, lengths, lengthOf(record)); err != nil {
		return nil, err
	}
	longest := 0
	for r := range n {
		longest = max(longest, parseLength(lengths[8*r:]))
	}
	part, all := make([]byte, longest), make([]byte, n*longest)
	copy(part, record)
	if err := g.gather(ctx, all, part); err != nil {
		return nil, err
	}
	records := make([][]byte, n)
	for r := range records {
		records[r] = all[r*longest:][:parseLength(lengths[8*r:])]
	}
	return records, nil
}

// Broadcast returns the data of rank 0, whatever those of the others.
func (g *Group) Broadcast(ctx context.Context, data []byte) ([]byte, error) {
	if g.Size() == 1 {
		return data, nil
	}
	length := lengthOf(data)
	if err := g.await(ctx, func() error { return g.transport.Broadcast(length) }); err != nil {
		return nil, err
	}
	n := parseLength(length)
	if g.Rank() != 0 {
		data = make([]byte, n)
	}
	if n == 0 {
		return data, nil
	}
	return data, g.await(ctx, func() error { return g.transport.Broadcast(data) })
}

// Leave waits until all ranks leave, unless they are lost.
func (g *Group) Leave() error {
	if g.alone() || g.lost {
		return nil
	}
	return g.transport.Close()
}

func lengthOf(data []byte) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(len(data))) }

func parseLength(b []byte) int { return int(binary.LittleEndian.Uint64(b)) }

// gather fills all with the parts of all ranks, of which none is sent if they are empty.
func (g *Group) gather(ctx context.Context, all, part []byte) error {
	if len(part) == 0 {
		return nil
	}
	return g.await(ctx, func() error { return g.transport.AllGather(all, part) })
}

// await runs a call of the transport, and gives it up some time after the context is
// done.
func (g *Group) await(ctx context.Context, call func() error) error {
	if g.lost {
		return ErrLost
	}
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	limit := time.NewTimer(g.Patience)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		g.lost = true
		return ErrLost
	}
}

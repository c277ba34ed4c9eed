// Package rankstest has ranks within one process, for tests.
package rankstest

import (
	"sync"
	"time"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// New returns the groups of n ranks, each of which is for a goroutine of its own. None
// waits long for another once it was asked to end.
func New(n int) []*ranks.Group {
	m := &meeting{size: n, parts: make([][]byte, n)}
	m.all = sync.NewCond(&m.mu)
	groups := make([]*ranks.Group, n)
	for r := range groups {
		groups[r] = ranks.New(member{m, r})
		groups[r].Patience = 200 * time.Millisecond
	}
	return groups
}

// meeting is where ranks wait for each other.
type meeting struct {
	mu    sync.Mutex
	all   *sync.Cond
	size  int
	here  int // ranks that have come
	round int // meetings that were
	parts [][]byte
}

// member is a rank.
type member struct {
	*meeting
	rank int
}

func (m member) Rank() int { return m.rank }
func (m member) Size() int { return m.size }

// meet brings a part along, takes what it wants of all of them when all are there, and
// ends when all have.
func (m member) meet(part []byte, take func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts[m.rank] = part
	m.wait()
	take()
	m.wait()
}

func (m member) wait() {
	round := m.round
	if m.here++; m.here == m.size {
		m.here = 0
		m.round++
		m.all.Broadcast()
	}
	for round == m.round {
		m.all.Wait()
	}
}

func (m member) AllGather(all, part []byte) error {
	m.meet(part, func() {
		for r, p := range m.parts {
			copy(all[r*len(part):], p)
		}
	})
	return nil
}

func (m member) Broadcast(data []byte) error {
	m.meet(data, func() {
		if m.rank != 0 {
			copy(data, m.parts[0])
		}
	})
	return nil
}

func (m member) Close() error {
	m.meet(nil, func() {})
	return nil
}

package graph

import (
	"context"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"
)

// A pool holds the instances of a predictor that no call uses.
type pool struct {
	slots chan struct{} // full when as many calls as may are at work
	mu    sync.Mutex
	idle  []*instance // used last at the end
}

func newPool(most int) pool { return pool{slots: make(chan struct{}, most)} }

// take waits until one more call may be at work, or the context ends. It returns the
// instance used last of those that know values of the given shapes, else of all, and
// nil if there is none.
func (p *pool) take(ctx context.Context, in []gorgonia.Value) (*instance, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
	default:
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil, nil
	}
	at := n - 1
	for k := at; k >= 0; k-- {
		if p.idle[k].find(in) >= 0 {
			at = k
			break
		}
	}
	i := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	return i, nil
}

// give ends what take began. A nil instance is one that is not to be used again.
func (p *pool) give(i *instance) {
	if i != nil {
		p.mu.Lock()
		p.idle = append(p.idle, i)
		p.mu.Unlock()
	}
	<-p.slots
}

package layers

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/value"
)

// probes are the random vectors e of an estimate eᵀJe of a trace. Those of a row
// depend on the seed and the number of the row alone.
type probes struct {
	estimator Estimator
	mu        sync.Mutex // mutex of what follows
	seed      uint64
	first     int // number of the first row
	drawn     map[probeForm]gorgonia.Value
}

// probeForm is the form of a matrix of probes. The number of rows is a power of two:
// a batch has the first rows of one.
type probeForm struct {
	dtype      tensor.Dtype
	rows, cols int
}

// of returns the probes of a batch, in memory that is drawn anew when the seed
// or the number of the first row changes.
func (p *probes) of(dt tensor.Dtype, rows, cols int) gorgonia.Value {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := probeForm{dt, 1, cols}
	for f.rows < rows {
		f.rows *= 2
	}
	if p.drawn == nil {
		p.drawn = map[probeForm]gorgonia.Value{}
	}
	all, ok := p.drawn[f]
	if !ok {
		all = value.New(dt, f.rows, f.cols)
		p.drawn[f] = all
		p.draw(f, all)
	}
	return value.Rows(all, 0, rows)
}

func (p *probes) setSeed(seed uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seed = seed
	p.redraw()
}

func (p *probes) setFirstRow(row int) {
	if row < 0 {
		panic(fmt.Sprintf("divergence: first row %d, expected at least 0", row))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if row == p.first {
		return
	}
	p.first = row
	p.redraw()
}

func (p *probes) redraw() {
	for f, v := range p.drawn {
		p.draw(f, v)
	}
}

// draw fills a matrix of probes. The stream of a row is seeded with draws from one
// that has seed and row for its state, for the streams of neighbouring states are
// alike at first.
func (p *probes) draw(f probeForm, dst gorgonia.Value) {
	x := make([]float64, 0, f.rows*f.cols)
	for row := range f.rows {
		root := rand.NewPCG(p.seed, uint64(p.first+row))
		rng := rand.New(rand.NewPCG(root.Uint64(), root.Uint64()))
		for range f.cols {
			if p.estimator == Rademacher {
				x = append(x, 1-2*float64(rng.Uint64()>>63))
			} else {
				x = append(x, rng.NormFloat64())
			}
		}
	}
	value.SetFloat64s(dst, x)
}

package integrators

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/parallel"
)

// rowPath is the noise of a row with steps of its own, which remembers the steps of that
// row alone.
type rowPath struct {
	wiener
	noise Noise // of a state of one row
	key   [1]uint64
	tried bool // the path is that of a trial that was not accepted
}

// startPaths starts the noise of every row.
func (r *rowSolve) startPaths() error {
	s := r.c.solver
	m := s.equation.processes(r.c.dim)
	if err := s.noise.validate(r.c.batch, m, 0); err != nil {
		return err
	}
	if r.paths == nil {
		r.paths = make([]rowPath, r.c.batch)
	}
	for b := range r.paths {
		p := &r.paths[b]
		if p.wiener == nil {
			p.wiener = s.newPath(1, m)
		}
		s.noise.ofRow(b, m, &p.noise, &p.key)
		p.tried = false
		if err := p.start(&p.noise, r.rows[b].t0, r.rows[b].t1); err != nil {
			return err
		}
	}
	return nil
}

// ofRow stores the noise of a row of m processes.
func (n *Noise) ofRow(b, m int, dst *Noise, key *[1]uint64) {
	key[0] = uint64(b)
	if n.Keys != nil {
		key[0] = n.Keys[b]
	}
	path := dst.Path[:0]
	for _, in := range n.Path {
		in.DW = in.DW[b*m : (b+1)*m]
		if in.DZ != nil {
			in.DZ = in.DZ[b*m : (b+1)*m]
		}
		path = append(path, in)
	}
	*dst = *n
	dst.Keys, dst.Path = key[:], path
}

// followPaths makes the path of each row that of the step it tries, and gives its noise
// to the frame. Further trials from the same time follow the same path.
func (r *rowSolve) followPaths(at *rowAttempt) {
	chis := r.c.solver.traits.noise
	parallel.For(at.n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			b := at.rows[i]
			p, q := &r.rows[b], &r.paths[b]
			if q.tried {
				q.reject(p.t + p.h)
			} else {
				q.prepare(p.t + p.h)
			}
			q.tried = true
			for j, c := range chis {
				fillChiRow(at.noise(j), i, c, p.h, q)
			}
		}
	})
	for i := at.n; i < len(at.rows); i++ { // rows that fill the frame
		b := at.rows[i]
		for j, c := range chis {
			fillChiRow(at.noise(j), i, c, r.rows[b].h, &r.paths[b])
		}
	}
}

// noise returns the j-th matrix of noise.
func (at *rowAttempt) noise(j int) *tensor.Dense {
	return at.frame.Data(int(at.step.in.noise) + j).(*tensor.Dense)
}

// quiet takes the noise from a row of the frame.
func (at *rowAttempt) quiet(i int) {
	for j := range at.c.solver.traits.noise {
		x := at.noise(j)
		n := x.Shape()[1]
		if x.Dtype() == tensor.Float32 {
			clear(x.Float32s()[i*n : (i+1)*n])
		} else {
			clear(x.Float64s()[i*n : (i+1)*n])
		}
	}
}

func fillChiRow(x *tensor.Dense, i int, c chi, h float64, p *rowPath) {
	n := x.Shape()[1]
	if x.Dtype() == tensor.Float32 {
		fillChi(x.Float32s()[i*n:(i+1)*n], c, h, p.dW(), p.dZ())
	} else {
		fillChi(x.Float64s()[i*n:(i+1)*n], c, h, p.dW(), p.dZ())
	}
}

// fillInside stores in row i of a matrix the path at a time within the step, a fraction
// theta of it, less the line between its ends.
func (p *rowPath) fillInside(v gorgonia.Value, i int, t, theta float64) {
	x, w := v.(*tensor.Dense), p.fill(t)
	n := x.Shape()[1]
	if x.Dtype() == tensor.Float32 {
		fillDeviation(x.Float32s()[i*n:(i+1)*n], w, theta, p.dW())
	} else {
		fillDeviation(x.Float64s()[i*n:(i+1)*n], w, theta, p.dW())
	}
}

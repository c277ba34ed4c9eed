package integrators

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// evaluateBoth adds stage i of drift and diffusion at y and the time t + c·h, those of
// the two that are needed.
func (b *stepBuilder) evaluateBoth(name string, i int, y *gorgonia.Node, c float64, drift, diffusion bool, f, g gorgonia.Nodes) (err error) {
	if drift {
		if f[i], err = b.drift(y, c); err != nil {
			return errors.Wrapf(err, "stage %d of %s", i+1, name)
		}
	}
	if diffusion {
		if g[i], err = b.diffusion(y, c); err != nil {
			return errors.Wrapf(err, "stage %d of %s", i+1, name)
		}
	}
	return nil
}

// finish adds the end of a step from z, and keeps the diffusion g that a step takes
// nearest to its start, for the states between the two.
func (b *stepBuilder) finish(z, g *gorgonia.Node, result *combination) (st *step, err error) {
	st = &step{}
	if st.end.z, err = result.add(b); err != nil {
		return nil, err
	}
	st.stages = gorgonia.Nodes{st.end.z, g}
	return st, nil
}

// estimate adds the scaled error of a step from z, of which the error is given.
func (b *stepBuilder) estimate(st *step, z *gorgonia.Node, estimate *combination) error {
	e, err := estimate.add(b)
	if err != nil {
		return err
	}
	st.e, err = b.errorNorm(z, st.end.z, nil, gorgonia.Nodes{e}, []float64{1})
	return err
}

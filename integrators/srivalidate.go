package integrators

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Validate checks that a table is an explicit method of Rößler's type: that its
// parts have matching lengths and finite entries, that C0 and C1 begin with 0, that
// C0_i = Σ_j A0_ij and C1_i = Σ_j A1_ij if the strong order is above 1, that Alpha
// and Beta1 sum to 1 and Beta2 to Beta4 to 0, and that StiffStages are two stages of
// the same time that a step evaluates. It does not check the order of the method.
// Up to order 1 that does not depend on the times of stages.
func (m *SRI) Validate() error {
	s := m.Stages()
	if s == 0 {
		return errors.Errorf("table %q: no stages: Alpha is empty", m.Name)
	}
	if !(m.StrongOrder > 0) {
		return errors.Errorf("table %q: strong order %v, expected a positive number", m.Name, m.StrongOrder)
	}
	if m.Adaptive() && !(m.Delta >= 0 && !math.IsInf(m.Delta, 1)) {
		return errors.Errorf("table %q: delta %v, expected a number of at least 0", m.Name, m.Delta)
	}
	if err := m.validateWeights(); err != nil {
		return err
	}
	for _, v := range []struct {
		time, own, other string
		c                []float64
		a, b             [][]float64
	}{{"C0", "A0", "B0", m.C0, m.A0, m.B0}, {"C1", "A1", "B1", m.C1, m.A1, m.B1}} {
		if err := m.validateRows(v.own, v.a); err != nil {
			return err
		}
		if err := m.validateRows(v.other, v.b); err != nil {
			return err
		}
		if len(v.c) != s {
			return errors.Errorf("table %q: %s has %d entries, expected %d", m.Name, v.time, len(v.c), s)
		}
		if err := m.finite(v.time, v.c); err != nil {
			return err
		}
		if v.c[0] != 0 {
			return errors.Errorf("table %q: %s begins with %v, expected 0", m.Name, v.time, v.c[0])
		}
		if m.StrongOrder <= 1 {
			continue
		}
		for i, c := range v.c {
			if sum := floats.Sum(v.a[i]); !(math.Abs(sum-c) <= sumTol) {
				return errors.Errorf("table %q: row %d of %s sums to %v, expected %v as in %s", m.Name, i, v.own, sum, c, v.time)
			}
		}
	}
	return m.validateStiffStages()
}

// sumTol is what a sum of coefficients may be off by.
const sumTol = 1e-12

func (m *SRI) validateWeights() error {
	for _, v := range []struct {
		name string
		w    []float64
		sum  float64
	}{
		{"Alpha", m.Alpha, 1}, {"Beta1", m.Beta1, 1},
		{"Beta2", m.Beta2, 0}, {"Beta3", m.Beta3, 0}, {"Beta4", m.Beta4, 0},
	} {
		if len(v.w) != m.Stages() {
			return errors.Errorf("table %q: %s has %d entries, expected %d as in Alpha", m.Name, v.name, len(v.w), m.Stages())
		}
		if sum := floats.Sum(v.w); !(math.Abs(sum-v.sum) <= sumTol) {
			return errors.Errorf("table %q: %s sums to %v, expected %v", m.Name, v.name, sum, v.sum)
		}
	}
	if !m.Adaptive() {
		return nil
	}
	if len(m.Err) != m.Stages() {
		return errors.Errorf("table %q: Err has %d entries, expected %d", m.Name, len(m.Err), m.Stages())
	}
	if err := m.finite("Err", m.Err); err != nil {
		return err
	}
	return checkEstimate(m.Name, m.Err)
}

func (m *SRI) validateRows(name string, a [][]float64) error {
	return checkRows(m.Name, name, a, m.Stages())
}

func (m *SRI) finite(name string, x []float64) error {
	return checkEntries(m.Name, name, x, len(x))
}

func (m *SRI) validateStiffStages() error {
	if m.StiffStages == [2]int{} {
		return nil
	}
	drift, _ := m.sources()
	for _, i := range m.StiffStages {
		if i < 0 || i >= m.Stages() || drift[i] != i {
			return errors.Errorf("table %q: stiffness stage %d is not a drift stage that a step evaluates", m.Name, i)
		}
	}
	if i, j := m.StiffStages[0], m.StiffStages[1]; i == j || math.Abs(m.C0[i]-m.C0[j]) > sumTol {
		return errors.Errorf("table %q: stiffness stages %d and %d have C0 = %v and %v, expected two stages of equal ones", m.Name, i, j, m.C0[i], m.C0[j])
	}
	return nil
}

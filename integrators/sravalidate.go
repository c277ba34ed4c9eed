package integrators

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Validate checks that a table is an explicit method of its kind: that its parts have
// matching lengths and finite entries, that StiffStages have one time, and the
// conditions of strong order 1.5, with e a vector of ones and squares entry by entry,
//
//	Alpha·e = 1,  Beta1·e = 1,  Beta2·e = 0,  C0 = A0 e,
//	Alpha·B0 e = 1,  Alpha·A0 e = 1/2,  Alpha·(B0 e)² = 3/2,  Beta1·C1 = 1,  Beta2·C1 = -1.
func (m *SRA) Validate() error {
	s := m.Stages()
	if s == 0 {
		return errors.Errorf("table %q: no stages: Alpha is empty", m.Name)
	}
	if m.StrongOrder != 1.5 {
		return errors.Errorf("table %q: strong order %v, expected 1.5", m.Name, m.StrongOrder)
	}
	if m.Adaptive() && !(m.Delta >= 0 && !math.IsInf(m.Delta, 1)) {
		return errors.Errorf("table %q: delta %v, expected a number of at least 0", m.Name, m.Delta)
	}
	if err := checkRows(m.Name, "A0", m.A0, s); err != nil {
		return err
	}
	if err := checkRows(m.Name, "B0", m.B0, s); err != nil {
		return err
	}
	vectors := []struct {
		name string
		x    []float64
	}{{"C0", m.C0}, {"C1", m.C1}, {"Alpha", m.Alpha}, {"Beta1", m.Beta1}, {"Beta2", m.Beta2}, {"Err", m.Err}}
	if !m.Adaptive() {
		vectors = vectors[:5]
	}
	for _, v := range vectors {
		if err := checkEntries(m.Name, v.name, v.x, s); err != nil {
			return err
		}
	}
	if m.Adaptive() {
		if err := checkEstimate(m.Name, m.Err); err != nil {
			return err
		}
	}
	return m.checkOrder()
}

// checkOrder fails unless the conditions of strong order 1.5 hold.
func (m *SRA) checkOrder() error {
	var rowA, rowB, square, ones []float64
	for i := range m.A0 {
		b := floats.Sum(m.B0[i])
		rowA, rowB = append(rowA, floats.Sum(m.A0[i])), append(rowB, b)
		square, ones = append(square, b*b), append(ones, 1)
	}
	for i, c := range m.C0 {
		if !(math.Abs(rowA[i]-c) <= sumTol) {
			return errors.Errorf("table %q: row %d of A0 sums to %v, expected %v as in C0", m.Name, i, rowA[i], c)
		}
	}
	for _, v := range []struct {
		name string
		x, y []float64
		want float64
	}{
		{"Alpha·e", m.Alpha, ones, 1}, {"Beta1·e", m.Beta1, ones, 1}, {"Beta2·e", m.Beta2, ones, 0},
		{"Alpha·B0 e", m.Alpha, rowB, 1}, {"Alpha·A0 e", m.Alpha, rowA, 0.5}, {"Alpha·(B0 e)²", m.Alpha, square, 1.5},
		{"Beta1·C1", m.Beta1, m.C1, 1}, {"Beta2·C1", m.Beta2, m.C1, -1},
	} {
		if x := floats.Dot(v.x, v.y); !(math.Abs(x-v.want) <= sumTol) {
			return errors.Errorf("table %q: %s = %v, expected %v", m.Name, v.name, x, v.want)
		}
	}
	for _, i := range m.StiffStages {
		if i < 0 || i >= m.Stages() {
			return errors.Errorf("table %q: stiffness stage %d, expected one of %d", m.Name, i, m.Stages())
		}
	}
	if i, j := m.StiffStages[0], m.StiffStages[1]; m.C0[i] != m.C0[j] {
		return errors.Errorf("table %q: stiffness stages %d and %d have C0 = %v and %v, expected two stages of equal ones", m.Name, i, j, m.C0[i], m.C0[j])
	}
	return nil
}

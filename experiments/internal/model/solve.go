package model

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// SDEMethods are the methods of the variants that need another one than SOSRI,
// which estimates no stiffness.
var SDEMethods = map[trainer.Variant]string{
	trainer.SRNSDE:                        "sosri2",
	trainer.SRNSDE + "+" + trainer.ERNSDE: "sosri2",
}

// AdaptiveSDEMethods returns the names of the methods for Itô equations with diagonal
// noise that adapt their steps, sorted: those that can solve what is trained here.
func AdaptiveSDEMethods() []string {
	return slices.DeleteFunc(integrators.SDEMethods(), func(name string) bool {
		m, err := integrators.SDEByName(name)
		return err != nil || !adaptsToDiagonal(m)
	})
}

// adaptsToDiagonal reports whether a method adapts its steps and is for Itô equations
// with diagonal noise that depends on the state.
func adaptsToDiagonal(m integrators.Method) bool {
	_, diagonal := m.(*integrators.SRI)
	return diagonal && m.Adaptive()
}

// SDEMethod returns the integration method of a configuration of an SDE, one of
// AdaptiveSDEMethods.
func SDEMethod(cfg trainer.Config) (integrators.Method, error) {
	m, err := integrators.SDEByName(cfg.Method)
	if err != nil || !adaptsToDiagonal(m) {
		return nil, errors.Errorf("method %q, expected one that adapts its steps to an Itô equation with diagonal noise: %s",
			cfg.Method, strings.Join(AdaptiveSDEMethods(), ", "))
	}
	return m, nil
}

// CheckSDEMethod returns an error for a method that SDEMethod refuses.
func CheckSDEMethod(name string) error {
	_, err := SDEMethod(trainer.Config{Method: name})
	return err
}

// CheckSDE returns an error for a variant whose method lacks the estimate that
// is to be regularized.
func CheckSDE(cfg trainer.Config, v trainer.Variant) error {
	m, err := SDEMethod(cfg)
	if err != nil {
		return err
	}
	if v.Has(trainer.SRNSDE) && !m.EstimatesStiffness() {
		return errors.Errorf("method %s estimates no stiffness to regularize, expected %s", m, strings.ToUpper(SDEMethods[trainer.SRNSDE]))
	}
	return nil
}

// SolverSettings returns the settings of the solver, with the steps recorded and
// watched, and the penalties.
func (m *Model) SolverSettings() *integrators.Settings {
	s := &integrators.Settings{AbsTol: m.Config.Tol, RelTol: m.Config.Tol, Record: true, Observe: func(s integrators.Step) error {
		if m.watch == nil {
			return nil
		}
		return m.watch(s)
	}}
	s.RoundedEstimate = m.Config.Estimate == "state"
	if m.Config.Memory == "checkpoint" {
		s.Memory = integrators.Checkpoint
	}
	if m.Config.Mode == "inline" {
		s.Mode = integrators.Inline
	}
	for _, p := range m.Penalties {
		s.Regularizers = append(s.Regularizers, p.Regularizer)
	}
	return s
}

package model

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// switches are the methods that switch by stiffness. Their names on the command line
// are those of the two methods, for example "autotsit5-rodas5p".
var switches = []*integrators.Switch{
	integrators.AutoTsit5(integrators.Rosenbrock23),
	integrators.AutoTsit5(integrators.Rodas5P),
	integrators.AutoVern7(integrators.Rodas5P),
}

func switchName(m *integrators.Switch) string {
	return strings.ToLower(strings.NewReplacer("(", "-", ")", "").Replace(m.Name()))
}

// ExplicitMethods returns the names of the explicit methods for ordinary equations
// that adapt their steps, sorted.
func ExplicitMethods() []string {
	return slices.DeleteFunc(integrators.Methods(), func(name string) bool {
		m, err := integrators.ByName(name)
		return err != nil || !m.Adaptive()
	})
}

// Methods returns the names of all methods for ordinary equations that adapt their
// steps: explicit ones, those for stiff equations, and those that switch between one
// and the other.
func Methods() []string {
	names := append(ExplicitMethods(), integrators.StiffMethods()...)
	for _, m := range switches {
		names = append(names, switchName(m))
	}
	return names
}

// Method returns the integration method of a configuration of an ODE, which must
// adapt its steps. Dynamics must be differentiable twice for one that is not explicit.
func Method(cfg trainer.Config) (integrators.Method, error) {
	for _, m := range switches {
		if strings.EqualFold(cfg.Method, switchName(m)) {
			return m, nil
		}
	}
	if m, err := integrators.StiffByName(cfg.Method); err == nil {
		return m, nil
	}
	return explicit(cfg, Methods())
}

// ExplicitMethod returns that of an ODE whose dynamics are not differentiable twice,
// or have so many columns that their Jacobian does not pay.
func ExplicitMethod(cfg trainer.Config) (*integrators.Tableau, error) {
	return explicit(cfg, ExplicitMethods())
}

func explicit(cfg trainer.Config, known []string) (*integrators.Tableau, error) {
	m, err := integrators.ByName(cfg.Method)
	if err != nil {
		return nil, errors.Errorf("unknown method %q, expected %s or dopri5", cfg.Method, strings.Join(known, ", "))
	}
	if !m.Adaptive() {
		return nil, errors.Errorf("method %s does not adapt its steps, expected one that does: %s", m, strings.Join(known, ", "))
	}
	return m, nil
}

// CheckMethod returns an error for a method that Method refuses.
func CheckMethod(name string) error {
	_, err := Method(trainer.Config{Method: name})
	return err
}

// CheckExplicitMethod returns an error for a method that ExplicitMethod refuses.
func CheckExplicitMethod(name string) error {
	_, err := ExplicitMethod(trainer.Config{Method: name})
	return err
}

// CheckODE returns an error for a variant with a penalty that the method does not have:
// the stiffness of one that does not estimate it, or for one that is not explicit a sum of
// slopes over the stages of a step.
func CheckODE(cfg trainer.Config, v trainer.Variant) error {
	m, err := Method(cfg)
	if err != nil {
		return err
	}
	_, isExplicit := m.(*integrators.Tableau)
	for _, r := range trainer.Regularizers {
		switch {
		case !r.In(v) || r.Term == integrators.Error:
		case r.Term == integrators.Stiffness:
			if !m.EstimatesStiffness() {
				return errors.Errorf("method %s estimates no stiffness to regularize, expected one that does: %s", cfg.Method, strings.Join(stiffnessMethods(), ", "))
			}
		case !isExplicit:
			return errors.Errorf("method %s and %s, which is integrated over the stages of a step, expected an explicit method: %s",
				cfg.Method, r.Symbol, strings.Join(ExplicitMethods(), ", "))
		}
	}
	return nil
}

// stiffnessMethods returns the names of the methods that estimate the stiffness.
func stiffnessMethods() []string {
	return slices.DeleteFunc(Methods(), func(name string) bool {
		m, err := Method(trainer.Config{Method: name})
		return err != nil || !m.EstimatesStiffness()
	})
}

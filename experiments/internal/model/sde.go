package model

import (
	"math/rand/v2"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/ops"
	"github.com/regnde/regnde/integrators"
)

// The parts of which the variants of a neural SDE are made.
const (
	Vanilla = "vanilla"
	SRNSDE  = "srnsde" // stiffness regularized
	ERNSDE  = "ernsde" // error regularized
)

// SDEParts are the parts in the order in which compositions are written.
var SDEParts = []string{Vanilla, SRNSDE, ERNSDE}

// SDEMethods are the methods of the variants that need another one than SOSRI,
// which estimates no stiffness.
var SDEMethods = map[trainer.Variant]string{
	SRNSDE:                "sosri2",
	SRNSDE + "+" + ERNSDE: "sosri2",
}

// SDEMethod returns the integration method of a configuration of an SDE, which
// must adapt its steps.
func SDEMethod(cfg trainer.Config) (*integrators.SRI, error) {
	m, err := integrators.SDEByName(cfg.Method)
	if err != nil {
		return nil, err
	}
	if !m.Adaptive() {
		return nil, errors.Errorf("method %s does not adapt its steps, want one that does", m.Name)
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
	if v.Has(SRNSDE) && !m.EstimatesStiffness() {
		return errors.Errorf("method %s estimates no stiffness to regularize, want %s", m.Name, strings.ToUpper(SDEMethods[SRNSDE]))
	}
	return nil
}

// SDEPenalties returns the penalties of a variant, both in one aggregation.
func SDEPenalties(cfg trainer.Config, v trainer.Variant, a ops.Aggregation) Penalties {
	var p Penalties
	if v.Has(ERNSDE) {
		p = append(p, ErrorPenalty(cfg, a))
	}
	if v.Has(SRNSDE) {
		p = append(p, StiffnessPenalty(cfg, a))
	}
	return p
}

// NoiseSeed returns the seed of the noise of a solve in a run: draw is the number
// of the iteration, 1, 2, …, in training, and -1, -2, … in evaluation, where the
// noise is the same after every epoch and for every variant.
func NoiseSeed(run uint64, draw int) uint64 {
	return rand.New(rand.NewPCG(run, uint64(draw))).Uint64()
}

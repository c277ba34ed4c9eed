package integrators

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// sdeMethods are the methods of the package for SDEs with diagonal noise in the sense of
// Itô, and noisyMethods the others.
var (
	sdeMethods   = []*SRI{SOSRI, SOSRI2, SRIW1, Milstein, EulerMaruyama}
	noisyMethods = []Method{
		SRA1, SOSRA, SOSRA2,
		StratonovichHeun, EulerHeun, SPaRK, GeneralShARK, SlowRK, StratonovichMilstein, LambaEulerHeun, ReversibleHeun,
	}
)

// allSDEMethods returns the methods of the package for SDEs, each under its own name.
func allSDEMethods() []Method {
	all := slices.Clone(noisyMethods)
	for _, m := range sdeMethods {
		all = append(all, m)
	}
	return all
}

// SDEMethods returns the names of all methods for SDEs in lower case, sorted.
func SDEMethods() []string { return namesOf(allSDEMethods()) }

// SDEByName returns the method for SDEs of the given name, upper and lower case
// being the same. The error of an unknown name lists the known ones. Which noise the
// method takes and in which sense it solves is for NewSolver to say.
func SDEByName(name string) (Method, error) {
	if m, ok := named(allSDEMethods(), name); ok {
		return m, nil
	}
	return nil, errors.Errorf("unknown method %q for SDEs, expected one of %s", name, strings.Join(SDEMethods(), ", "))
}

package model

import (
	"slices"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// TestMethodsAreFoundByName: every name that is listed is that of a method of its
// kind, in any case of letters, and an unknown one lists them.
func TestMethodsAreFoundByName(t *testing.T) {
	kinds := map[string]int{}
	for _, name := range Methods() {
		m, err := Method(trainer.Config{Method: strings.ToUpper(name)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !m.Adaptive() || m.Validate() != nil {
			t.Errorf("%s: adaptive %v, error %v", name, m.Adaptive(), m.Validate())
		}
		switch m := m.(type) {
		case *integrators.Switch:
			kinds["switch"]++
			if want := "auto" + strings.ToLower(m.Tableau.Name+"-"+m.Stiff.Name); name != want {
				t.Errorf("%s is the name of %s, expected %s", name, m.Name(), want)
			}
		case *integrators.Rosenbrock:
			kinds["stiff"]++
		case *integrators.Tableau:
			kinds["explicit"]++
		}
	}
	if kinds["switch"] != 3 || kinds["stiff"] != 2 || kinds["explicit"] != len(ExplicitMethods()) {
		t.Errorf("methods are %v", kinds)
	}
	if err := CheckMethod("euler"); err == nil || !strings.Contains(err.Error(), "Euler") {
		t.Errorf("a method of fixed steps: error %v", err)
	}
	if err := CheckMethod("gauss"); err == nil || !strings.Contains(err.Error(), "autotsit5-rodas5p") {
		t.Errorf("an unknown method: error %v, expected one that lists the known ones", err)
	}
	err := CheckExplicitMethod("rodas5p")
	if err == nil || slices.Contains(ExplicitMethods(), "rodas5p") || !strings.Contains(err.Error(), "tsit5") {
		t.Errorf("a stiff method among explicit ones: error %v", err)
	}
	if err := CheckExplicitMethod("DOPRI5"); err != nil {
		t.Errorf("another name of a method: error %v", err)
	}
}

// TestCheckODE: what is integrated over the stages of a step needs an explicit method,
// and the stiffness one that estimates it.
func TestCheckODE(t *testing.T) {
	for _, tt := range []struct {
		method  string
		variant trainer.Variant
		ok      bool
	}{
		{"tsit5", "kinetic", true},
		{"rodas5p", "srnode+ernode", true},
		{"autotsit5-rodas5p", "vanilla", true},
		{"rodas5p", "kinetic", false},
		{"autotsit5-rosenbrock23", "taynode", false},
		{"bs3", "ernode", true},
		{"bs3", "srnode", false},
		{"bs3", "srnode+ernode", false},
		{"euler", "vanilla", false},
	} {
		if err := CheckODE(trainer.Config{Method: tt.method}, tt.variant); (err == nil) != tt.ok {
			t.Errorf("%s with %s: error %v", tt.variant, tt.method, err)
		}
	}
}

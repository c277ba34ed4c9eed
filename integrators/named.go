package integrators

import (
	"slices"
	"strings"
)

// namesOf returns the names of methods in lower case, sorted.
func namesOf[M Method](methods []M) []string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = strings.ToLower(m.String())
	}
	slices.Sort(names)
	return names
}

// named returns the method of the given name, upper and lower case being the same.
func named[M Method](methods []M, name string) (m M, found bool) {
	for _, m := range methods {
		if strings.EqualFold(name, m.String()) {
			return m, true
		}
	}
	return m, false
}

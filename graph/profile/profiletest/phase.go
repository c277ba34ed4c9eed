// Package profiletest tells how a goroutine is labelled.
package profiletest

import (
	"bytes"
	"regexp"
	"runtime/pprof"
	"strings"
	"testing"
)

var labels = regexp.MustCompile(`(?m)^# labels: \{(.*)\}$`)

// Labels returns the labels of the goroutine that calls it, as `"key":"value"` joined
// by commas, sorted by the keys. No other goroutine may call it at the same time.
func Labels(t *testing.T) string {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	for record := range strings.SplitSeq(profile.String(), "\n\n") {
		if !strings.Contains(record, "profiletest.Labels") {
			continue
		}
		if m := labels.FindStringSubmatch(record); m != nil {
			return m[1]
		}
		return ""
	}
	t.Fatalf("no goroutine of mine in\n%s", profile.String())
	return ""
}

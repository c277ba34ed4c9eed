//go:build !mpi

package ranks

import (
	"strings"
	"testing"
)

// TestRefusesToTrainTwice: a program without MPI that was started as one of several
// says so.
func TestRefusesToTrainTwice(t *testing.T) {
	for _, tt := range []struct {
		variable, value string
		ok              bool
	}{
		{"OMPI_COMM_WORLD_SIZE", "2", false}, {"PMI_SIZE", "16", false},
		{"OMPI_COMM_WORLD_SIZE", "1", true}, {"PMI_SIZE", "", true}, {"PMI_SIZE", "many", true},
	} {
		t.Run(tt.variable+"="+tt.value, func(t *testing.T) {
			for _, name := range launchers {
				t.Setenv(name, "")
			}
			t.Setenv(tt.variable, tt.value)
			g, err := Join()
			switch {
			case g != nil:
				t.Error("a group of several")
			case tt.ok && err != nil:
				t.Error(err)
			case !tt.ok && (err == nil || !strings.Contains(err.Error(), "-tags mpi") || !strings.Contains(err.Error(), tt.value+" ranks")):
				t.Errorf("error %v, expected one about %s ranks and the build tag", err, tt.value)
			}
		})
	}
}

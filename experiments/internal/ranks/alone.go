//go:build !mpi

package ranks

import (
	"os"
	"strconv"

	"github.com/pkg/errors"
)

// launchers are the variables with which launchers of MPI programs, Open MPI's and
// those of MPICH's family, tell a process how many there are.
var launchers = []string{"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}

// Join returns nil, a process that is alone. It is an error if the process is one of
// several that were started together: each would train by itself.
func Join() (*Group, error) {
	for _, name := range launchers {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 1 {
			return nil, errors.Errorf("started as one of %d ranks (%s), but built without MPI: expected a program built with go build -tags mpi, or one process", n, name)
		}
	}
	return nil, nil
}

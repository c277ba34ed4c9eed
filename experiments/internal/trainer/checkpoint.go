package trainer

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// checkpoint is the state of a run between two iterations.
type checkpoint struct {
	Experiment string
	Config     [sha256.Size]byte // fingerprint of the configuration
	Variant    Variant
	Seed       uint64
	Position   position
	Epochs     []byte // records of the epochs that have ended, as JSON: gob would lose a pointer to zero
	Model      ModelState
}

// position is how far a run has come.
type position struct {
	Epoch     int // in progress; one more than the last epoch after that
	Iteration int // iterations done in the epoch
	Number    int // iterations done in the run
	Sums      sums
}

// sums are over the iterations done in the epoch.
type sums struct {
	Loss              float64 // times the number of examples
	Examples, Correct int
	Regularization
	Seconds float64
}

// ErrCheckpoint is the cause of an error for a checkpoint that is damaged, or not
// of the run that is to be resumed.
var ErrCheckpoint = errors.New("unusable checkpoint")

const (
	checkpointExt = ".ckpt"

	// maxCheckpoint bounds a checkpoint in bytes. That of a model takes 24 for each
	// parameter, and a few hundred for each epoch.
	maxCheckpoint = 1 << 30

	// A checkpoint file is these bytes, of which the last is the version of the
	// format, the SHA-256 sum of the rest, and the rest: a gob of checkpoint.
	checkpointMagic = "RegNDE\x00\x01"
)

func checkpointName(id runID) string {
	return fmt.Sprintf("%s-seed%d%s", id.variant, id.seed, checkpointExt)
}

func checkpointPath(dir string, id runID) string { return filepath.Join(dir, checkpointName(id)) }

// write replaces the file at path.
func (c *checkpoint) write(path string) error {
	var payload bytes.Buffer
	if err := gob.NewEncoder(&payload).Encode(c); err != nil {
		return errors.Wrapf(err, "cannot write %s", path)
	}
	return atomicfile.WriteBytes(path, envelope(payload.Bytes()))
}

func envelope(payload []byte) []byte {
	sum := sha256.Sum256(payload)
	return bytes.Join([][]byte{[]byte(checkpointMagic), sum[:], payload}, nil)
}

// readCheckpoint returns nil, and no error, if there is no file.
func readCheckpoint(path string) (*checkpoint, error) {
	data, err := atomicfile.Read(path, maxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "cannot read a checkpoint")
	}
	c, err := parseCheckpoint(data)
	return c, errors.Wrapf(err, "%s (delete it to begin this run anew)", path)
}

func parseCheckpoint(data []byte) (*checkpoint, error) {
	const version = len(checkpointMagic) - 1
	if len(data) <= version || string(data[:version]) != checkpointMagic[:version] {
		return nil, errors.Wrap(ErrCheckpoint, "no RegNDE checkpoint")
	}
	if data[version] != checkpointMagic[version] {
		return nil, errors.Wrapf(ErrCheckpoint, "format version %d, want %d", data[version], checkpointMagic[version])
	}
	data = data[len(checkpointMagic):]
	if len(data) < sha256.Size || sha256.Sum256(data[sha256.Size:]) != [sha256.Size]byte(data) {
		return nil, errors.Wrap(ErrCheckpoint, "damaged, as its checksum does not match")
	}
	c := new(checkpoint)
	if err := gob.NewDecoder(bytes.NewReader(data[sha256.Size:])).Decode(c); err != nil {
		return nil, errors.Wrapf(ErrCheckpoint, "damaged: %v", err)
	}
	return c, nil
}

// epochs returns the records after checking that the checkpoint is of the run
// and that its position makes sense.
func (c *checkpoint) epochs(experiment string, config [sha256.Size]byte, id runID, last int) ([]Epoch, error) {
	if c.Experiment != experiment || c.Variant != id.variant || c.Seed != id.seed {
		return nil, errors.Wrapf(ErrCheckpoint, "it is of %s, %s, want %s, %s",
			c.Experiment, runID{c.Variant, c.Seed}, experiment, id)
	}
	if c.Config != config {
		return nil, errors.Wrap(ErrCheckpoint, "it is of another configuration")
	}
	epochs := []Epoch{}
	if err := json.Unmarshal(c.Epochs, &epochs); err != nil {
		return nil, errors.Wrapf(ErrCheckpoint, "damaged: %v", err)
	}
	p := c.Position
	if p.Epoch != len(epochs)+1 || p.Epoch > last+1 || p.Iteration < 0 || p.Number < p.Iteration {
		return nil, errors.Wrapf(ErrCheckpoint, "damaged: %d records of %d epochs, in epoch %d after iteration %d, %d in all",
			len(epochs), last, p.Epoch, p.Iteration, p.Number)
	}
	return epochs, nil
}

package trainer

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// checkpoint is the state of a run between two iterations.
type checkpoint struct {
	Experiment string
	Config     [sha256.Size]byte // fingerprint of the configuration
	Ranks      int               // number of ranks, 0 for one
	Variant    Variant
	Seed       uint64
	Position   position
	Epochs     []byte // records of the epochs that have ended, as JSON: gob would lose a pointer to zero
	Model      ModelState
}

// position is how far a run has come.
type position struct {
	Epoch     int // the epoch in progress; one more than the last when that has ended
	Iteration int // iterations done in the epoch
	Number    int // iterations done in the run
	Sums      sums
}

// sums are over the iterations done in the epoch.
type sums struct {
	Loss              float64 // loss of an iteration times its number of examples
	NFE, MeanNFE      float64 // evaluations of the rank with the most, and their mean over the ranks
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
)

// A checkpoint file is
//
//	parameters  as graph.Params.Save writes them, so that Load reads them from the file
//	state       gob of a checkpoint without the parameters
//	length      of the state, uint64, little-endian
//	checksum    SHA-256 of all before
//	magic       8 bytes, of which the last is the version of the format
//
// The first version began with its magic.
const (
	checkpointMagic = "RegNDE\x00\x02"
	trailerSize     = 8 + sha256.Size + len(checkpointMagic)
)

func checkpointName(id runID) string { return id.fileName() + checkpointExt }

func checkpointPath(dir string, id runID) string { return filepath.Join(dir, checkpointName(id)) }

// exportName is the name of the file of the parameters for other programs.
func exportName(id runID) string { return id.fileName() + ".safetensors" }

func exportPath(dir string, id runID) string { return filepath.Join(dir, exportName(id)) }

// write replaces the file at path.
func (c *checkpoint) write(path string) error {
	rest := *c
	rest.Model.Parameters = nil
	var state bytes.Buffer
	if err := gob.NewEncoder(&state).Encode(rest); err != nil {
		return errors.Wrapf(err, "cannot write %s", path)
	}
	return atomicfile.WriteBytes(path, seal(c.Model.Parameters, state.Bytes()))
}

// seal returns the content of a checkpoint file.
func seal(parameters, state []byte) []byte {
	file := slices.Concat(parameters, state)
	file = binary.LittleEndian.AppendUint64(file, uint64(len(state)))
	sum := sha256.Sum256(file)
	return slices.Concat(file, sum[:], []byte(checkpointMagic))
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
	name, version := checkpointMagic[:len(checkpointMagic)-1], checkpointMagic[len(checkpointMagic)-1]
	if bytes.HasPrefix(data, []byte(name)) {
		return nil, errors.Wrapf(ErrCheckpoint, "format version 1, expected %d", version)
	}
	if len(data) < trailerSize || !bytes.HasSuffix(data[:len(data)-1], []byte(name)) {
		return nil, errors.Wrap(ErrCheckpoint, "no RegNDE checkpoint, or not all of it")
	}
	if got := data[len(data)-1]; got != version {
		return nil, errors.Wrapf(ErrCheckpoint, "format version %d, expected %d", got, version)
	}
	content, trailer := data[:len(data)-trailerSize], data[len(data)-trailerSize:]
	if sha256.Sum256(data[:len(content)+8]) != [sha256.Size]byte(trailer[8:]) {
		return nil, errors.Wrap(ErrCheckpoint, "damaged, as its checksum does not match")
	}
	n := binary.LittleEndian.Uint64(trailer)
	if n > uint64(len(content)) {
		return nil, errors.Wrapf(ErrCheckpoint, "damaged: a state of %d bytes, expected at most %d", n, len(content))
	}
	parameters, state := content[:len(content)-int(n)], content[len(content)-int(n):]
	c := new(checkpoint)
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(c); err != nil {
		return nil, errors.Wrapf(ErrCheckpoint, "damaged: %v", err)
	}
	c.Model.Parameters = parameters
	return c, nil
}

// epochs returns the records after checking that the checkpoint is of the run
// and that its position makes sense.
func (c *checkpoint) epochs(experiment string, cfg Config, fingerprint [sha256.Size]byte, id runID) ([]Epoch, error) {
	last := cfg.Epochs
	if c.Experiment != experiment || c.Variant != id.variant || c.Seed != id.seed {
		return nil, errors.Wrapf(ErrCheckpoint, "it is of %s, %s, expected %s, %s",
			c.Experiment, runID{c.Variant, c.Seed}, experiment, id)
	}
	if c.Ranks != cfg.Ranks {
		return nil, errors.Wrap(ErrCheckpoint, otherRanks(c.Ranks, cfg.Ranks))
	}
	if c.Config != fingerprint {
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

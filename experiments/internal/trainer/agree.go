package trainer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"io"
	"os"
	"sync"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// terms are what ranks must have in common before they train.
type terms struct {
	Refused    string            // what is wrong with the command line, empty if nothing
	Program    [sha256.Size]byte // hash of the executable, zero if it cannot be read
	Experiment string            // name
	Config     []byte            // configuration as JSON
	Bench      int               // iterations of -bench
}

// agree returns an error unless all ranks of a group have the same program, experiment
// and configuration. Ranks that differ would wait for each other in vain or train
// something that no configuration describes. A rank whose command line is wrong says so
// to the others, which end as well.
func agree(ctx context.Context, e *Experiment, opt *options, refused error, group *ranks.Group) error {
	if group.Size() == 1 {
		return nil
	}
	mine := terms{Program: executable(), Experiment: e.Name}
	if refused != nil {
		mine.Refused = Clip(refused.Error(), MaxMessage)
	} else {
		text, err := json.Marshal(opt.config)
		if err != nil {
			return errors.Wrap(err, "configuration")
		}
		mine.Config, mine.Bench = text, opt.bench
	}
	var record bytes.Buffer
	if err := gob.NewEncoder(&record).Encode(mine); err != nil {
		return errors.Wrap(err, "terms")
	}
	records, err := group.Gather(ctx, record.Bytes())
	switch {
	case errors.Is(err, ranks.ErrLost):
		return errInterrupted
	case err != nil:
		return errors.Wrap(err, "ranks")
	}
	all := make([]terms, len(records))
	for r := range all {
		if err := gob.NewDecoder(bytes.NewReader(records[r])).Decode(&all[r]); err != nil {
			return errors.Wrapf(err, "terms of rank %d", r)
		}
	}
	for r, other := range all {
		switch first := all[0]; {
		case other.Refused != "":
			return errors.Errorf("rank %d: %s", r, other.Refused)
		case other.Experiment != first.Experiment || other.Program != first.Program:
			return errors.Errorf("rank %d has another program than rank 0, expected one and the same on all ranks", r)
		case other.Bench != first.Bench || !bytes.Equal(other.Config, first.Config):
			return errors.Errorf("rank %d has another configuration than rank 0, expected the same flags on all ranks", r)
		}
	}
	return nil
}

// executable returns the hash of the running program, zero where it cannot be read.
var executable = sync.OnceValue(func() (sum [sha256.Size]byte) {
	path, err := os.Executable()
	if err != nil {
		return sum
	}
	f, err := os.Open(path)
	if err != nil {
		return sum
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum
	}
	return [sha256.Size]byte(h.Sum(nil))
})

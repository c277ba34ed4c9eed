package trainer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/folderlock"
	"github.com/regnde/regnde/graph/atomicfile"
)

const (
	resultsFile = "results.json"
	tableFile   = "table.md"
	logFile     = "log.csv"
)

// folder is the results folder of a session, which owns it until it closes it.
type folder struct {
	*folderlock.Lock
	dir  string
	made []string // folders that this session has made, each within the next

	extends bool // the session goes on to more epochs than are planned there
}

// openFolder makes sure that the results folder exists, can be written to, is in
// use by nobody else, and does not belong to another configuration, nor to this one
// unless it is resumed. If what is resumed had fewer epochs, the configuration is
// changed so that weights are annealed as there.
func openFolder(dir string, e *Experiment, cfg *Config, resume bool) (*folder, error) {
	f := &folder{dir: dir}
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		f.made = append(f.made, d)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, errors.Wrap(err, "cannot make the results folder")
	}
	var err error
	f.Lock, err = folderlock.Acquire(dir)
	var held *folderlock.HeldError
	switch {
	case errors.As(err, &held):
		return nil, errors.Errorf("%s is %v, expected a folder for this one alone: wait until it ends, or use another -out", dir, held)
	case err != nil:
		return nil, errors.Wrap(err, "cannot write to the results folder")
	}
	if err := f.begin(e, cfg, resume); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// check returns an error if the folder is gone, or another one is in its place.
func (f *folder) check() error {
	return errors.Wrap(f.Check(), "the results folder was lost during the run")
}

// close gives the folder up, and removes it, and those it was made in, if they are new
// and still empty.
func (f *folder) close() {
	f.Release()
	for _, d := range f.made {
		if os.Remove(d) != nil { // which fails unless it is empty
			return
		}
	}
}

// begin returns an error if a session may not begin in the folder.
func (f *folder) begin(e *Experiment, cfg *Config, resume bool) error {
	dir := f.dir
	path := filepath.Join(dir, resultsFile)
	switch data, err := atomicfile.Read(path, MaxResults); {
	case errors.Is(err, fs.ErrNotExist):
		stray, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointExt))
		if len(stray) > 0 && !resume {
			return errors.Errorf("%s holds checkpoints of an unknown run: -resume tries to go on with them, another -out starts anew", dir)
		}
	case err != nil:
		return errors.Wrap(err, "cannot read earlier results")
	default:
		there, err := ParseResults(data)
		if err != nil {
			return errors.Wrapf(err, "cannot tell what the results folder holds, use another -out: %s", path)
		}
		if there.Config.Ranks != cfg.Ranks {
			return errors.Errorf("%s holds results of a training %s; another -out starts anew", dir, otherRanks(there.Config.Ranks, cfg.Ranks))
		}
		longer := *cfg
		extends := longer.extend(there.Config)
		same := longer
		if extends {
			same.Epochs, same.AnnealEpochs = there.Config.Epochs, there.Config.AnnealEpochs
		}
		switch diff, err := difference(path, data, e, same); {
		case err != nil:
			return err
		case diff != "":
			return errors.Errorf("%s holds results of another configuration (%s): use another -out", dir, diff)
		case !resume && cfg.Epochs > there.Config.Epochs:
			return errors.Errorf("%s holds results of %d epochs: -resume goes on to %d, another -out starts anew", dir, there.Config.Epochs, cfg.Epochs)
		case !resume:
			return errors.Errorf("%s holds results of this configuration: -resume goes on with them, another -out starts anew", dir)
		}
		f.extends = cfg.Epochs > there.Config.Epochs
		*cfg = longer
	}

	return errors.Wrap(atomicfile.Probe(dir), "cannot write to the results folder")
}

// difference says how the configuration in results.json differs from this one,
// field by field; it is empty if it does not. It is an error if the file is
// something else.
func difference(path string, data []byte, e *Experiment, cfg Config) (string, error) {
	text, err := json.Marshal(Results{Experiment: e.Name, Config: cfg})
	if err != nil {
		return "", errors.Wrap(err, "configuration")
	}
	var there, now struct {
		Experiment string
		Config     map[string]any
	}
	for _, v := range []struct {
		text []byte
		into any
	}{{data, &there}, {text, &now}} {
		dec := json.NewDecoder(bytes.NewReader(v.text))
		dec.UseNumber() // a seed need not fit in a float64
		if err := dec.Decode(v.into); err != nil {
			return "", errors.Wrapf(err, "%s holds no results", path)
		}
	}

	if there.Experiment != now.Experiment {
		return fmt.Sprintf("experiment %q there, %q now", there.Experiment, now.Experiment), nil
	}
	names := maps.Clone(there.Config)
	if names == nil {
		names = make(map[string]any)
	}
	maps.Copy(names, now.Config)
	var diff []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b := there.Config[name], now.Config[name]
		if !reflect.DeepEqual(a, b) {
			diff = append(diff, fmt.Sprintf("%s %s there, %s now", name, compact(a), compact(b)))
		}
	}
	return strings.Join(diff, "; "), nil
}

// compact is JSON on one line, not too long.
func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return Clip(string(text), maxValue)
}

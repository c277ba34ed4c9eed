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
)

const resultsFile = "results.json"

// openFolder makes sure that the results folder exists, can be written to, and
// does not belong to another configuration, nor to this one unless it is
// resumed. It reports whether it has made the folder.
func openFolder(dir string, e *Experiment, cfg Config, resume bool) (made bool, err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		made = true
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return false, errors.Wrap(err, "cannot make the results folder")
	}
	path := filepath.Join(dir, resultsFile)
	switch data, err := os.ReadFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		stray, _ := filepath.Glob(filepath.Join(dir, "*"+checkpointExt))
		if len(stray) > 0 && !resume {
			return false, errors.Errorf("%s holds checkpoints of an unknown run: -resume tries to go on with them, another -out starts anew", dir)
		}
	case err != nil:
		return false, errors.Wrap(err, "cannot read earlier results")
	default:
		diff, err := difference(path, data, e, cfg)
		if err != nil {
			return false, err
		}
		if diff != "" {
			return false, errors.Errorf("%s holds results of another configuration (%s): use another -out", dir, diff)
		}
		if !resume {
			return false, errors.Errorf("%s holds results of this configuration: -resume goes on with them, another -out starts anew", dir)
		}
	}

	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return made, errors.Wrap(err, "cannot write to the results folder")
	}
	probe.Close()
	return made, errors.Wrap(os.Remove(probe.Name()), "cannot write to the results folder")
}

// difference says how the configuration in results.json differs from this one,
// field by field; it is empty if it does not. It is an error if the file is
// something else.
func difference(path string, data []byte, e *Experiment, cfg Config) (string, error) {
	if _, err := parseResults(path, data); err != nil {
		return "", errors.Wrap(err, "cannot tell what the results folder holds, use another -out")
	}
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
	if r := []rune(string(text)); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return string(text)
}

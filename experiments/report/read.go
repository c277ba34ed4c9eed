package main

import (
	"path/filepath"

	"github.com/regnde/regnde/experiments/internal/trainer"
)

// source is a results.json.
type source struct {
	path string
	trainer.Results
}

// folder is where the file, and all else that the experiment left, is.
func (s *source) folder() string { return filepath.Dir(s.path) }

// readAll reads all results below the folders.
func readAll(folders []string) ([]*source, error) {
	paths, err := find(folders)
	if err != nil {
		return nil, err
	}
	var sources []*source
	for _, path := range paths {
		results, err := trainer.ReadResults(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{path, results})
	}
	return sources, nil
}

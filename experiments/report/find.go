package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

const resultsFile = "results.json"

// find returns every results.json below the folders, in their order and sorted by
// name within. A file that is below several of them is there once. It is an error
// if there is none at all.
func find(folders []string) ([]string, error) {
	var paths []string
	var known []os.FileInfo
	for _, folder := range folders {
		// With the separator, a folder that is a symbolic link is followed.
		err := filepath.WalkDir(filepath.Clean(folder)+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() != resultsFile {
				return err
			}
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			for _, k := range known {
				if os.SameFile(k, info) {
					return nil
				}
			}
			known = append(known, info)
			paths = append(paths, filepath.Clean(path))
			return nil
		})
		if err != nil {
			return nil, errors.Wrap(err, "cannot look for results")
		}
	}
	if len(paths) == 0 {
		return nil, errors.Errorf("no %s below %s", resultsFile, strings.Join(folders, ", "))
	}
	return paths, nil
}

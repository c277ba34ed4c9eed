package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(path, 5); err != nil || string(data) != "12345" {
		t.Errorf("read %q, error %v", data, err)
	}
	if _, err := Read(path, 4); err == nil || !strings.Contains(err.Error(), "has 5 bytes, expected at most 4") {
		t.Errorf("error %v", err)
	}
	// A file of terabytes, of which the disk holds nothing.
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Skip(err)
	}
	if _, err := Read(path, 1<<20); err == nil || !strings.Contains(err.Error(), "1099511627776 bytes") {
		t.Errorf("error %v", err)
	}
	if _, err := Read(path+"-none", 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, expected one for a file that is missing", err)
	}
}

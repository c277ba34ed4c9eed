package miniboone

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npy"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// write writes a table, with the module's own writer, and returns its path.
func write(t *testing.T, rows int, x []float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.npy")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := npy.Write(f, mat.NewDense(rows, len(x)/rows, x)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	x := numbers(20)
	path := write(t, 20, x)
	data, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Split(x)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range want.Test {
		if data.Test[k] != v {
			t.Fatalf("number %d of the test part is %v, expected %v", k, data.Test[k], v)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.npy")
	if _, err := Load(missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("no file: error %v, expected cause %v", err, fs.ErrNotExist)
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a folder is read")
	}
	for says, path := range map[string]string{
		"shape [10 42], expected a matrix of 43 columns": write(t, 10, make([]float64, 420)),
		"430 numbers, expected rows of 43":               write(t, 10, numbers(10)),
		"column 0 has the standard deviation 0":          write(t, 20, make([]float64, 20*Features)),
	} {
		if _, err := Load(path); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, expected one that mentions %q and %s", err, says, path)
		}
	}
}

// The table in the file MINIBOONE_FILE, all of it or its first rows, has the parts
// and the losses of a standard normal distribution that are known.
func TestFile(t *testing.T) {
	path := os.Getenv("MINIBOONE_FILE")
	if path == "" {
		t.Skip("MINIBOONE_FILE is not set")
	}
	data, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := [][]float64{data.Train, data.Validation, data.Test}
	var rows [3]int
	var losses [3]float64
	for i, part := range parts {
		rows[i] = len(part) / Features
		for _, v := range part {
			losses[i] += (v*v + math.Log(2*math.Pi)) / 2 / float64(rows[i])
		}
	}
	t.Logf("parts of %d rows with mean losses %.4f", rows, losses)
	switch sum := rows[0] + rows[1] + rows[2]; sum {
	case 36488:
		if want := [3]int{29556, 3284, 3648}; rows != want {
			t.Errorf("parts of %d rows, expected %d", rows, want)
		}
	case 1523:
		if want := [3]int{1234, 137, 152}; rows != want {
			t.Errorf("parts of %d rows, expected %d", rows, want)
		}
		for i, want := range []float64{60.99, 61.24, 59.99} {
			if math.Abs(losses[i]-want) > 0.005 {
				t.Errorf("part %d: loss %v, expected %v", i, losses[i], want)
			}
		}
	}
	// Of train and validation together, every column has mean 0 and variance 1.
	if mean := (losses[0]*float64(rows[0]) + losses[1]*float64(rows[1])) / float64(rows[0]+rows[1]); math.Abs(mean-Features*(1+math.Log(2*math.Pi))/2) > 1e-9 {
		t.Errorf("loss %v of all but the test's rows, expected that of variance 1", mean)
	}
}

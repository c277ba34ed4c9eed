package mnist

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// full returns the whole database from the folder MNIST_DIR.
func full(t *testing.T) (train, test *Set) {
	t.Helper()
	dir := os.Getenv("MNIST_DIR")
	if dir == "" {
		t.Skip("MNIST_DIR is not set")
	}
	train, test, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

func embedded(t *testing.T) (train, test *Set) {
	t.Helper()
	train, test, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

func classCounts(s *Set) (n [Classes]int) {
	for _, l := range s.Labels {
		n[l]++
	}
	return n
}

// moments returns mean and standard deviation of the pixels as Fill scales them.
func moments(t *testing.T, s *Set) (mean, std float64) {
	t.Helper()
	x := make([]float64, Pixels)
	var sum, squares float64
	for i := range s.Len() {
		if err := Fill(s, []int{i}, x, nil); err != nil {
			t.Fatal(err)
		}
		for _, v := range x {
			sum += v
			squares += v * v
		}
	}
	n := float64(s.Len() * Pixels)
	mean = sum / n
	return mean, math.Sqrt(squares/n - mean*mean)
}

func TestFullReferenceValues(t *testing.T) {
	train, test := full(t)
	for _, c := range []struct {
		name   string
		set    *Set
		first  []byte
		counts [Classes]int
	}{
		{"train", train, []byte{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, [...]int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}},
		{"test", test, []byte{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, [...]int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}},
	} {
		if got := c.set.Labels[:10]; !bytes.Equal(got, c.first) {
			t.Errorf("%s: first labels %v, want %v", c.name, got, c.first)
		}
		if got := classCounts(c.set); got != c.counts {
			t.Errorf("%s: images per class %v, want %v", c.name, got, c.counts)
		}
	}
	mean, std := moments(t, train)
	if math.Abs(mean-0.130660) > 5e-7 || math.Abs(std-0.308108) > 5e-7 {
		t.Errorf("training mean %.6f, standard deviation %.6f, want 0.130660, 0.308108", mean, std)
	}
}

// The uncompressed originals pass the check of checksums as well.
func TestFullUncompressed(t *testing.T) {
	want, _ := full(t)
	dir := t.TempDir()
	for name := range originals {
		packed, err := os.Open(filepath.Join(os.Getenv("MNIST_DIR"), name+".gz"))
		if err != nil {
			t.Skipf("MNIST_DIR holds uncompressed files: %v", err)
		}
		defer packed.Close()
		z, err := gzip.NewReader(packed)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	train, _, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(train.Images, want.Images) || !bytes.Equal(train.Labels, want.Labels) {
		t.Error("compressed and uncompressed files differ")
	}
}

// The k-th embedded image of a class is the k-th of the whole database.
func TestEmbeddedIsPartOfFull(t *testing.T) {
	wholeTrain, wholeTest := full(t)
	train, test := embedded(t)
	for _, c := range []struct{ part, whole *Set }{{train, wholeTrain}, {test, wholeTest}} {
		for class := range uint8(Classes) {
			all := ofClass(c.whole, class)
			for k, i := range ofClass(c.part, class) {
				if !bytes.Equal(image(c.part, i), image(c.whole, all[k])) {
					t.Errorf("embedded image %d is not number %d of class %d", i, k, class)
				}
			}
		}
	}
}

func ofClass(s *Set, class uint8) (idx []int) {
	for i, l := range s.Labels {
		if l == class {
			idx = append(idx, i)
		}
	}
	return idx
}

func image(s *Set, i int) []uint8 { return s.Images[i*784 : (i+1)*784] }

// The first ten images of the database are all among the first of their class,
// so the embedded part begins as the whole does.
func TestEmbedded(t *testing.T) {
	train, test := embedded(t)
	for _, c := range []struct {
		name  string
		set   *Set
		first []byte
		count int // of every class
	}{
		{"train", train, []byte{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, 200},
		{"test", test, []byte{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, 50},
	} {
		if got := c.set.Labels[:10]; !bytes.Equal(got, c.first) {
			t.Errorf("%s: first labels %v, want %v", c.name, got, c.first)
		}
		for class, n := range classCounts(c.set) {
			if n != c.count {
				t.Errorf("%s: %d images of class %d, want %d", c.name, n, class, c.count)
			}
		}
		if got, want := len(c.set.Images), 10*c.count*784; got != want {
			t.Errorf("%s: %d pixels, want %d", c.name, got, want)
		}
		mean, std := moments(t, c.set)
		if math.Abs(mean-0.1307) > 0.01 || math.Abs(std-0.3081) > 0.01 {
			t.Errorf("%s: mean %.4f, standard deviation %.4f, want about 0.1307, 0.3081 as the whole", c.name, mean, std)
		}
	}
}

func TestFill(t *testing.T) {
	s := &Set{Images: make([]uint8, 3*784), Labels: []uint8{5, 0, 4}}
	s.Images[0], s.Images[783], s.Images[2*784+1] = 255, 51, 102
	x32, y32 := make([]float32, 3*784), make([]float32, 3)
	x64, y64 := make([]float64, 3*784), make([]float64, 3)
	for i := range x32 {
		x32[i], x64[i] = -1, -1 // must be overwritten
	}
	if err := Fill(s, []int{2, 0, 2}, x32, y32); err != nil {
		t.Fatal(err)
	}
	if err := Fill(s, []int{2, 0, 2}, x64, y64); err != nil {
		t.Fatal(err)
	}
	want := map[int]float64{1: 0.4, 784: 1, 784 + 783: 0.2, 2*784 + 1: 0.4}
	for i := range x64 {
		if x64[i] != want[i] || x32[i] != float32(want[i]) {
			t.Errorf("x[%d] = %v and %v, want %v", i, x32[i], x64[i], want[i])
		}
	}
	for i, l := range []float64{4, 5, 4} {
		if y64[i] != l || y32[i] != float32(l) {
			t.Errorf("y[%d] = %v and %v, want %v", i, y32[i], y64[i], l)
		}
	}
}

func TestFillRejects(t *testing.T) {
	s := &Set{Images: make([]uint8, 3*784), Labels: []uint8{5, 0, 4}}
	for name, test := range map[string]struct {
		set    *Set
		idx    []int
		nx, ny int
	}{
		"negative index":  {s, []int{0, -1}, 2 * 784, 2},
		"index too large": {s, []int{0, 3}, 2 * 784, 2},
		"x too short":     {s, []int{0, 1}, 784, 2},
		"x too long":      {s, []int{0}, 2 * 784, 1},
		"y too short":     {s, []int{0, 1}, 2 * 784, 1},
		"empty y":         {s, []int{0, 1}, 2 * 784, 0},
		"no set":          {nil, []int{0}, 784, 1},
		"broken set":      {&Set{Labels: []uint8{1}}, []int{0}, 784, 1},
	} {
		x, y := make([]float64, test.nx), make([]float64, test.ny)
		for i := range x {
			x[i] = -1
		}
		if err := Fill(test.set, test.idx, x, y); err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, v := range x {
			if v != -1 {
				t.Errorf("%s: x was written to", name)
				break
			}
		}
	}
}

func TestSubset(t *testing.T) {
	s := &Set{Images: make([]uint8, 3*784), Labels: []uint8{5, 0, 4}}
	for _, test := range []struct{ n, want int }{{1, 1}, {2, 2}, {3, 3}, {4, 3}, {0, 3}, {-1, 3}} {
		got := s.Subset(test.n)
		if got.Len() != test.want || len(got.Images) != 784*test.want || !bytes.Equal(got.Labels, s.Labels[:test.want]) {
			t.Errorf("Subset(%d) has %d images of %d pixels, want %d", test.n, got.Len(), len(got.Images), test.want)
		}
	}
	part := s.Subset(1)
	_ = append(part.Labels, 9)
	if s.Labels[1] != 0 {
		t.Error("appending to a subset reached into the set")
	}
}

// A set that is nil or broken has no part: the panic says so.
func TestSubsetOfBrokenSet(t *testing.T) {
	for want, s := range map[string]*Set{"set is nil": nil, "0 pixels for 1 labels": {Labels: []uint8{1}}} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, want) {
					t.Errorf("panic %q, want %q", r, want)
				}
			}()
			s.Subset(1)
		}()
	}
}

func ExampleEmbedded() {
	train, test, err := Embedded()
	if err != nil {
		log.Fatal(err)
	}
	idx := []int{0, 1, 2}
	x, y := make([]float32, len(idx)*Pixels), make([]float32, len(idx))
	if err := Fill(train, idx, x, y); err != nil {
		log.Fatal(err)
	}
	fmt.Println(train.Len(), test.Len(), y)
	// Output: 2000 500 [5 0 4]
}

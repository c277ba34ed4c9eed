package digits

import (
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/layers"
)

// linear returns a linear classifier, without an equation, that is evaluated in
// batches of a size.
func linear(t *testing.T, dtype string, batch int) *Classifier {
	t.Helper()
	c, err := New(trainer.Config{Batch: batch, Dtype: dtype, Limit: 7}, "vanilla", 1, model.Aggregations{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.NewDense(c.Params, "w", mnist.Pixels, mnist.Classes, layers.Identity, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Classify(l, l); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMeasure compares with losses and classes computed by hand, for batches that
// do and do not divide the set.
func TestMeasure(t *testing.T) {
	c := linear(t, "float64", 7)
	if c.Examples() != 7 {
		t.Fatalf("%d examples, expected the limit 7", c.Examples())
	}
	var loss float64
	correct := 0
	w := value.Float64s(c.Params.Value())
	for i, label := range c.Train.Labels {
		var y [mnist.Classes]float64
		for j, p := range c.Train.Images[i*mnist.Pixels : (i+1)*mnist.Pixels] {
			for k := range y {
				y[k] += float64(p) / 255 * w[j*mnist.Classes+k]
			}
		}
		best, sum := 0, 0.0
		for k := range y {
			if y[k] > y[best] {
				best = k
			}
			sum += math.Exp(y[k])
		}
		loss += (math.Log(sum) - y[label]) / 7
		if best == int(label) {
			correct++
		}
	}
	for _, batch := range []int{1, 3, 7, 100} {
		for dtype, tol := range map[string]float64{"float64": 1e-12, "float32": 1e-5} {
			c := linear(t, dtype, batch)
			l, a, err := c.Measure(c.Train)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(l-loss) > tol || math.Abs(a-100*float64(correct)/7) > 1e-12 {
				t.Errorf("%s, batches of %d: loss %v, accuracy %v %%, expected %v and %d of 7", dtype, batch, l, a, loss, correct)
			}
		}
	}
}

func TestMissingFolder(t *testing.T) {
	if _, err := New(trainer.Config{Data: "none"}, "vanilla", 1, model.Aggregations{}); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

// TestOtherImages: images of the format that are not MNIST's are taken with the
// flag, and without it the error says so.
func TestOtherImages(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"train-images-idx3-ubyte": append([]byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, 2*mnist.Pixels)...),
		"train-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 2, 9, 1},
		"t10k-images-idx3-ubyte":  append([]byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, mnist.Pixels)...),
		"t10k-labels-idx1-ubyte":  {0, 0, 8, 1, 0, 0, 0, 1, 7},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := trainer.Config{Data: dir}
	if _, err := New(cfg, "vanilla", 1, model.Aggregations{}); err == nil || !strings.Contains(err.Error(), "-images other") {
		t.Errorf("error %v, expected one that names the flag", err)
	}
	cfg.Options = map[string]string{"images": "other"}
	c, err := New(cfg, "vanilla", 1, model.Aggregations{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Train.Len() != 2 || c.Test.Len() != 1 || c.Test.Labels[0] != 7 {
		t.Errorf("%d and %d images, labels %v, expected 2 and 1, label 7", c.Train.Len(), c.Test.Len(), c.Test.Labels)
	}

	// A folder of EMNIST, whose files have other names.
	if err := os.Rename(filepath.Join(dir, "train-images-idx3-ubyte"), filepath.Join(dir, "emnist-digits-train-images-idx3-ubyte")); err != nil {
		t.Fatal(err)
	}
	_, err = New(trainer.Config{Data: dir}, "vanilla", 1, model.Aggregations{})
	if err == nil || !strings.Contains(err.Error(), "-images other") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, expected one that names the flag", err)
	}
}

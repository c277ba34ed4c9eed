package mnist

import (
	"embed"
	"io/fs"

	"github.com/pkg/errors"
)

//go:generate go run ./internal/subset -from $MNIST_DIR -to subset

//go:embed subset/*.gz
var subset embed.FS

// Embedded returns the part of the database that is embedded in the binary, for
// use where the whole is not at hand: the first 200 training and the first 50
// test images of every class, 2000 and 500 in all, in the database's order. The
// sets are newly allocated.
func Embedded() (train, test *Set, err error) {
	folder, err := fs.Sub(subset, "subset")
	if err != nil {
		return nil, nil, errors.Wrap(err, "mnist: embedded subset")
	}
	return load(folder, "embedded subset", false)
}

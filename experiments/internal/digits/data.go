package digits

import (
	"github.com/pkg/errors"

	"github.com/regnde/regnde/datasets/mnist"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// other stands for images that are not those of MNIST.
const other = "other"

// Images is the flag that says what is in the folder of the data.
var Images = trainer.Option{
	Name:   "images",
	Usage:  "`what` -data holds: the original files of MNIST, whose checksums are verified, or others of the format, say Fashion-MNIST, KMNIST or EMNIST",
	Values: []string{"mnist", other},
	Added:  true,
}

// CheckImages returns an error if the flag does not go with the configuration.
func CheckImages(cfg trainer.Config) error {
	if cfg.Options[Images.Name] == other && cfg.Data == "" {
		return errors.New("-images other without -data: the images in the binary are those of MNIST")
	}
	return nil
}

// data returns the images of a configuration.
func data(cfg trainer.Config) (train, test *mnist.Set, err error) {
	switch {
	case cfg.Data == "":
		return mnist.Embedded()
	case cfg.Options[Images.Name] == other:
		return mnist.LoadUnchecked(cfg.Data)
	}
	train, test, err = mnist.Load(cfg.Data)
	var (
		sum       *mnist.ChecksumError
		elsewhere *mnist.OtherSetError
	)
	if errors.As(err, &sum) || errors.As(err, &elsewhere) {
		err = errors.Wrap(err, "if the images are meant to be others, add -images other")
	}
	return train, test, err
}

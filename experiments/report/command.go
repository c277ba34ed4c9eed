package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// command is a command line with the configuration of a source. One on several ranks is
// started by mpirun.
func command(s *source, variants []trainer.Variant, seeds []uint64, out string, more ...string) string {
	words := []string{"go", "run"}
	if n := s.Config.Ranks; n > 1 {
		words = []string{"mpirun", "-n", fmt.Sprint(n), "go", "run", "-tags", "mpi"}
	}
	words = append(append(words, "./experiments/"+s.Experiment, "-preset", s.Preset), s.Flags...)
	if t := paper.Of(s.Experiment); s.Preset == "paper" && s.Config.Data == "" && t != nil && t.Subset && !slices.Contains(s.Flags, "-data") {
		words = append(words, "-data", "embedded") // older results did without
	}
	words = append(words, "-variants", join(variants, ","), "-seeds", join(seeds, ","), "-out", out)
	return trainer.Quote(append(words, more...))
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func join[T any](list []T, separator string) string {
	var words []string
	for _, x := range list {
		words = append(words, fmt.Sprint(x))
	}
	return strings.Join(words, separator)
}

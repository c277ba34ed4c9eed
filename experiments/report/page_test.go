package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultsPage: docs/results/README.md is the report on the results below it, in front
// of which it says how it is made.
func TestResultsPage(t *testing.T) {
	const intro = `<!-- go test ./experiments/report -run TestResultsPage -update -->

What our runs gave beside what the paper has. The pages of the experiments, [MNIST](mnist_node/README.md) and [PhysioNet](physionet_latent_ode/README.md) as ODEs, [spiral](spiral_nsde/README.md) and [MNIST](mnist_nsde/README.md) as SDEs, the [spiral ODE](spiral_node/README.md), [flows](ffjord/README.md), [stiff kinetics](stiff_node/README.md) and the [latent SDE](latent_sde/README.md), say what each shows, how it differs from the paper and why, in which precision it was run, and of which commit it is. This page is what [the report](../../experiments/report) makes of their ` + "`results.json`" + `.

Runs had one or two cores, which some shared with other work: evaluations and losses compare between all of them, seconds, and the speedups that are quotients of seconds, at best between the variants of one run.
`
	t.Chdir("../..")
	out := t.TempDir()
	mustReport(t, "-out", out, "docs/results")
	title, rest, ok := strings.Cut(readFile(t, filepath.Join(out, "report.md")), "\n")
	if !ok {
		t.Fatal("a report of one line")
	}
	page := title + "\n\n" + intro + rest
	figures, err := filepath.Glob(filepath.Join(out, "*.svg"))
	if err != nil || len(figures) == 0 {
		t.Fatalf("%d figures, error %v", len(figures), err)
	}
	const folder = "docs/results/figures"
	if *update {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	same := func(path, want string) {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%s is not what the report writes (go test ./experiments/report -run TestResultsPage -update does), error %v", path, err)
		}
	}
	for _, f := range figures {
		name := filepath.Base(f)
		page = strings.ReplaceAll(page, "("+name+")", "(figures/"+name+")")
		same(filepath.Join(folder, name), readFile(t, f))
	}
	same("docs/results/README.md", page)
}

package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/regnde/regnde/experiments/internal/paper"
	"github.com/regnde/regnde/experiments/internal/trainer"
)

// TestCommandOfOlderResults: the paper preset did without -data where the data in
// the binary were meant.
func TestCommandOfOlderResults(t *testing.T) {
	r := fixture(list{"vanilla"}, []uint64{1})
	r.Preset = "paper"
	s := sourcesOf(r)[0]
	const want = "go run ./experiments/mnist_node -preset paper -epochs 2 -data embedded -variants vanilla -seeds 1 -out x"
	if got := command(s, r.Config.Variants, r.Config.Seeds, "x"); got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}

// TestCommandOnRanks: a training on several ranks goes on on as many.
func TestCommandOnRanks(t *testing.T) {
	r := fixture(list{"vanilla"}, []uint64{1})
	r.Config.Ranks = 4
	const want = "mpirun -n 4 go run -tags mpi ./experiments/mnist_node -preset quick -epochs 2 -variants vanilla -seeds 1 -out x"
	if got := command(sourcesOf(r)[0], r.Config.Variants, r.Config.Seeds, "x"); got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}

func commands(tasks []task) []string {
	var c []string
	for _, t := range tasks {
		c = append(c, t.Command)
	}
	return c
}

// TestMissing lists what a group lacks, and the commands.
func TestMissing(t *testing.T) {
	r := fixture(list{"vanilla", "ernode"}, []uint64{1, 7})
	r.Flags = []string{"-data", "my data", "-epochs", "2"}
	r.Runs = []trainer.Run{
		fixtureRun("vanilla", 1, 2),
		fixtureRun("ernode", 1, 1), // interrupted there; seed 7 has not begun
		{Variant: "vanilla", Seed: 7, Epochs: []trainer.Epoch{}, Error: "epoch 1, iteration 3: step size underflow"},
	}
	other := fixture(list{"steer"}, []uint64{1, 2, 3, 7})
	sources := sourcesOf(r, other)
	tasks := newPlanner(sources).missing(merge(sources)[0])
	if len(merge(sources)) != 1 {
		t.Fatal("expected one group")
	}
	want := []string{
		"",
		"go run ./experiments/mnist_node -preset quick -data 'my data' -epochs 2 -variants vanilla,ernode -seeds 1,7 -out a -resume",
		"go run ./experiments/mnist_node -preset quick -data 'my data' -epochs 2 -variants vanilla,ernode -seeds 2,3 -out results/mnist_node-1",
		"go run ./experiments/mnist_node -preset quick -epochs 2 -variants taynode,srnode,steer+srnode,steer+ernode,srnode+ernode -seeds 1,2,3,7 -out results/mnist_node-2",
	}
	if got := commands(tasks); !reflect.DeepEqual(got, want) {
		t.Errorf("commands\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !strings.Contains(tasks[0].What, "vanilla, seed 7, has failed in epoch 1, iteration 3: step size underflow (a/results.json)") {
		t.Errorf("failure %q", tasks[0].What)
	}
	runs := 0
	for _, task := range tasks {
		runs += task.Runs
	}
	if runs != 1+2+4+20 { // 8 variants, 4 seeds, of which 1 + 4 are there
		t.Errorf("%d runs are missing, expected 27", runs)
	}
}

// TestNothingMissing: three seeds of all rows are enough.
// TestNoTableToFill: a preset with flags is an experiment of its own, which wants no
// other variants or seeds than it has, and is named by its flags.
func TestNoTableToFill(t *testing.T) {
	r := fixture(list{"ernode"}, []uint64{1})
	r.Flags = []string{"-data", "x", "-epochs", "2", "-tol", "1e-3"}
	sources := sourcesOf(r)
	g := merge(sources)[0]
	if tasks := newPlanner(sources).missing(g); len(tasks) != 0 {
		t.Errorf("commands %q, expected none", commands(tasks))
	}
	if rows := g.wantedRows(); len(rows) != 1 {
		t.Errorf("%d rows, expected 1", len(rows))
	}
	if got, want := g.title(), "Preset quick, 2 epochs, -tol 1e-3"; got != want {
		t.Errorf("title %q, expected %q", got, want)
	}
}

func TestNothingMissing(t *testing.T) {
	r := fixture(list{"vanilla", "srnsde", "ernsde"}, []uint64{1, 2, 3})
	r.Experiment = "mnist_nsde"
	sources := sourcesOf(r)
	if tasks := newPlanner(sources).missing(merge(sources)[0]); len(tasks) != 0 {
		t.Errorf("missing %+v", tasks)
	}
}

// TestUnknownFlags: no command is made up.
func TestUnknownFlags(t *testing.T) {
	r := fixture(list{"vanilla"}, []uint64{1})
	r.Flags = nil
	sources := sourcesOf(r)
	for _, task := range newPlanner(sources).missing(merge(sources)[0]) {
		if task.Command != "" || !strings.Contains(task.What, "not known") {
			t.Errorf("task %+v", task)
		}
	}
}

// TestConflictingRows: the missing seeds of each of two configurations of a
// variant have commands of their own.
func TestConflictingRows(t *testing.T) {
	a, b := fixture(list{"ernode"}, []uint64{1, 2, 3}), fixture(list{"ernode"}, []uint64{1})
	b.Flags = []string{"-epochs", "2", "-lambda-error", "50"}
	b.Config.PerVariant = map[trainer.Variant]trainer.Weights{"ernode": {LambdaError: 50, LambdaErrorDecay: 0.1}}
	sources := sourcesOf(a, b)
	got := commands(newPlanner(sources).missing(merge(sources)[0]))
	want := "go run ./experiments/mnist_node -preset quick -epochs 2 -lambda-error 50 -variants ernode -seeds 2,3 -out results/mnist_node-"
	found := 0
	for _, c := range got {
		if strings.HasPrefix(c, want) {
			found++
		} else if strings.Contains(c, "-lambda-error") {
			t.Errorf("%s: the weight of one row for others", c)
		}
	}
	if found != 1 {
		t.Errorf("commands %q, expected one like %q", got, want)
	}
}

func TestWholeTables(t *testing.T) {
	p := newPlanner([]*source{{path: "results/spiral_nsde-1/results.json"}})
	for _, tt := range []struct {
		table *paper.Table
		want  string
	}{
		{&paper.Table3, "go run ./experiments/spiral_nsde -preset paper -variants vanilla,srnsde,ernsde -seeds 1,2,3 -out results/spiral_nsde-2"},
		{&paper.Table4, "go run ./experiments/mnist_nsde -preset paper -data DIR -variants vanilla,srnsde,ernsde -seeds 1,2,3 -out results/mnist_nsde-1"},
		{&paper.Table4, "go run ./experiments/mnist_nsde -preset paper -data DIR -variants vanilla,srnsde,ernsde -seeds 1,2,3 -out results/mnist_nsde-2"},
	} {
		if got := p.whole(tt.table).Command; got != tt.want {
			t.Errorf("%s: %s, expected %s", tt.table.Name, got, tt.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ words, want string }{
		{"-data=/a/b_c.d,e:f@g%h+i", "-data=/a/b_c.d,e:f@g%h+i"},
		{"", "''"}, {"a b", "'a b'"}, {"it's", `'it'\''s'`}, {"$(x)", "'$(x)'"}, {"a\nb", "'a\nb'"}, {"~", "'~'"}, {"ä", "'ä'"},
	} {
		if got := trainer.Quote([]string{tt.words}); got != tt.want {
			t.Errorf("%q is quoted %s, expected %s", tt.words, got, tt.want)
		}
	}
}

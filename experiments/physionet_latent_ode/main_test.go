package main

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/regnde/regnde/datasets"
	"github.com/regnde/regnde/datasets/physionet"
	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/experiments/internal/trainertest"
	"github.com/regnde/regnde/graph/value"
	"github.com/regnde/regnde/losses"
)

// small makes a run of seconds out of the quick preset. A partial batch of two
// patients is dropped.
var small = trainertest.Runner{
	Experiment: experiment,
	Flags:      []string{"-epochs", "2", "-limit", "26", "-batch", "8", "-tol", "1e-4"},
}

func TestEveryVariantTrains(t *testing.T) {
	dir := t.TempDir()
	r := small.TrainIn(t, dir, "-variants", "vanilla,steer,srnode,ernode,srnode+ernode,steer+srnode,steer+ernode,steer+srnode+ernode,taynode,steer+taynode+srnode+ernode")
	seen := map[float64]trainer.Variant{}
	for _, v := range r.Runs {
		for _, e := range v.Epochs {
			if e.NFE != 3+6*(e.Accepted+e.Rejected) || e.Iterations != 3 || !(e.RegError > 0) || !(e.RegStiff > 0) {
				t.Errorf("%s: epoch %+v", v.Variant, e)
			}
			if v.Variant.Has(trainer.TayNODE) != (e.RegTaylor > 0) {
				t.Errorf("%s: R_K = %v", v.Variant, e.RegTaylor)
			}
		}
		first, last := v.Epochs[0], v.Epochs[1]
		if !(last.TestLoss < first.TestLoss) || !(last.TrainLoss < first.TrainLoss) {
			t.Errorf("%s: losses %+v, then %+v", v.Variant, first, last)
		}
		if other, ok := seen[last.TrainLoss]; ok {
			t.Errorf("%s and %s have the same loss %v, as if one of them did nothing", v.Variant, other, last.TrainLoss)
		}
		seen[last.TrainLoss] = v.Variant
	}
	trainertest.Written(t, dir, "fit.png", "fit.svg", "nfe.png", "loss.png", "table.md", "log.csv")
}

func TestReproduces(t *testing.T) {
	small.Reproduces(t, "-variants", "srnode+ernode,steer", "-dtype", "float32", "-epochs", "1")
}

func TestInlineAgrees(t *testing.T) {
	small.InlineAgrees(t, "-variants", "steer+taynode+srnode+ernode", "-limit", "8", "-epochs", "1")
}

func TestResumes(t *testing.T) { small.Resumes(t, 4, "-variants", "steer+ernode") }

func TestStopsWithinASolve(t *testing.T) { small.StopsWithinASolve(t, 40, "-variants", "steer+srnode") }

// Noise of the initial states, and STEER's times, are those of one rank.
func TestRanks(t *testing.T) { small.Ranks(t, 1e-4, "-variants", "steer", "-epochs", "1") }

func TestBench(t *testing.T) { small.Benches(t, "-variants", "steer") }

func TestBadInput(t *testing.T) {
	damaged := t.TempDir()
	for _, set := range []string{"set-a", "set-b"} {
		if err := os.WriteFile(filepath.Join(damaged, set+".tar.gz"), []byte("no archive"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	small.Refuses(t,
		trainertest.Bad{Args: []string{"-variants", "ernsde"}, Status: 2, Want: "ernsde"},
		trainertest.Bad{Args: []string{"-method", "sosri"}, Status: 2, Want: "tsit5"},
		trainertest.Bad{Args: []string{"-method", "rk4"}, Status: 2, Want: "RK4"},
		trainertest.Bad{Args: []string{"-batch", "0"}, Status: 2, Want: "-batch"},
		trainertest.Bad{Args: []string{"-variants", "steer", "-steer-b", "0.6"}, Status: 2, Want: "-steer-b is 0.6"},
		trainertest.Bad{Args: []string{"-variants", "taynode", "-taylor-order", "0"}, Status: 2, Want: "-taylor-order"},
		trainertest.Bad{Args: []string{"-arch", "deep"}, Status: 2, Want: "expected code or paper"},
		trainertest.Bad{Args: []string{"-limit", "5", "-batch", "6"}, Status: 1, Want: "5 items are fewer than the batch size 6"},
		trainertest.Bad{Args: []string{"-preset", "paper"}, Status: 2, Want: "expected -data with the folder of set-a and set-b"},
		trainertest.Bad{Args: []string{"-data", "none"}, Status: 1, Want: "none"},
		trainertest.Bad{Args: []string{"-data", damaged}, Status: 1, Want: "set-a.tar.gz"},
		trainertest.Bad{Args: []string{"-lr", "1e39", "-dtype", "float32"}, Status: 1, Want: "epoch 1"},
	)
}

// newTest returns a model in the small configuration.
func newTest(t *testing.T, v trainer.Variant, change func(*trainer.Config)) *latentODE {
	t.Helper()
	cfg := trainer.Config{
		Epochs: 2, Batch: 8, Limit: 26, LearnRate: 0.01, Tol: 1e-4, Method: "tsit5", SteerB: 0.5, Dtype: "float64",
		Options: map[string]string{architecture.Name: "code"}, PerVariant: trainer.PerVariant(parts, weights),
	}
	if change != nil {
		change(&cfg)
	}
	m, err := newModel(cfg.For(v), v, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*latentODE)
}

// TestArchitectures counts the parameters of both networks.
func TestArchitectures(t *testing.T) {
	dense := func(sizes ...int) (n int) {
		for i, in := range sizes[:len(sizes)-1] {
			n += (in + 1) * sizes[i+1]
		}
		return n
	}
	network := func(state int, dynamics ...int) int {
		in := 2*state + (2*physionet.Channels + 1)
		return 2*dense(in, 40, state) + dense(in, 40, 2*state) + // recognition network
			dense(2*state, 50, 40) + dense(dynamics...) + dense(20, 37)
	}
	for arch, want := range map[string]int{
		"code":  network(50, 20, 50, 20, 50, 20, 50, 20, 50, 20),
		"paper": network(40, 20, 50, 50, 50, 20),
	} {
		m := newTest(t, "vanilla", func(c *trainer.Config) { c.Options[architecture.Name] = arch })
		if got := m.Params.Len(); got != want {
			t.Errorf("%s: %d parameters, expected %d", arch, got, want)
		}
	}
}

// TestLossIsTheMeanSquaredError recomputes the loss that an iteration reports, and
// the one on the test set, from what the model predicts.
func TestLossIsTheMeanSquaredError(t *testing.T) {
	m := newTest(t, "vanilla", nil)
	batch := []int{3, 1, 4, 15, 9, 2, 6, 5}
	p, err := m.patients(m.train, batch, physionet.Grid(), 7, 0)
	if err != nil {
		t.Fatal(err)
	}
	squares := m.squares(t, p)
	r, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: 7, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1000 * mean(squares); math.Abs(r.Loss-want) > 1e-10*want {
		t.Errorf("loss %v, expected %v", r.Loss, want)
	}

	var all []float64
	for from, k := 0, 1; from < m.test.Len(); from, k = from+8, k+1 {
		if p, err = m.patients(m.test, datasets.Indices(from, from+8), physionet.Grid(), -k, 0); err != nil {
			t.Fatal(err)
		}
		all = append(all, m.squares(t, p)...)
	}
	got, err := m.Evaluate(1)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1000 * mean(all); len(all) != 64 || math.Abs(got.TestLoss-want) > 1e-10*want {
		t.Errorf("test loss %v on %d patients, expected %v on 64", got.TestLoss, len(all), want)
	}
}

// squares returns Σ M(y − x)²/Σ M of every patient in a batch.
func (m *latentODE) squares(t *testing.T, p []gorgonia.Value) []float64 {
	t.Helper()
	out, _, err := m.Forward(p...)
	if err != nil {
		t.Fatal(err)
	}
	y, x, mask := value.Float64s(out), value.Float64s(p[2]), value.Float64s(p[3])
	size := p[1].Shape()[0]
	sum, n := make([]float64, size), make([]float64, size)
	for at := range y {
		i := at / physionet.Channels % size
		sum[i] += mask[at] * (y[at] - x[at]) * (y[at] - x[at])
		n[i] += mask[at]
	}
	for i := range sum {
		sum[i] /= n[i]
	}
	return sum
}

func mean(x []float64) (y float64) {
	for _, v := range x {
		y += v / float64(len(x))
	}
	return y
}

// TestEvaluationIsDeterministic: the same after training as in a model that was
// set to the same state, again and again, and with STEER as without.
func TestEvaluationIsDeterministic(t *testing.T) {
	m := newTest(t, "steer", nil)
	for n := range 3 {
		if _, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: n + 1, Batch: datasets.Indices(8*n, 8*n+8)}); err != nil {
			t.Fatal(err)
		}
		if err := m.Update(); err != nil {
			t.Fatal(err)
		}
	}
	state, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	other := newTest(t, "vanilla", nil)
	if err := other.SetState(state); err != nil {
		t.Fatal(err)
	}
	var want trainer.Metrics
	for i, m := range []*latentODE{m, m, other} {
		r, err := m.Evaluate(3)
		if err != nil {
			t.Fatal(err)
		}
		r.Time, r.Fastest, r.Slowest = 0, 0, 0
		if i == 0 {
			want = r
		}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("evaluation %d: %+v with training loss %v, expected %+v with %v", i, r, *r.TrainLoss, want, *want.TrainLoss)
		}
	}
}

// TestSteerTimes: the solution is that at the times of the iteration. What the
// recognition network reads are the gaps between them, and the data of the regular
// hours, which the solution is compared with, too.
func TestSteerTimes(t *testing.T) {
	m := newTest(t, "steer", nil)
	batch := datasets.Indices(0, 8)
	for n := 1; n <= 2; n++ {
		times, err := losses.SaveTimes(m.rng(n, saveTimes), physionet.Grid(), 0.5)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.patients(m.train, batch, times, n, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.net.ODE.SetSaveAt(times); err != nil {
			t.Fatal(err)
		}
		want := 1000 * mean(m.squares(t, p))
		if err := m.net.ODE.SetSaveAt(physionet.Grid()); err != nil {
			t.Fatal(err)
		}
		r, err := m.Iterate(trainer.Iteration{Epoch: 1, Number: n, Batch: batch})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.Loss-want) > 1e-10*want {
			t.Errorf("iteration %d: loss %v, expected %v", n, r.Loss, want)
		}
		read := value.Float64s(p[0])
		for i := range physionet.Times {
			want := 0.0
			if i+1 < physionet.Times {
				want = times[i+1] - times[i]
			}
			for b := range 8 {
				row := read[(i*8+b)*(2*physionet.Channels+1):][:(2*physionet.Channels + 1)]
				if math.Abs(row[2*physionet.Channels]-want) > 1e-15 {
					t.Fatalf("iteration %d, hour %d: gap %v, expected %v", n, i, row[2*physionet.Channels], want)
				}
				x := make([]float64, physionet.Times*physionet.Channels)
				if err := physionet.Fill(m.train, []int{b}, x, nil); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(row[:physionet.Channels], x[i*physionet.Channels:][:physionet.Channels]) {
					t.Fatalf("iteration %d, hour %d, patient %d: other data", n, i, b)
				}
			}
		}
	}
}

// TestSeedsDealPatients: another seed has other patients to test on.
func TestSeedsDealPatients(t *testing.T) {
	ids := func(seed uint64) (train, test []int) {
		m := &latentODE{Model: model.New(trainer.Config{}, "vanilla", seed, model.Aggregations{})}
		if err := m.load(); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.train.Records {
			train = append(train, r.ID)
		}
		for _, r := range m.test.Records {
			test = append(test, r.ID)
		}
		return train, test
	}
	train, test := ids(1)
	_, other := ids(2)
	if len(train) != 256 || len(test) != 64 || slices.Equal(test, other) {
		t.Errorf("%d patients to train and %d to test with, the same for both seeds: %v", len(train), len(test), slices.Equal(test, other))
	}
	for _, id := range test {
		if slices.Contains(train, id) {
			t.Errorf("patient %d is in both parts", id)
		}
	}
}

// TestExemplar: the figure's patient has every vital sign, in the units of the
// records.
func TestExemplar(t *testing.T) {
	m := newTest(t, "vanilla", nil)
	panels, err := fit(m, "vanilla")
	if err != nil {
		t.Fatal(err)
	}
	record := m.test.Records[m.exemplar()]
	if len(panels) != len(vitals) {
		t.Fatalf("%d panels, expected %d", len(panels), len(vitals))
	}
	for i, v := range vitals {
		line, points := panels[i].Series[0], panels[i].Series[1]
		if len(line.Y) != physionet.Times || len(points.Y) < 24 {
			t.Errorf("%s: %d times of the model, %d observed", v.variable, len(line.Y), len(points.Y))
		}
		for k := range line.Y {
			if !(line.Low[k] < line.Y[k] && line.Y[k] < line.High[k]) {
				t.Errorf("%s: %v at hour %d in [%v, %v]", v.variable, line.Y[k], k, line.Low[k], line.High[k])
			}
		}
		for k, y := range points.Y {
			found := slices.ContainsFunc(record.Values, func(x float64) bool { return math.Abs(x-y) < 1e-9 })
			if !found {
				t.Errorf("%s: %v observed at hour %v is not in record %d", v.variable, y, points.X[k], record.ID)
			}
		}
	}
}

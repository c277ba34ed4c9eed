package trainertest

import (
	"context"
	"reflect"
	"testing"

	"github.com/regnde/regnde/experiments/internal/figure"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// Resumes interrupts a run after so many iterations, goes on with it, and
// compares with one that never stopped, bit for bit. Both are traced.
func (r Runner) Resumes(t *testing.T, iterations int, args ...string) {
	t.Helper()
	whole, parts := t.TempDir(), t.TempDir()
	args = append(args[:len(args):len(args)], "-trace")
	want := r.TrainIn(t, whole, args...)

	ctx, cancel := context.WithCancel(t.Context())
	first := Runner{interrupted(r.Experiment, iterations, cancel), r.Flags}
	args = append(args[:len(args):len(args)], "-out", parts)
	if status, _, stderr := first.run(ctx, t, args); status != 130 {
		t.Fatalf("%v: exit status %d of an interrupted run, expected 130: %s", args, status, stderr)
	}
	if n := len(Log(t, parts)) - 1; n != iterations {
		t.Errorf("%v: %d iterations until the interrupt, expected %d", args, n, iterations)
	}
	if status, _, stderr := r.Run(t, append(args, "-resume")...); status != 0 {
		t.Fatalf("%v: resumed: exit status %d: %s", args, status, stderr)
	}
	if got := Results(t, parts); !reflect.DeepEqual(want, got) {
		t.Errorf("whole %+v, in parts %+v", want, got)
	}
	if w, p := Log(t, whole), Log(t, parts); !reflect.DeepEqual(w, p) {
		t.Errorf("log of the whole\n%q, in parts\n%q", w, p)
	}
	if w, p := Traces(t, whole), Traces(t, parts); !reflect.DeepEqual(w, p) {
		t.Errorf("traces of the whole %v, in parts %v", w, p)
	}
}

// StopsWithinASolve interrupts a run after so many steps that solvers have tried,
// which is the last one then, goes on with it, and compares with one that never
// stopped, bit for bit.
func (r Runner) StopsWithinASolve(t *testing.T, steps int, args ...string) {
	t.Helper()
	dir := t.TempDir()
	want := r.Train(t, args...)
	ctx, cancel := context.WithCancel(t.Context())
	tried := 0
	e := r.Experiment
	create := e.New
	e.New = func(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
		m, err := create(cfg, v, seed)
		return watched{m, func() {
			if tried++; tried == steps {
				cancel()
			}
		}}, err
	}
	args = append(args[:len(args):len(args)], "-out", dir)
	status, _, stderr := Runner{e, r.Flags}.run(ctx, t, args)
	if status != 130 || tried != steps {
		t.Fatalf("%v: exit status %d after %d steps, expected 130 after %d: %s", args, status, tried, steps, stderr)
	}
	if status, _, stderr := r.Run(t, append(args, "-resume")...); status != 0 {
		t.Fatalf("%v: resumed: exit status %d: %s", args, status, stderr)
	}
	if got := Results(t, dir); !reflect.DeepEqual(want, got) {
		t.Errorf("whole %+v, in parts %+v", want, got)
	}
}

// watched calls a function before every step on watch.
type watched struct {
	trainer.Model
	before func()
}

func (w watched) Watch(f func(integrators.Step) error) {
	w.Model.Watch(func(s integrators.Step) error {
		w.before()
		return f(s)
	})
}

// interrupted is the experiment with an interrupt after so many iterations.
func interrupted(e trainer.Experiment, iterations int, interrupt func()) trainer.Experiment {
	left := iterations
	create, draw := e.New, e.Fit
	e.New = func(cfg trainer.Config, v trainer.Variant, seed uint64) (trainer.Model, error) {
		m, err := create(cfg, v, seed)
		return counted{m, &left, interrupt}, err
	}
	if draw != nil {
		e.Fit = func(m trainer.Model, v trainer.Variant) ([]figure.Panel, error) {
			return draw(m.(counted).Model, v)
		}
	}
	return e
}

// counted counts iterations down to an interrupt.
type counted struct {
	trainer.Model
	left      *int
	interrupt func()
}

func (c counted) Iterate(it trainer.Iteration) (trainer.Result, error) {
	if *c.left--; *c.left == 0 {
		defer c.interrupt()
	}
	return c.Model.Iterate(it)
}

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/model"
	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/atomicfile"
)

// precisionCommand is the first argument that compares methods in place of training.
const precisionCommand = "work-precision"

// maxValue is the length up to which messages quote what was typed in.
const maxValue = 60

// precisionOptions is the command line of work-precision.
type precisionOptions struct {
	problem stiffProblem
	methods []string
	tols    []float64
	out     string
}

// comparePrecision is the command work-precision with the arguments after it. It
// returns the exit status: 0, 1 if a file could not be written, or 2 if the command
// line is wrong.
func comparePrecision(args []string, stdout, stderr io.Writer) int {
	say := func(err error) {
		fmt.Fprintf(stderr, "%s %s: %s\n", experiment.Name, precisionCommand, trainer.Clip(err.Error(), trainer.MaxMessage))
	}
	opt, err := parsePrecision(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		say(err)
		return 2
	}
	if err := opt.run(stdout); err != nil {
		say(err)
		return 1
	}
	return 0
}

// parsePrecision reads the flags, and prints them for -help.
func parsePrecision(args []string, stdout io.Writer) (*precisionOptions, error) {
	f := flag.NewFlagSet(precisionCommand, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	problem := f.String("problem", stiffProblems[0].name, "`name` of the problem: van-der-pol with μ = 1000 up to t = 2000, or robertson up to 10⁵")
	methods := f.String("methods", "tsit5,rosenbrock23,rodas5p,autotsit5-rosenbrock23,autotsit5-rodas5p", "`list` of "+strings.Join(model.Methods(), ", "))
	tols := f.String("tols", "1e-3,1e-4,1e-5,1e-6,1e-7,1e-8", "`list` of tolerances")
	out := f.String("out", filepath.Join("results", experiment.Name+"-"+precisionCommand), "`folder` for work-precision.csv, .png and .svg")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(stdout, "Usage: %s %s [flags]\n\nCompare methods on a stiff problem: error against evaluations and time.\n\n", experiment.Name, precisionCommand)
			f.SetOutput(stdout)
			f.PrintDefaults()
		}
		return nil, err
	}
	opt := &precisionOptions{methods: strings.Split(*methods, ","), out: *out}
	var err error
	if opt.problem, err = problemNamed(*problem); err != nil {
		return nil, err
	}
	for _, m := range opt.methods {
		if err := model.CheckMethod(m); err != nil {
			return nil, err
		}
	}
	for _, text := range strings.Split(*tols, ",") {
		tol, err := strconv.ParseFloat(text, 64)
		if err != nil || !(tol > 0 && tol < 1) {
			return nil, errors.Errorf("tolerance %q, expected a number between 0 and 1", trainer.Clip(text, maxValue))
		}
		opt.tols = append(opt.tols, tol)
	}
	switch {
	case f.NArg() > 0:
		return nil, errors.Errorf("unexpected argument %q", trainer.Clip(f.Arg(0), maxValue))
	case opt.out == "":
		return nil, errors.New("-out is empty, expected a folder")
	}
	return opt, nil
}

// run compares, prints a line for each solve, and writes table and figure. A folder
// that holds such a table is refused before.
func (o *precisionOptions) run(stdout io.Writer) error {
	path := filepath.Join(o.out, precisionCommand+".csv")
	if _, err := os.Stat(path); err == nil {
		return errors.Errorf("%s is there already, expected another folder after -out", path)
	}
	if err := writable(o.out); err != nil {
		return err
	}
	fmt.Fprintln(stdout, precisionHeader)
	points, err := workPrecision(o.problem, o.methods, o.tols, func(q point) {
		fmt.Fprintln(stdout, q.line(o.problem.name))
	})
	if err != nil {
		return err
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		fmt.Fprintln(w, precisionHeader)
		for _, q := range points {
			fmt.Fprintln(w, q.line(o.problem.name))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return precisionFigure(o.problem.name, points).Save(filepath.Join(o.out, precisionCommand))
}

// writable makes the folder for what is to be written at the end, and fails if nothing
// can be.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrap(err, "-out")
	}
	return errors.Wrap(atomicfile.Probe(dir), "-out")
}

// Report merges the results of experiments, from one machine or many, and
// compares them with the paper: Tables 1 to 4 with mean and standard deviation
// over seeds, the paper's number in every cell, its Figures 1 to 6, speedups, what
// was run, and the commands that fill what is missing.
//
//	go run ./experiments/report -out DIR FOLDER...
//
// finds every results.json below the folders and writes report.html, which is
// complete in itself, and report.md with its figures into DIR.
//
// Runs are merged if their configurations agree in everything that concerns them;
// the seeds, the other variants, and the folders of data and results do not. Runs
// whose configurations differ are never averaged: they stand in tables, or at
// least in rows, of their own. A run that has not come to its end counts as
// missing.
//
// The exit status is 0 for success, 1 if a file could not be read or written, or
// if results are damaged, and 2 if the command line was wrong.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/graph/atomicfile"
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute is the program with its arguments, and returns the exit status.
func execute(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := flags.String("out", "", "`folder` for the report")
	usage := func(w io.Writer) {
		fmt.Fprint(w, "Usage: report -out DIR FOLDER...\n\nReport on every results.json below the folders.\n\n")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout)
		return 0
	case err == nil && *out == "":
		err = errors.New("-out is missing, expected a folder")
	case err == nil && flags.NArg() == 0:
		err = errors.New("no folder, expected at least one that holds results")
	}
	if err != nil {
		fmt.Fprintf(stderr, "report: %s (-help lists the flags)\n", trainer.Clip(err.Error(), trainer.MaxMessage))
		return 2
	}
	if err := report(*out, flags.Args(), stdout); err != nil {
		fmt.Fprintf(stderr, "report: %s\n", trainer.Clip(err.Error(), trainer.MaxMessage))
		return 1
	}
	return 0
}

// report writes the report on the folders into out. Nothing is written unless all
// results can be read.
func report(out string, folders []string, stdout io.Writer) error {
	sources, err := readAll(folders)
	if err != nil {
		return err
	}
	doc, err := compose(sources)
	if err != nil {
		return err
	}
	page, err := doc.html()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return errors.Wrap(err, "cannot make the folder of the report")
	}
	for _, img := range doc.images() {
		if err := atomicfile.WriteBytes(filepath.Join(out, img.File), img.Data); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(out, "report.md"), doc.markdown()); err != nil {
		return err
	}
	path := filepath.Join(out, "report.html")
	if err := atomicfile.WriteBytes(path, page); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d %s of results, %d missing or unfinished %s: %s\n",
		len(sources), plural(len(sources), "file"), doc.Missing, plural(doc.Missing, "run"), path)
	return errors.Wrap(err, "cannot write to standard output")
}

package trainer

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/experiments/internal/ranks"
)

// Exit statuses of an experiment.
const (
	exitOK          = 0
	exitFailed      = 1   // a run failed, or a file could not be read or written
	exitUsage       = 2   // the command line is wrong
	exitInterrupted = 130 // the status with which shells report SIGINT
)

// errInterrupted ends training within a step of a solver.
var errInterrupted = errors.New("interrupted")

// Main runs the experiment with the program's arguments and exits. SIGINT and
// SIGTERM end it after the current step of a solver, a second one at once.
func Main(e Experiment) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop()
	}()
	pkg := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		pkg = info.Path
	}
	group, err := ranks.Join()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", e.Name, err)
		os.Exit(exitUsage)
	}
	status := runExperiment(ctx, e, group, invocation(os.Args[0], e.Name, pkg), os.Args[1:], os.Stdout, os.Stderr)
	if err := group.Leave(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", e.Name, err)
		status = max(status, exitFailed)
	}
	os.Exit(status)
}

// invocation returns the words that start the program again: its path or, after go
// run, which throws it away, that command with the package.
func invocation(program, name, pkg string) []string {
	if strings.HasSuffix(pkg, "/"+name) && strings.Contains(filepath.ToSlash(program), "/go-build") {
		return []string{"go", "run", pkg}
	}
	return []string{program}
}

// RunExperiment runs the experiment with the arguments, which are without the
// program's name, and returns the exit status. When the context is done, it
// stops as for an interrupt.
func RunExperiment(ctx context.Context, e Experiment, args []string, stdout, stderr io.Writer) int {
	return RunOn(ctx, e, nil, args, stdout, stderr)
}

// RunOn is RunExperiment on one of the ranks of a group, which train together. Rank 0
// alone writes, be it files or messages.
func RunOn(ctx context.Context, e Experiment, group *ranks.Group, args []string, stdout, stderr io.Writer) int {
	return runExperiment(ctx, e, group, []string{e.Name}, args, stdout, stderr)
}

// runExperiment is RunOn of a program that these words start.
func runExperiment(ctx context.Context, e Experiment, group *ranks.Group, program, args []string, stdout, stderr io.Writer) int {
	if group.Rank() != 0 {
		stdout, stderr = io.Discard, io.Discard
	}
	opt, err := parseArgs(&e, args)
	if n := group.Size(); err == nil && n > 1 {
		opt.config.Ranks = n
		err = e.checkRanks(opt.config)
	}
	refused := err
	err = agree(ctx, &e, opt, refused, group)
	switch {
	case errors.Is(refused, flag.ErrHelp):
		printHelp(&e, stdout)
		return exitOK
	case refused != nil:
		fmt.Fprintf(stderr, "%s: %s (-help lists the flags)\n", e.Name, Clip(refused.Error(), MaxMessage))
		return exitUsage
	case err == errInterrupted:
		fmt.Fprintf(stderr, "%s: interrupted before the ranks had met\n", e.Name)
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(stderr, "%s: %s\n", e.Name, Clip(err.Error(), MaxMessage))
		return exitUsage
	}
	for _, n := range opt.notes {
		fmt.Fprintf(stderr, "%s: note: %s\n", e.Name, n)
	}

	if opt.bench > 0 {
		err = bench(ctx, &e, opt, group, stdout)
	} else {
		err = train(ctx, &e, opt, group, stdout, stderr)
	}
	switch {
	case err == errInterrupted && opt.bench > 0:
		return exitInterrupted
	case err == errInterrupted:
		why := "interrupted"
		if group.Lost() {
			why = "interrupted, and the other ranks do not answer, be it that one has died or that they are slow"
		}
		fmt.Fprintf(stderr, "%s: %s; to go on: %s\n", e.Name, why, resumeCommand(program, opt))
		return exitInterrupted
	case err != nil:
		fmt.Fprintf(stderr, "%s: %s\n", e.Name, Clip(err.Error(), MaxMessage))
		return exitFailed
	}
	return exitOK
}

// resumeCommand is the command line that goes on with an interrupted one.
func resumeCommand(program []string, opt *options) string {
	words := append(slices.Clone(program), opt.args...)
	if n := opt.config.Ranks; n > 1 {
		words = append([]string{"mpirun", "-n", fmt.Sprint(n)}, words...)
	}
	if !opt.resume {
		words = append(words, "-resume")
	}
	return Quote(words)
}

// plainWord is what a shell takes as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_+=,./:@%-]+$`)

// Quote writes words for a shell.
func Quote(words []string) string {
	var quoted []string
	for _, w := range words {
		if !plainWord.MatchString(w) {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted = append(quoted, w)
	}
	return strings.Join(quoted, " ")
}
